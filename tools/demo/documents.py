"""Fetches real documents from Debian packages and makes the variants that the examples need."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import tempfile
from pathlib import Path

from cluster.errors import CommandFailedError
from cluster.layout import cache_folder
from cluster.processes import run

PACKAGES = {
    "debian-policy": {
        "policy.pdf": "usr/share/doc/debian-policy/policy.pdf.gz",
        "hierarchy.pdf": "usr/share/doc/debian-policy/fhs/fhs-3.0.pdf.gz",
    },
    "cups-filters": {
        "form.pdf": "usr/share/cups/data/form_english.pdf",
        "testpage.pdf": "usr/share/cups/data/default-testpage.pdf",
        "classified.pdf": "usr/share/cups/data/classified.pdf",
    },
}
"""Debian package -> our name of a document -> its path in the package."""

_NEXT = "check that apt-get works: apt-get update"


def fetch() -> Path:
    """Return a folder with the documents, fetched once; nothing is installed."""
    folder = cache_folder() / "documents"
    wanted = [name for names in PACKAGES.values() for name in names]
    if all((folder / name).exists() for name in wanted):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for package, names in PACKAGES.items():
        with tempfile.TemporaryDirectory(prefix="pdf-security-documents-") as text:
            place = Path(text)
            _download(package, place)
            for name, path in names.items():
                (folder / name).write_bytes(_content(place / path))
    return folder


def encrypted(source: Path, target: Path, user: str, owner: str) -> None:
    """Encrypt a document with Debian's qpdf, which is not the library that the processor uses."""
    # In a file of arguments: passwords never stand on a command line, not even here.
    with tempfile.NamedTemporaryFile("w", prefix="pdf-security-") as arguments:
        arguments.write("\n".join(["--encrypt", user, owner, "256", "--"]))
        arguments.flush()
        run(
            ["qpdf", f"@{arguments.name}", source, target],
            next_step="install qpdf",
        )


def damaged(source: Path, target: Path) -> None:
    """Cut off the end of a document, its cross-reference table with it."""
    content = source.read_bytes()
    target.write_bytes(content[: content.rindex(b"startxref") - 40])


def _download(package: str, place: Path) -> None:
    command = ["apt-get", "download", package]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        prefix = [] if shutil.which("sudo") is None else ["sudo"]
        subprocess.run([*prefix, "apt-get", "update"], capture_output=True, check=False)
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CommandFailedError(f"`{' '.join(command)}` failed: {done.stderr[-300:]}", _NEXT)
    (archive,) = place.glob("*.deb")
    run(["dpkg-deb", "--extract", archive, place], next_step=_NEXT)


def _content(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
