"""Image archives of the harness: the same bytes for the same input, and names by digest."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from cluster.errors import ImageRefusedError
from cluster.oci import (
    ImageConfig,
    layer_of_files,
    read_identity,
    reference_by_digest,
    write_archive,
    write_layer,
)

CONFIG = ImageConfig(
    entrypoint=["/program"],
    user="65532:65532",
    env=["PATH=/"],
    labels={"org.opencontainers.image.title": "probe"},
)


def _tree(root: Path, names: list[str]) -> Path:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    (root / "link").symlink_to("usr/bin/a")
    return root


def test_an_archive_is_the_same_bytes_whenever_and_in_whatever_order_its_files_were_made(
    tmp_path: Path,
) -> None:
    """Would break: a digest in a manifest that no one else can reproduce."""
    names = ["usr/bin/a", "usr/bin/b", "etc/c"]
    first = _tree(tmp_path / "first", names)
    second = _tree(tmp_path / "second", names[::-1])
    os.utime(second / "etc/c", (1, 1))
    archives = []
    for root in (first, second):
        layer = write_layer(tmp_path / f"{root.name}.layer", root)
        archive = tmp_path / f"{root.name}.tar"
        write_archive(archive, "localhost/probe:1", [layer, b""], CONFIG)
        archives.append(archive.read_bytes())
    assert archives[0] == archives[1]


def test_layers_carry_no_times_and_no_owners(tmp_path: Path) -> None:
    """Would break: reproducibility between two users or two days."""
    layer = write_layer(tmp_path / "layer", _tree(tmp_path / "root", ["a/b"]))
    with tarfile.open(layer) as tar:
        members = tar.getmembers()
    assert [member.name for member in members] == ["a", "a/b", "link"]
    assert {(m.mtime, m.uid, m.gid, m.uname, m.gname) for m in members} == {(0, 0, 0, "", "")}


def test_what_is_not_kept_is_left_out_with_all_beneath_it(tmp_path: Path) -> None:
    """Would break: shells and package managers in an image that says it has none."""
    root = _tree(tmp_path / "root", ["bin/sh", "lib/x/y", "lib/z"])
    layer = write_layer(
        tmp_path / "layer", root, keep=lambda path: str(path) not in {"bin", "lib/x"}
    )
    with tarfile.open(layer) as tar:
        assert tar.getnames() == ["lib", "lib/z", "link"]


def test_every_digest_in_an_archive_is_its_blobs(tmp_path: Path) -> None:
    """Would break: a runtime refuses the image, or runs another than its digest says."""
    archive = tmp_path / "image.tar"
    layers = [layer_of_files({"/a": (b"1", 0o755)}), layer_of_files({"/b/c": (b"2", 0o644)})]
    digest = write_archive(archive, "localhost/probe:1", layers, CONFIG, architecture="amd64")
    with tarfile.open(archive) as tar:
        blobs = {
            member.name.rpartition("/")[2]: _content(tar, member)
            for member in tar.getmembers()
            if member.name.startswith("blobs/")
        }
    assert all(hashlib.sha256(content).hexdigest() == name for name, content in blobs.items())
    manifest = json.loads(blobs[digest.removeprefix("sha256:")])
    image = json.loads(blobs[manifest["config"]["digest"].removeprefix("sha256:")])
    assert image["rootfs"]["diff_ids"] == [layer["digest"] for layer in manifest["layers"]]
    assert image["config"] == {
        "Entrypoint": ["/program"],
        "User": "65532:65532",
        "Env": ["PATH=/"],
        "Labels": {"org.opencontainers.image.title": "probe"},
    }
    assert read_identity(archive) == ("localhost/probe:1", digest)


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(member)
    assert stream is not None
    return stream.read()


def test_a_compressed_layer_is_refused(tmp_path: Path) -> None:
    """Would break: diff_ids that are digests of something else than the layer's content."""
    with pytest.raises(ImageRefusedError, match="compressed"):
        write_archive(tmp_path / "x.tar", "localhost/x:1", [b"\x1f\x8b..."], CONFIG)
    assert not (tmp_path / "x.tar").exists()


def test_what_is_no_image_archive_is_refused(tmp_path: Path) -> None:
    """Would break: a trace of tarfile's instead of a sentence."""
    file = tmp_path / "x.tar"
    file.write_bytes(io.BytesIO(b"no archive").getvalue())
    with pytest.raises(ImageRefusedError, match="not an OCI archive"):
        read_identity(file)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        pytest.param("localhost/a/b:1", "localhost/a/b@sha256:0", id="tag"),
        pytest.param("localhost:5000/a", "localhost:5000/a@sha256:0", id="port, no tag"),
        pytest.param("localhost:5000/a:1", "localhost:5000/a@sha256:0", id="port and tag"),
        pytest.param("a@sha256:1", "a@sha256:0", id="digest"),
    ],
)
def test_a_reference_by_digest_keeps_the_name_alone(reference: str, expected: str) -> None:
    """Would break: pods that name an image which the node does not have."""
    assert reference_by_digest(reference, "sha256:0") == expected
