"""Runs sanitizers on vectors and judges what they leave. Prints nothing but what is told."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Any

import pikepdf

from pdf_security_processor import worker
from pdf_security_processor.contract import ExitCode, Limits, Operation, WorkerReport
from pdf_security_processor.control import ControlMessage
from processor.pods import Pod
from vectors.contenders import ghostscript_on_folder, program, run_on_folder
from vectors.layout import SHOWN
from vectors.oracles import Judgement, judge, normalize
from vectors.residue import is_in_an_object, is_left, says
from vectors.table import WHOLE, Vector

OPERATIONS: list[dict[str, Any]] = [{"decrypt": {}}, {"repair": {}}, {"sanitize": {}}]
"""Whatever opens without a password, damaged or not; the mode is the strict one."""

CONTENDERS = ("pikepdf", "pymupdf", "ghostscript")

_BLANK = 250
"""Grey, of 255, from which on a sample is paper."""

Track = Callable[[Iterable[Any], int, str], Iterator[Any]]
"""Passes on what is done, and shows how far it is: of so many, in a step of that name."""


class Verdict(StrEnum):
    """What a sanitizer left of a marker."""

    GONE = "gone"
    LEFT = "left"
    NO_OUTPUT = "no output"


@dataclass(frozen=True)
class Outcome:
    """What became of one vector.

    Attributes:
        vector: which.
        reason: of the processor's exit code.
        strict: what `sanitize` left of it.
        is_shown: whether its output still shows the page.
        complaints: of the oracles on that output.
        contenders: tool -> what it left.
    """

    vector: Vector
    reason: str
    strict: Verdict
    is_shown: bool
    complaints: tuple[str, ...]
    contenders: dict[str, Verdict]


class NoVectorError(Exception):
    """A vector that proves nothing: it has no marker, or shows no page."""


@dataclass(frozen=True)
class Measurement:
    """What became of all vectors.

    Attributes:
        outcomes: one a vector.
        witnesses: oracle -> of how many groups it complains where it sees the first vector as it
            was. One that never does would prove nothing.
    """

    outcomes: list[Outcome]
    witnesses: Counter[str]


def measured(
    vectors: Sequence[Vector], python: Path, track: Track, *, is_here: bool = False
) -> Measurement:
    """Run all sanitizers on vectors, and all oracles on what `sanitize` makes of them.

    Args:
        vectors: which.
        python: the interpreter of the tools that are Python's own.
        track: shows how far it is.
        is_here: whether the worker's code runs in this process, which is quicker; else in a process
            of its own and sealed, as a pod does.

    Raises:
        NoVectorError: one of them proves nothing.
    """
    count = len(vectors)
    with (
        tempfile.TemporaryDirectory(prefix="vectors-") as text,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        folder = Path(text)
        sources, strict = folder / "sources", folder / "strict"
        sources.mkdir()
        strict.mkdir()
        for vector in track(pool.map(_checked, vectors), count, "make"):
            (sources / _file_of(vector)).write_bytes(vector.data)
        run = _run_here if is_here else _run_as_a_pod
        # What is process-wide in this process is not for threads.
        spread = map if is_here else pool.map
        done = spread(lambda each: run(each, strict / _file_of(each)), vectors)
        reasons = list(track(done, count, "sanitize"))
        for tool in CONTENDERS:
            target = folder / tool
            written = (
                ghostscript_on_folder(pool, sources, target)
                if tool == "ghostscript"
                else run_on_folder(python, tool, sources, target)
            )
            list(track(written, count, tool))
        firsts = {each.group: sources / _file_of(each) for each in reversed(vectors)}
        looked_at = [*strict.iterdir(), *firsts.values()]
        judgements = _judged(looked_at, folder, python, pool, track)
        outcomes = list(
            track(
                (
                    _outcome_of(vector, reason, folder, judgements)
                    for vector, reason in zip(vectors, reasons, strict=True)
                ),
                count,
                "look for markers",
            )
        )
        seen = (judgements[_digest_of(file)].oracles for file in firsts.values())
        return Measurement(outcomes, Counter(chain.from_iterable(seen)))


def check_vector(vector: Vector) -> None:
    """Look for a vector's marker by its objects, open it, and look at its page.

    Raises:
        NoVectorError: it has none, or does not show its page.
    """
    # What is hidden in a whole file may be in no object that is reached.
    look = is_left if vector.form == WHOLE else is_in_an_object
    if not look(vector.data, vector.marker):
        raise NoVectorError(f"{vector.name} has no marker")
    if not shows_its_page(vector.data):
        raise NoVectorError(f"{vector.name} has no page that shows anything")


def shows_its_page(data: bytes) -> bool:
    """Tell whether a document has the one page with the text of every vector."""
    with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as opened:
        return len(opened.pages) == 1 and SHOWN.encode() in _content_of(opened.pages[0])


def _content_of(page: pikepdf.Page) -> bytes:
    contents: Any = page.obj.get("/Contents", pikepdf.Array())
    parts = contents if isinstance(contents, pikepdf.Array) else [contents]
    return b"\n".join(part.read_bytes() for part in parts)


def _checked(vector: Vector) -> Vector:
    check_vector(vector)
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(vector.data)
        file.flush()
        if not _is_drawn(Path(file.name)):
            raise NoVectorError(f"{vector.name} is drawn as an empty page")
    return vector


def _is_drawn(document: Path) -> bool:
    """Tell whether poppler draws anything on the first page."""
    done = program("pdftoppm", "-gray", "-r", "36", "-l", "1", document)
    # A header of three lines, then a byte a sample.
    return any(sample < _BLANK for sample in done.stdout.split(b"\n", 3)[-1])


def _file_of(vector: Vector) -> str:
    return f"{vector.marker}.pdf"


def sanitized_here(data: bytes) -> tuple[WorkerReport, bytes]:
    """Sanitize a document by the worker's code in this process; give its report and the output."""
    operations = [Operation.model_validate(each) for each in OPERATIONS]
    message = ControlMessage(operations, {}, Limits(), "remove")
    source, target = os.memfd_create("source"), os.memfd_create("target")
    try:
        os.write(source, data)
        os.lseek(source, 0, os.SEEK_SET)
        report = worker.process(message, source, target, lambda seconds: None)
        return report, os.pread(target, os.fstat(target).st_size, 0)
    finally:
        os.close(source)
        os.close(target)


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
            done = pod.run(pod.request(*OPERATIONS, on_signature="remove"))
        except subprocess.TimeoutExpired:
            return "Hung"
        if done.output is not None:
            target.write_bytes(done.output)
        return ExitCode(done.status).reason


