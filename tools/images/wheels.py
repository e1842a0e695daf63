"""Makes the second layer: the locked wheels, pruned and compiled. Never resolves versions."""

from __future__ import annotations

import csv
import io
import shutil
import sys
from pathlib import Path

from cluster.oci import write_layer
from images.policy import keeps_of_wheels
from images.recipes import LIBRARIES
from images.tree import compile_bytecode, normalise, prune, run

PLATFORM = "x86_64-manylinux_2_28"
"""The newest widely built manylinux that Debian 12's C library, 2.36, runs."""


def build_wheels(folder: Path, *, uv: Path, requirements: str, base: Path) -> None:
    """Fill `folder` with layer.tar: the wheels of `requirements`, for the Python of `base`."""
    listed = folder / "requirements.txt"
    listed.write_text(requirements)
    root = folder / "root"
    target = root / LIBRARIES
    run(
        [
            *(str(uv), "pip", "install", "--quiet", "--no-config", "--require-hashes", "--no-deps"),
            *("--only-binary", ":all:", "--link-mode", "copy", "--no-compile-bytecode"),
            *("--python", sys.executable, "--python-version", "3.11"),
            *("--python-platform", PLATFORM, "--target", str(target)),
            *("--requirements", str(listed)),
        ]
    )
    prune(target, keeps_of_wheels)
    for record in sorted(target.glob("*.dist-info/RECORD")):
        _rewrite_record(record, target)
    compile_bytecode(base, root, LIBRARIES)
    normalise(root)
    write_layer(folder / "layer.tar", root)
    shutil.rmtree(root)


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
