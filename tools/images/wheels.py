"""Makes the second layer: the locked wheels, pruned and compiled. Never resolves versions."""

from __future__ import annotations

import csv
import io
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.utils import canonicalize_name

from cluster.oci import write_layer
from images import materials
from images.errors import MaterialsError
from images.lock import locked_of
from images.policy import keeps_of_wheels
from images.recipes import LIBRARIES
from images.tree import compile_bytecode, normalise, prune, run

PLATFORM = "x86_64-manylinux_2_28"
"""The newest widely built manylinux that Debian 12's C library, 2.36, runs."""

_FOR_THE_IMAGE = (
    *("--no-deps", "--only-binary", ":all:"),
    *("--python-version", "3.11", "--python-platform", PLATFORM),
)
"""What makes uv choose the same wheels whether it installs them or names them."""


def build_wheels(folder: Path, *, uv: Path, requirements: str, base: Path) -> None:
    """Fill `folder` with layer.tar, the wheels of `requirements`, and with materials.json.

    Raises:
        CommandFailedError: a wheel could not be fetched, or has another hash.
        MaterialsError: which wheel was fetched cannot be told.
    """
    listed = folder / "requirements.txt"
    listed.write_text(requirements)
    root = folder / "root"
    target = root / LIBRARIES
    run(
        [
            *(str(uv), "pip", "install", "--quiet", "--no-config", "--require-hashes"),
            *("--link-mode", "copy", "--no-compile-bytecode", "--target", str(target)),
            *("--python", sys.executable, *_FOR_THE_IMAGE, "--requirements", str(listed)),
        ]
    )
    pylock = run(
        [
            *(str(uv), "pip", "compile", "--quiet", "--no-config", "--format", "pylock.toml"),
            *(*_FOR_THE_IMAGE, str(listed)),
        ]
    )
    materials.write_materials(
        folder / materials.FILE, materials_of(target, materials.wheels_of(pylock), requirements)
    )
    prune(target, keeps_of_wheels)
    for record in sorted(target.glob("*.dist-info/RECORD")):
        _rewrite_record(record, target)
    compile_bytecode(base, root, LIBRARIES)
    normalise(root)
    write_layer(folder / "layer.tar", root)
    shutil.rmtree(root)


def materials_of(
    target: Path, wheels: dict[str, list[tuple[str, str]]], requirements: str
) -> Iterator[materials.Material]:
    """Say of each installed distribution which file it came from.

    Raises:
        MaterialsError: that cannot be told, or the lock does not know the file's hash.
    """
    locked = locked_of(requirements)
    for metadata in sorted(target.glob("*.dist-info/WHEEL")):
        distribution, _, version = metadata.parent.name.removesuffix(".dist-info").partition("-")
        name = canonicalize_name(distribution)
        file, sha256 = materials.wheel_of(wheels.get(name, ()), metadata.read_text())
        if name not in locked or f"--hash=sha256:{sha256}" not in locked[name].hashes:
            raise MaterialsError(f"{file} has a hash that requirements.lock does not have")
        yield materials.Material(materials.purl_of_wheel(name, version), file, sha256)


def _rewrite_record(record: Path, target: Path) -> None:
    """Leave out what is gone: scripts, above all, whose hash holds the builder's folder."""
    kept = [
        row
        for row in csv.reader(io.StringIO(record.read_text()))
        if not row[0].startswith("..") and (target / row[0]).exists()
    ]
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(sorted(kept))
    record.write_text(buffer.getvalue())