def _judged(
    files: Iterable[Path], folder: Path, python: Path, pool: Executor, track: Track
) -> dict[str, Judgement]:
    """Have the oracles look at each file; the same bytes once. Gives what they say by digest."""
    documents, normalized, counted = (folder / name for name in ("distinct", "qdf", "counted"))
    documents.mkdir()
    normalized.mkdir()
    for file in files:
        shutil.copyfile(file, documents / f"{_digest_of(file)}.pdf")
    names = sorted(each.name for each in documents.iterdir())
    list(pool.map(lambda name: normalize(documents / name, normalized / name), names))
    list(track(run_on_folder(python, "pdfid", normalized, counted), len(names), "pdfid"))

    def looked_at(name: str) -> tuple[str, Judgement]:
        found = judge(python, documents / name, normalized / name, counted / name)
        if not _is_drawn(documents / name):
            found = Judgement((*found.complaints, "pdftoppm: an empty page"), found.said)
        return name.removesuffix(".pdf"), found

    return dict(track(pool.map(looked_at, names), len(names), "oracles"))


def _digest_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _outcome_of(
    vector: Vector, reason: str, folder: Path, judgements: dict[str, Judgement]
) -> Outcome:
    output = folder / "strict" / _file_of(vector)
    complaints: tuple[str, ...] = ()
    is_shown = False
    if output.is_file():
        judgement = judgements[_digest_of(output)]
        told = (tool for tool, text in judgement.said.items() if says(text, vector.marker))
        complaints = (*judgement.complaints, *(f"{tool}: shows the marker" for tool in told))
        is_shown = shows_its_page(output.read_bytes())
    return Outcome(
        vector,
        reason,
        _verdict_of(output, vector.marker),
        is_shown,
        complaints,
        {tool: _verdict_of(folder / tool / output.name, vector.marker) for tool in CONTENDERS},
    )


def _verdict_of(output: Path, marker: str) -> Verdict:
    try:
        return Verdict.LEFT if is_left(output.read_bytes(), marker) else Verdict.GONE
    except (OSError, pikepdf.PikepdfError):
        return Verdict.NO_OUTPUT
