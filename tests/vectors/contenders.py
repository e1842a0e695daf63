"""The sanitizers that are compared, and where they are from. None is a dependency of the product.

What is Python's own is installed into a folder of the cache, the rest by Debian's package name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path

from cluster import packages
from cluster.layout import cache_folder
from cluster.processes import run

DEBIAN = ("qpdf", "poppler-utils", "libimage-exiftool-perl", "mupdf-tools", "ghostscript")

PYTHON = {"pikepdf": "10.18.0", "pdfid": "1.1.3", "peepdf-3": "6.0.3"}
"""With what they depend on."""

PYTHON_ALONE = {"pymupdf": "2.0"}
"""Without: it depends on models for layouts, which nothing here uses."""

SECONDS = 60
"""Of one program on one document."""

_VERSIONS: Mapping[str, Sequence[str]] = {
    "qpdf": ("qpdf", "--version"),
    "poppler": ("pdfinfo", "-v"),
    "exiftool": ("exiftool", "-ver"),
    "mutool": ("mutool", "-v"),
    "Ghostscript": ("gs", "--version"),
}

Say = Callable[[str], None]


def interpreter(say: Say) -> Path:
    """Install what is missing; give the interpreter that has the tools of Python.

    Raises:
        cluster.errors.HarnessError: a package could not be installed.
    """
    packages.ensure(DEBIAN, say)
    pins = [f"{name}=={version}" for name, version in {**PYTHON, **PYTHON_ALONE}.items()]
    target = cache_folder() / "vectors" / "-".join((*pins, f"{sys.version_info.minor}"))
    if not target.is_dir():
        say(f"installing {', '.join(pins)} into {target.parent}")
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".tools-", dir=target.parent))
        try:
            _install(temporary / "made")
            (temporary / "made").rename(target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return target / "bin" / "python"


def _install(place: Path) -> None:
    uv = Path(__file__).resolve().parents[2] / ".tools" / "uv" / "bin" / "uv"
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    into = ["pip", "install", "--quiet", f"--python={place / 'bin' / 'python'}"]
    for command in (
        ["venv", "--quiet", f"--python={sys.executable}", str(place)],
        [*into, *(f"{name}=={version}" for name, version in PYTHON.items())],
        [*into, "--no-deps", *(f"{name}=={version}" for name, version in PYTHON_ALONE.items())],
    ):
        run(
            [uv, *command],
            next_step="check that pip reaches its index",
            seconds=600,
            environment=environment,
        )


def versions() -> dict[str, str]:
    """Give the version of each tool, as it says itself or as it was installed."""
    said = {}
    for name, command in _VERSIONS.items():
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        first = (done.stdout or done.stderr).splitlines()[0]
        said[name] = first.split()[-1]
    return {**PYTHON, **PYTHON_ALONE, **said}


def run_on_folder(python: Path, tool: str, source: Path, target: Path) -> Iterator[str]:
    """Run a tool of Python on each file of a folder; give the name of each that is done."""
    target.mkdir()
    script = Path(__file__).with_name("outside.py")
    with subprocess.Popen(
        [python, "-I", script, tool, source, target],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        yield from process.stdout


def ghostscript_on_folder(pool: Executor, source: Path, target: Path) -> Iterator[str]:
    """Have Ghostscript write each file of a folder anew; give the name of each that is done."""
    target.mkdir()

    def distilled(file: Path) -> str:
        program("gs", "-q", "-dSAFER", "-sDEVICE=pdfwrite", "-o", target / file.name, file)
        return file.name

    yield from pool.map(distilled, sorted(source.iterdir()))


def program(*command: str | Path) -> subprocess.CompletedProcess[bytes]:
    """Run a program on a document; one that hangs is one that failed."""
    try:
        return subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, b"", b"it hung")
