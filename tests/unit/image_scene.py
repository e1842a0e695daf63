"""A small image with everything that the real ones have one of, made in a moment. No assertions."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

from cluster.oci import ImageConfig, layer_of_files, write_archive
from images.build import materials_file
from images.materials import Material, write_materials
from images.recipes import IMAGES, Image

STATUS = """\
Package: zlib1g
Status: install ok installed
Source: zlib
Version: 1:1.2.13.dfsg-1
Architecture: amd64

Package: libgcc-s1
Status: install ok installed
Source: gcc-12
Version: 12.2.0-14+deb12u1
Architecture: amd64

Package: gcc-12-base
Status: install ok installed
Source: gcc-12
Version: 12.2.0-14+deb12u1
Architecture: amd64
"""

ZLIB_COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
License: Zlib

Files: debian/*
License: GPL-2+ or Expat
"""

CRATES = {
    "components": [
        {
            "name": "libc",
            "version": "0.2.189",
            "purl": "pkg:cargo/libc@0.2.189?download_url=file:///tmp/here",
            "scope": "required",
            "licenses": [{"expression": "MIT OR Apache-2.0"}],
            "hashes": [{"alg": "SHA-256", "content": "ab" * 32}],
        },
        {"name": "cc", "version": "1", "purl": "pkg:cargo/cc@1", "scope": "excluded"},
        {"name": "uvloop", "version": "0.23.0", "purl": "pkg:pypi/uvloop@0.23.0"},
    ]
}

BASE = {
    "/var/lib/dpkg/status": STATUS,
    "/usr/share/doc/zlib1g/copyright": ZLIB_COPYRIGHT,
    "/usr/share/doc/gcc-12-base/copyright": "...\nGCC RUNTIME LIBRARY EXCEPTION\n...\n",
}

WHEELS = {
    "/app/lib/uvloop-0.23.0.dist-info/METADATA": (
        "Name: uvloop\nVersion: 0.23.0\nLicense: MIT License\n"
    ),
    "/app/lib/uvloop-0.23.0.dist-info/sboms/crates.cdx.json": json.dumps(CRATES),
    "/app/lib/uvloop/loop.cpython-311-x86_64-linux-gnu.so": "\x7fELF\x00abc\x001.52.1\x00def",
}

UVLOOP = Material("pkg:pypi/uvloop@0.23.0", "uvloop-0.23.0-cp311-cp311-linux_x86_64.whl", "cd" * 32)


def own_of(image: Image) -> dict[str, str]:
    """Return the layer of our own packages."""
    folder = f"/app/src/{image.module}-0.1.0.dist-info"
    return {
        f"{folder}/METADATA": (
            f"Name: {image.distribution}\nVersion: 0.1.0\nLicense-Expression: Apache-2.0\n"
        )
    }


def write_images(folder: Path) -> None:
    """Write an archive of each name that the product has, and what it was made of."""
    folder.mkdir(parents=True, exist_ok=True)
    for image in IMAGES:
        layers = [
            layer_of_files({name: (text.encode(), 0o644) for name, text in files.items()})
            for files in (BASE, WHEELS, own_of(image))
        ]
        config = ImageConfig(entrypoint=image.entrypoint, user="65532:65532")
        reference = f"{image.repository}:0.1.0"
        write_archive(
            folder / f"{image.name}.oci.tar", reference, layers, config, architecture="amd64"
        )
        write_materials(materials_file(folder, image.name), [UVLOOP])


def flip(file: Path, at: int | None = None) -> None:
    """Change one bit of a file: of its middle, where no place is named."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2 if at is None else at] ^= 1
    file.write_bytes(content)


def flip_in_archive(archive: Path, chosen: Callable[[tarfile.TarInfo], bool]) -> None:
    """Change one bit of the one member of an archive that is chosen."""
    with tarfile.open(archive) as tar:
        (member,) = [each for each in tar if chosen(each)]
    flip(archive, member.offset_data + member.size // 2)


def manifest_of(archive: Path) -> dict[str, list[dict[str, str]]]:
    """Return the manifest of an archive's only image."""
    with tarfile.open(archive) as tar:
        index = json.loads(tar.extractfile("index.json").read())  # type: ignore[union-attr]
        name = index["manifests"][0]["digest"].replace("sha256:", "blobs/sha256/")
        manifest: dict[str, list[dict[str, str]]] = json.loads(
            tar.extractfile(name).read()  # type: ignore[union-attr]
        )
    return manifest


def digest_of(content: bytes) -> str:
    """Return a digest as OCI spells it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
