"""Writes images as OCI archives, the same bytes for the same input. Never builds what is in them.

https://github.com/opencontainers/image-spec/blob/main/image-layout.md
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from cluster.errors import ImageRefusedError

Layer = Path | bytes
"""An uncompressed tar: a file, or small ones in memory."""

CHUNK = 1 << 20
"""Bytes read at a time: layers are larger than one wants in memory."""

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
"""The kernel's name of a machine to OCI's."""


@dataclass(frozen=True)
class ImageConfig:
    """The part of an image's configuration that a container runtime applies."""

    entrypoint: Sequence[str] = ()
    cmd: Sequence[str] = ()
    user: str = ""
    env: Sequence[str] = ()
    working_dir: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return what is set, under OCI's names."""
        entries: dict[str, Any] = {
            "Entrypoint": list(self.entrypoint),
            "Cmd": list(self.cmd),
            "User": self.user,
            "Env": list(self.env),
            "WorkingDir": self.working_dir,
            "Labels": dict(self.labels),
        }
        return {name: value for name, value in entries.items() if value}


@dataclass(frozen=True)
class _Blob:
    digest: str
    size: int
    content: Layer

    def descriptor(self, media_type: str, **more: Any) -> dict[str, Any]:
        return {"mediaType": media_type, "digest": self.digest, "size": self.size, **more}


def write_archive(
    path: Path,
    reference: str,
    layers: Sequence[Layer],
    config: ImageConfig,
    *,
    architecture: str | None = None,
) -> str:
    """Write an OCI archive with one image called `reference`; return its manifest's digest.

    The digest is what a pod's `name@sha256:...` names. The file appears whole or not at all.
    """
    blobs = [_blob_of(layer) for layer in layers]
    image = {
        "architecture": architecture or _architecture(),
        "os": "linux",
        "config": config.as_json(),
        "rootfs": {"type": "layers", "diff_ids": [blob.digest for blob in blobs]},
    }
    configuration = _blob_of_json(image)
    manifest = _blob_of_json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": configuration.descriptor(CONFIG),
            "layers": [blob.descriptor(LAYER) for blob in blobs],
        }
    )
    names = {
        "io.containerd.image.name": reference,
        "org.opencontainers.image.ref.name": reference,
    }
    index = {
        "schemaVersion": 2,
        "manifests": [manifest.descriptor(MANIFEST, annotations=names)],
    }
    _write(path, index, [configuration, manifest, *blobs])
    return manifest.digest


def read_identity(archive: Path) -> tuple[str, str]:
    """Return the reference and the manifest digest of the only image in an OCI archive."""
    try:
        with tarfile.open(archive) as tar:
            member = tar.extractfile("index.json")
            index = json.loads(member.read()) if member else {}
        (manifest,) = index["manifests"]
        annotations = manifest.get("annotations", {})
        reference = annotations.get("io.containerd.image.name") or annotations.get(
            "org.opencontainers.image.ref.name"
        )
        digest = manifest["digest"]
    except (OSError, KeyError, ValueError, tarfile.TarError) as problem:
        raise ImageRefusedError(
            f"{archive} is not an OCI archive with exactly one image: {problem!r}",
            "write it with cluster.oci.write_archive, or `skopeo copy ... oci-archive:FILE:NAME`",
        ) from problem
    if not reference:
        raise ImageRefusedError(
            f"the image in {archive} has no name",
            "annotate it with org.opencontainers.image.ref.name",
        )
    return reference, digest


def reference_by_digest(reference: str, digest: str) -> str:
    """Return `name@digest` for `name:tag`; a port in the registry's name is not a tag."""
    folder, slash, last = reference.partition("@")[0].rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}@{digest}"


def layer_of_files(files: Mapping[str, tuple[bytes | Path, int]]) -> bytes:
    """Return a layer of a few files: name -> (content, mode); parent folders come by themselves."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        folders = {
            str(parent)
            for name in files
            for parent in Path(name.lstrip("/")).parents
            if str(parent) != "."
        }
        for folder in sorted(folders):
            entry = _plain(tarfile.TarInfo(folder))
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        for name in sorted(files):
            content, mode = files[name]
            data = content.read_bytes() if isinstance(content, Path) else content
            entry = _plain(tarfile.TarInfo(name.lstrip("/")))
            entry.size, entry.mode = len(data), mode
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def write_layer(
    path: Path, root: Path, *, keep: Callable[[Path], bool] = lambda relative: True
) -> Path:
    """Write the folder `root` as a layer to `path` and return it.

    `keep` is asked for each path relative to `root`; a folder that is not kept takes all beneath
    it away. Order, times and owners do not depend on the machine.
    """
    with _atomic(path) as temporary, tarfile.open(temporary, "w", format=tarfile.PAX_FORMAT) as tar:
        for relative in _walk(root, Path(), keep):
            tar.add(root / relative, arcname=str(relative), recursive=False, filter=_plain)
    return path


def _walk(root: Path, folder: Path, keep: Callable[[Path], bool]) -> Iterator[Path]:
    for entry in sorted(os.scandir(root / folder), key=lambda entry: entry.name):
        relative = folder / entry.name
        if keep(relative):
            yield relative
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(root, relative, keep)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.mtime = 0
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.pax_headers = {}
    return entry


def _architecture() -> str:
    machine = platform.machine()
    return ARCHITECTURES.get(machine, machine)


def _blob_of_json(value: dict[str, Any]) -> _Blob:
    return _blob_of(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


def _blob_of(content: Layer) -> _Blob:
    digest, size = hashlib.sha256(), 0
    with _opened(content) as stream:
        while chunk := stream.read(CHUNK):
            if size == 0 and chunk.startswith(b"\x1f\x8b"):
                raise ImageRefusedError(
                    "a layer is compressed, so its digest is not its content's",
                    "hand over the uncompressed tar",
                )
            digest.update(chunk)
            size += len(chunk)
    return _Blob(f"sha256:{digest.hexdigest()}", size, content)


def _opened(content: Layer) -> BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


@contextmanager
def _atomic(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _write(path: Path, index: dict[str, Any], blobs: Sequence[_Blob]) -> None:
    layout = _blob_of_json({"imageLayoutVersion": "1.0.0"})
    members = {"oci-layout": layout, "index.json": _blob_of_json(index)}
    for blob in sorted(blobs, key=lambda blob: blob.digest):
        members[f"blobs/sha256/{blob.digest.removeprefix('sha256:')}"] = blob
    with _atomic(path) as temporary, tarfile.open(temporary, "w", format=tarfile.PAX_FORMAT) as tar:
        for name, blob in members.items():
            entry = _plain(tarfile.TarInfo(name))
            entry.size = blob.size
            with _opened(blob.content) as stream:
                tar.addfile(entry, stream)
