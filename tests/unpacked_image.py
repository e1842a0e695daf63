"""An image as its archive has it, taken apart, and its Python run in its root. No assertions."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import archives

USER = 65532

PYTHON = "usr/bin/python3.11"


@dataclass(frozen=True)
class Unpacked:
    """An image: its parts as its archive has them, and its file system."""

    name: str
    facts: dict[str, Any]
    manifest: dict[str, Any]
    configuration: dict[str, Any]
    members: dict[str, tarfile.TarInfo]
    """Of all layers, the upper over the lower."""
    root: Path

    def entries_of(self, package: str) -> set[str]:
        """Return what the image holds of a package: its files, its folders, its metadata."""
        return {
            path
            for path in self.members
            if path.startswith(("app/lib/", "app/src/"))
            # pikepdf, pikepdf.libs, pikepdf-10.18.0.dist-info, six.py
            and re.split("[-.]", path.split("/")[2])[0].lower() == package.lower()
        }


def blob_of(archive: tarfile.TarFile, digest: str) -> bytes:
    """Return one blob of an OCI archive."""
    stream = archive.extractfile(f"blobs/sha256/{digest.removeprefix('sha256:')}")
    assert stream is not None
    return stream.read()


def unpack(name: str, archive: Path, facts: dict[str, Any], root: Path) -> Unpacked:
    """Lay an archive's layers over one another in the folder `root`."""
    members: dict[str, tarfile.TarInfo] = {}
    with tarfile.open(archive) as tar:
        manifest = json.loads(blob_of(tar, facts["digest"]))
        configuration = json.loads(blob_of(tar, manifest["config"]["digest"]))
        for layer in manifest["layers"]:
            blob = blob_of(tar, layer["digest"])
            with tarfile.open(fileobj=io.BytesIO(blob)) as content:
                members |= {member.name: member for member in content}
            archives.unpack(blob, root)
    return Unpacked(name, facts, manifest, configuration, members, root)


def run(image: Unpacked, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the image's Python in the image's root as the image's user."""
    if os.geteuid() == 0:
        enter = ["chroot", f"--userspec={USER}:{USER}", str(image.root)]
    else:
        enter = ["unshare", f"--map-user={USER}", f"--map-group={USER}", f"--root={image.root}"]
        if subprocess.run([*enter, f"/{PYTHON}", "-V"], check=False).returncode != 0:
            pytest.skip("neither root nor user namespaces: an image's root cannot be entered")
    environment = dict(entry.split("=", 1) for entry in image.configuration["config"]["Env"])
    # chroot and unshare themselves are looked for with it; the image's programs are in /usr/bin.
    environment["PATH"] = os.environ["PATH"]
    return subprocess.run(
        [*enter, f"/{PYTHON}", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
