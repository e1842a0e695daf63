"""Installs each scanner by its pin into the cache, away from the project's own packages.

Python scanners have a lock file with hashes each (locks/), for each brings dozens of packages that
would otherwise have to agree with ours; scanners in Go are components of `cluster.toolchain`.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

from cluster import toolchain
from cluster.components import COMPONENTS
from cluster.layout import SOURCE, cache_folder
from cluster.progress import Progress
from images import store
from images.build import REPOSITORY
from scanners.finding import ScannerError

LOCKS = Path(__file__).resolve().parent / "locks"

PYTHON = ("bandit", "checkov", "pip-audit", "semgrep")
"""Scanners with a file in locks/."""

GO = ("kube-score", "kubesec")
"""Scanners that are compiled."""

_MODULES = {
    "kube-score": "github.com/zegl/kube-score",
    "kubesec": "github.com/controlplaneio/kubesec/v2",
}


def version_of(scanner: str) -> str:
    """Return the pinned version: of the lock file, or of go.mod."""
    if scanner in PYTHON:
        text, pattern = (LOCKS / f"{scanner}.txt").read_text(), rf"^{scanner}==(\S+)"
    else:
        component = COMPONENTS[scanner]
        text = (SOURCE / "components" / component.go_mod_folder / "go.mod").read_text()
        pattern = rf"{re.escape(_MODULES[scanner])} v(\S+)"
    match = re.search(pattern, text, re.MULTILINE)
    if not match:
        raise ScannerError(scanner, "no version is pinned")
    return match[1]


def program_of(scanner: str, progress: Progress) -> Path:
    """Return a scanner's program, installing it if the cache does not have it.

    Raises:
        ScannerError: it could not be installed.
        ClusterError: it did not compile.
    """
    if scanner in GO:
        return toolchain.build([scanner], progress)[scanner] / scanner
    lock = LOCKS / f"{scanner}.txt"
    key = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:16]
    name = f"{scanner}-{key}"
    cache = cache_folder() / "scanners"
    if (cache / name).is_dir():
        progress.cached(scanner)
    else:
        with progress.running(scanner):
            store.kept(cache, name, lambda folder: _install(scanner, lock, folder))
    return store.kept(cache, name, lambda folder: None) / "bin" / scanner


def _install(scanner: str, lock: Path, folder: Path) -> None:
    uv = str(REPOSITORY / ".tools/uv/bin/uv")
    for command in (
        # Its programs go on working once the folder has its final name.
        [uv, "venv", "--quiet", "--relocatable", "--python", sys.executable, "--clear", folder],
        [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", folder / "bin/python", lock],
    ):
        done = subprocess.run(
            list(map(str, command)),
            env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ScannerError(scanner, f"could not be installed: {done.stderr.strip()[-500:]}")
