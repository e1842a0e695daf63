"""Runs tools that are Python's own on all files of a folder: `python outside.py TOOL FROM TO`.

For the interpreter of the tools' own folder: imports nothing of ours. Each file has a process of
its own, so that a tool that crashes or hangs on one takes no other with it. Prints the name of each
file that is done. Sanitizers leave files of the same name, judges JSON of that name.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

SECONDS = 60
"""Of one file."""


def sanitize_with_pikepdf(source: Path, target: Path) -> None:
    """Remove all that pikepdf's sanitizer knows to remove."""
    pikepdf = importlib.import_module("pikepdf")
    sanitize = importlib.import_module("pikepdf.sanitize")
    with pikepdf.open(source) as pdf:
        sanitizer = sanitize.Sanitizer()
        for name in dir(sanitizer):
            if name.startswith("remove_"):
                getattr(sanitizer, name)()
        sanitizer.apply(pdf)
        pdf.save(target)


def sanitize_with_pymupdf(source: Path, target: Path) -> None:
    """Scrub with all that is on by default, which is all, and save without what is unused."""
    pymupdf = importlib.import_module("pymupdf")
    with pymupdf.open(source) as document:
        if document.needs_pass:
            raise SystemExit(1)
        document.scrub()
        document.save(target, garbage=4, encryption=pymupdf.PDF_ENCRYPT_NONE)


def judge_with_pdfid(source: Path, target: Path) -> None:
    """Count the words that PDFiD counts."""
    pdfid = importlib.import_module("pdfid.pdfid")
    counted = json.loads(pdfid.PDFiD2JSON(pdfid.PDFiD(str(source)), force=False))
    words = counted[0]["pdfid"]["keywords"]["keyword"]
    target.write_text(json.dumps({word["name"]: word["count"] for word in words}))


TOOLS: dict[str, Callable[[Path, Path], None]] = {
    "pikepdf": sanitize_with_pikepdf,
    "pymupdf": sanitize_with_pymupdf,
    "pdfid": judge_with_pdfid,
}


def main(tool: str, source: Path, target: Path) -> None:
    """Run a tool on each file."""
    # Once, for all that are forked.
    importlib.import_module(tool)
    for file in sorted(source.iterdir()):
        child = os.fork()
        if child == 0:
            _run(TOOLS[tool], file, target / file.name)
        os.waitpid(child, 0)
        sys.stdout.write(f"{file.name}\n")
        sys.stdout.flush()


def _run(tool: Callable[[Path, Path], None], source: Path, target: Path) -> None:
    """Run a tool in a process of its own, and end that."""
    signal.alarm(SECONDS)
    # What libraries of C print there would pass for names of files.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    code = 1
    try:
        tool(source, target)
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
