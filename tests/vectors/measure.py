"""Runs sanitizers on vectors and judges what they leave. Prints nothing but what is told."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from pathlib import Path

import pikepdf

from vectors.contenders import run_on_folder
from vectors.oracles import Judgement, judge, normalize
from vectors.proof import checked, is_drawn, shows_its_page
from vectors.residue import is_left, says
from vectors.sanitizers import CONTENDERS, STRICT, Track, contend_all, file_of, sanitize_all
from vectors.table import Vector

_EACH = 8
"""Of so many places, the oracles see one as it was before."""


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


@dataclass(frozen=True)
class Measurement:
    """What became of all vectors.

    Attributes:
        outcomes: one a vector.
        shown: how many vectors the oracles saw as they were before.
        witnesses: oracle -> of how many of these it complains. One that never does proves nothing.
    """

    outcomes: list[Outcome]
    shown: int
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
    with (
        tempfile.TemporaryDirectory(prefix="vectors-") as text,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        folder = Path(text)
        sources = folder / "sources"
        sources.mkdir()
        for vector in track(pool.map(checked, vectors), len(vectors), "make"):
            (sources / file_of(vector)).write_bytes(vector.data)
        reasons = sanitize_all(vectors, folder, pool, track, is_here=is_here)
        contend_all(folder, python, pool, track)
        by_place = {(each.group, each.place): sources / file_of(each) for each in vectors}
        before = list(by_place.values())[::_EACH]
        looked_at = [*(folder / STRICT).iterdir(), *before]
        judgements = _judged(looked_at, folder, python, pool, track)
        outcomes = (
            _outcome_of(vector, reason, folder, judgements)
            for vector, reason in zip(vectors, reasons, strict=True)
        )
        listed = list(track(outcomes, len(vectors), "look for markers"))
        seen = (judgements[_digest_of(file)].oracles for file in before)
        return Measurement(listed, len(before), Counter(chain.from_iterable(seen)))


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
        if not is_drawn(documents / name):
            found = Judgement((*found.complaints, "pdftoppm: an empty page"), found.said)
        return name.removesuffix(".pdf"), found

    return dict(track(pool.map(looked_at, names), len(names), "oracles"))


def _digest_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _outcome_of(
    vector: Vector, reason: str, folder: Path, judgements: dict[str, Judgement]
) -> Outcome:
    output = folder / STRICT / file_of(vector)
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
