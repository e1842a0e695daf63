"""Runs `sanitize` and the tools that it is compared with on vectors. Judges nothing.

Outputs are in folders by tool, under the names that the vectors have.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from pdf_security_processor.contract import ExitCode, WorkerReport
from processor.here import processed
from processor.pods import WHATEVER_OPENS, Pod
from vectors.contenders import ghostscript_on_folder, run_on_folder
from vectors.table import Vector

STRICT = "strict"
"""The folder of what `sanitize` makes."""

CONTENDERS = ("pikepdf", "pymupdf", "ghostscript")

Track = Callable[[Iterable[Any], int, str], Iterator[Any]]
"""Passes on what is done, and shows how far it is: of so many, in a step of that name."""


def file_of(vector: Vector) -> str:
    """Name a vector's file, and those that are made of it."""
    return f"{vector.marker}.pdf"


def sanitize_all(
    vectors: Sequence[Vector], folder: Path, pool: Executor, track: Track, *, is_here: bool
) -> list[str]:
    """Sanitize each into the folder `STRICT`; give the reasons that they ended with."""
    target = folder / STRICT
    target.mkdir()
    run = _run_here if is_here else _run_as_a_pod
    # What is process-wide in this process is not for threads.
    spread = map if is_here else pool.map
    done = spread(lambda each: run(each, target / file_of(each)), vectors)
    return list(track(done, len(vectors), "sanitize"))


def contend_all(folder: Path, python: Path, pool: Executor, track: Track) -> None:
    """Have the others sanitize all of the folder `sources`, each into a folder of its name."""
    sources = folder / "sources"
    for tool in CONTENDERS:
        target = folder / tool
        done = (
            ghostscript_on_folder(pool, sources, target)
            if tool == "ghostscript"
            else run_on_folder(python, tool, sources, target)
        )
        for _ in track(done, len(list(sources.iterdir())), tool):
            pass


def sanitized_here(data: bytes) -> tuple[WorkerReport, bytes]:
    """Sanitize a document by the worker's code in this process; give its report and the output."""
    return processed(data, WHATEVER_OPENS)


def _run_here(vector: Vector, target: Path) -> str:
    report, output = sanitized_here(vector.data)
    if report.exit_code == ExitCode.SUCCEEDED:
        target.write_bytes(output)
    return ExitCode(report.exit_code).reason


def _run_as_a_pod(vector: Vector, target: Path) -> str:
    """Sanitize one; give the reason that it ended with."""
    with tempfile.TemporaryDirectory(prefix="vector-") as folder:
        pod = Pod(Path(folder))
        pod.input.write_bytes(vector.data)
        try:
            done = pod.run(pod.request(*WHATEVER_OPENS, on_signature="remove"))
        except subprocess.TimeoutExpired:
            return "Hung"
        if done.output is not None:
            target.write_bytes(done.output)
        return ExitCode(done.status).reason
