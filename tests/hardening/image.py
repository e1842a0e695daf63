"""Builds the image that runs the probe: the real processor's layers, and one careless one on top.

The careless layer is what hardening must hold against: a folder that all may write, a group
besides the user's own.
"""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

from cluster.oci import ImageConfig, read_identity, write_archive

REFERENCE = "localhost/pdf-security-probe:1"
PROGRAM = "probe/probe.py"
PYTHON = "/usr/bin/python3.11"

FOREIGN_GROUP = 4242
"""Of the user in the image's /etc/group, which only `supplementalGroupsPolicy` keeps out."""

_GROUPS = f"root:x:0:\nnonroot:x:65532:\nforeign:x:{FOREIGN_GROUP}:nonroot\n"


def build_probe_image(processor: Path, folder: Path) -> Path:
    """Write the probe's archive into a folder, from the processor's archive; return its path."""
    archive = folder / "probe.oci.tar"
    layers = _layers_of(processor, folder)
    config = ImageConfig(
        entrypoint=[PYTHON, "-I", f"/{PROGRAM}"],
        user="65532:65532",
        env=["PATH=/usr/bin", "PYTHONDONTWRITEBYTECODE=1"],
        working_dir="/",
    )
    write_archive(archive, REFERENCE, [*layers, _careless_layer()], config)
    return archive


def _layers_of(archive: Path, folder: Path) -> list[Path]:
    _, digest = read_identity(archive)
    with tarfile.open(archive) as tar:
        manifest = json.loads(_blob(tar, digest))
        layers = []
        for number, layer in enumerate(manifest["layers"]):
            place = folder / f"layer-{number}.tar"
            place.write_bytes(_blob(tar, layer["digest"]))
            layers.append(place)
    return layers


def _blob(archive: tarfile.TarFile, digest: str) -> bytes:
    stream = archive.extractfile(f"blobs/sha256/{digest.removeprefix('sha256:')}")
    assert stream is not None
    return stream.read()


def _careless_layer() -> bytes:
    program = (Path(__file__).parent / "probe.py").read_bytes()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, mode in (("probe", 0o755), ("careless", 0o777)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            tar.addfile(entry)
        for name, content in ((PROGRAM, program), ("etc/group", _GROUPS.encode())):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
