"""Programs that nobody here wrote, as judges of outputs. They are needed, never skipped."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pytest
from pypdf import PasswordType, PdfReader

_PACKAGES = {"qpdf": "qpdf", "pdfinfo": "poppler-utils", "pdfdetach": "poppler-utils"}


def output_of(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of Debian's; fail the test with what to install when it is missing."""
    path = shutil.which(program)
    if path is None:
        pytest.fail(f"{program} is missing: apt-get install {_PACKAGES[program]}")
    return subprocess.run(
        [path, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def check_with_qpdf(data: bytes, folder: Path, password: str = "") -> str:
    """Check that Debian's qpdf, another version than ours, finds nothing wrong."""
    file = folder / "judged.pdf"
    file.write_bytes(data)
    checked = output_of("qpdf", "--check", f"--password={password}", str(file))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    return checked.stdout


def pdfinfo(data: bytes, folder: Path, *options: str) -> dict[str, str]:
    """Give what poppler says of a document."""
    file = folder / "judged.pdf"
    file.write_bytes(data)
    said = output_of("pdfinfo", *options, str(file))
    assert said.returncode == 0, said.stderr
    pairs = (line.partition(":") for line in said.stdout.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def qdf(data: bytes, folder: Path) -> bytes:
    """Give the document uncompressed, as Debian's qpdf writes it, to look for texts in it."""
    source, target = folder / "judged.pdf", folder / "judged.qdf"
    source.write_bytes(data)
    done = output_of(
        "qpdf", "--qdf", "--object-streams=disable", "--decode-level=all", str(source), str(target)
    )
    assert done.returncode == 0, done.stderr
    return target.read_bytes()


def pypdf_password(data: bytes, password: str) -> PasswordType:
    """Tell as what a password opens a document, says pypdf, which shares no code with qpdf."""
    return PdfReader(io.BytesIO(data)).decrypt(password)
