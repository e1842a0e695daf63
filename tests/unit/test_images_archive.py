"""What an archive says of itself is computed anew: one changed bit is found, and named."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from images.archive import files_of, read_archive
from images.errors import ArchiveAlteredError
from unit.image_scene import flip_in_archive, manifest_of, write_images

Change = Callable[[Path], None]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    write_images(tmp_path)
    return tmp_path / "operator.oci.tar"


def _blob(archive: Path, digest: str) -> None:
    name = digest.replace("sha256:", "blobs/sha256/")
    flip_in_archive(archive, lambda member: member.name == name)


def _flip_layer(archive: Path) -> None:
    _blob(archive, manifest_of(archive)["layers"][1]["digest"])


def _flip_configuration(archive: Path) -> None:
    _blob(archive, manifest_of(archive)["config"]["digest"])  # type: ignore[call-overload]


def _flip_manifest(archive: Path) -> None:
    known = {each["digest"] for each in manifest_of(archive)["layers"]}
    known.add(manifest_of(archive)["config"]["digest"])  # type: ignore[call-overload]
    flip_in_archive(
        archive,
        lambda member: (
            member.name.startswith("blobs/")
            and member.name.replace("blobs/sha256/", "sha256:") not in known
        ),
    )


def _add(name: str) -> Change:
    def add(archive: Path) -> None:
        with tarfile.open(archive, "a") as tar:
            entry = tarfile.TarInfo(name)
            entry.size = 1
            tar.addfile(entry, io.BytesIO(b"x"))

    return add


def _add_again(archive: Path) -> None:
    digest = manifest_of(archive)["layers"][0]["digest"]
    _add(digest.replace("sha256:", "blobs/sha256/"))(archive)


def _cut(archive: Path) -> None:
    content = archive.read_bytes()
    archive.write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param(_flip_layer, "layer 2 is not", id="bit-of-a-layer"),
        pytest.param(_flip_configuration, "the configuration is not", id="bit-of-configuration"),
        pytest.param(_flip_manifest, "the manifest is not", id="bit-of-the-manifest"),
        pytest.param(_add("blobs/sha256/" + "0" * 64), "no manifest names", id="stray-blob"),
        pytest.param(_add("etc/passwd"), "does not belong", id="stray-file"),
        # The first of the two is read by one runtime, the last by another.
        pytest.param(_add_again, "does not belong", id="blob-twice"),
        pytest.param(_cut, "operator.oci.tar", id="half-an-archive"),
        pytest.param(lambda archive: archive.write_bytes(b""), "operator.oci.tar", id="empty"),
    ],
)
def test_what_is_altered_is_named(archive: Path, change: Change, named: str) -> None:
    """Would break: an image with other content passes for the one that was signed."""
    read_archive(archive)
    change(archive)
    with pytest.raises(ArchiveAlteredError, match=named):
        read_archive(archive)


def test_files_are_those_of_the_upper_layer(archive: Path) -> None:
    """Would break: an SBOM of what lies beneath, and no container ever sees."""
    found = files_of(read_archive(archive), lambda name: name.endswith("METADATA"))
    assert sorted(found) == [
        "app/lib/uvloop-0.23.0.dist-info/METADATA",
        "app/src/pdf_security_operator-0.1.0.dist-info/METADATA",
    ]
