"""Sanitizes every document of the corpora as a pod does: `python -m corpora --help`.

Each ends in an output that qpdf finds no fault with, or in a refusal in words, within the bounds of
a pod. Tells how many ended how, and which pages look different afterwards, and why. Of the benign
ones, which `qpdf --check` finds no fault with before and `known` tells no malformation of, nearly
all look the same. Ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from corpora import fetch
from corpora.known import known
from corpora.pixels import difference_of
from pdf_security_processor.contract import ExitCode
from processor.pods import WHATEVER_OPENS, Pod

CRASHES = frozenset(
    (
        ExitCode.INTERNAL_ERROR,
        ExitCode.WORKER_CRASHED,
        ExitCode.REPORT_REFUSED,
        ExitCode.SEAL_VIOLATED,
        ExitCode.OUTPUT_DAMAGED,
    )
)
"""What no document should bring about."""

SAME = 0.001
"""Share of a page's samples below which nobody sees a difference."""

WANTED = 0.99
"""Share of the benign documents that look the same."""


@dataclass(frozen=True)
class Result:
    """What became of one document.

    Attributes:
        corpus: where it is from.
        name: its file.
        reason: of the exit code.
        seconds: of the whole processor.
        mebibytes: of the worker's memory, at most.
        size: of the output, as a share of the input's; 0 where there is none.
        fault: what qpdf says of the input.
        complaint: what qpdf says of the output.
        page: the page that looks most different.
        difference: share of its samples; None where nothing could be drawn.
        left_out: the keys that were left out most.
    """

    corpus: str
    name: str
    reason: str
    crashed: bool
    seconds: float
    mebibytes: float
    size: float = 0
    fault: str = ""
    complaint: str = ""
    page: int = 0
    difference: float | None = None
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def is_same(self) -> bool:
        """Whether it was drawn before, and nobody sees a difference afterwards."""
        return self.difference is not None and self.difference <= SAME

    @property
    def is_benign(self) -> bool:
        """Whether it was drawn before, and readers agree on what it shows."""
        entry = known(self.corpus, self.name)
        is_sound = not self.fault and (entry is None or entry.is_benign)
        return self.difference is not None and is_sound

    @property
    def why(self) -> str:
        """Why it may look different; nothing where nobody knows."""
        entry = known(self.corpus, self.name)
        return entry.reason if entry else f"damaged: {self.fault}" if self.fault else ""


def main(arguments: Sequence[str]) -> int:
    """Run it; return 0 when nothing crashed, qpdf complains of nothing, and all look as before.

    All but few, and a reason is known for each of those.
    """
    parser = argparse.ArgumentParser(prog="corpora", description=__doc__)
    parser.add_argument("words", nargs="*", help="only documents whose path has one of these")
    parser.add_argument("--results", type=Path, help="file for one line of JSON a document")
    options = parser.parse_args(arguments)
    console = Console(stderr=True, width=140)
    found = [
        each
        for each in fetch.documents(console.print)
        if not options.words or any(word in str(each[1]) for word in options.words)
    ]
    results: list[Result] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool, Progress(console=console) as progress:
        done = pool.map(_sanitized, found)
        for result in progress.track(done, total=len(found), description="sanitize"):
            results.append(result)
            if not console.is_terminal and not len(results) % 100:
                console.print(f"{len(results)} of {len(found)}")
    if options.results:
        options.results.write_text("".join(json.dumps(asdict(each)) + "\n" for each in results))
    shown = Console(width=140)
    shown.print(_outcomes(results))
    shown.print(_differences(results))
    figures = _figures(results)
    sys.stdout.write(json.dumps(figures) + "\n")
    return int(
        bool(figures["crashed"] or figures["complaints"] or figures["unexplained"])
        or figures["share"] < WANTED
    )


def _sanitized(found: tuple[str, Path]) -> Result:
    corpus, path = found
    with tempfile.TemporaryDirectory(prefix="corpora-") as folder:
        pod = Pod(Path(folder))
        pod.input.write_bytes(path.read_bytes())
        began = time.monotonic()
        done = pod.run(pod.request(*WHATEVER_OPENS, on_signature="remove"))
        seconds = time.monotonic() - began
        code = ExitCode(done.status)
        peak = done.summary.peak_memory_bytes if done.summary else 0
        general = (corpus, path.name, code.reason, code in CRASHES, seconds, peak / 1024**2)
        if done.output is None or done.report is None:
            return Result(*general)
        difference = difference_of(pod.input, pod.output)
        return Result(
            *general,
            fault=_complaint_of(pod.input),
            size=len(done.output) / max(1, path.stat().st_size),
            complaint=_complaint_of(pod.output),
            page=difference.page if difference else 0,
            difference=difference.share if difference else None,
            left_out=dict(Counter(done.report.left_out).most_common(6)),
        )


def _complaint_of(document: Path) -> str:
    """Give what qpdf says first, without the file's name; nothing where it is content."""
    done = subprocess.run(
        ["qpdf", "--check", str(document)],
        capture_output=True,
        text=True,
        # It quotes what stands in the document.
        errors="replace",
        check=False,
    )
    if done.returncode == 0:
        return ""
    said = (done.stderr or done.stdout).replace(str(document), "").removeprefix("WARNING: ")
    return said.strip().splitlines()[0][:200] if said.strip() else f"exit {done.returncode}"


def _outcomes(results: Sequence[Result]) -> Table:
    reasons = Counter(each.reason for each in results)
    corpora = sorted({each.corpus for each in results})
    table = Table("outcome", *corpora, "all", title="What became of them")
    for reason, count in reasons.most_common():
        table.add_row(
            reason,
            *(str(sum(r.corpus == c and r.reason == reason for r in results)) for c in corpora),
            str(count),
        )
    return table


def _differences(results: Sequence[Result]) -> Table:
    table = Table("document", "page", "share", "why", title="What looks different")
    for each in sorted(results, key=lambda one: -(one.difference or 0)):
        if each.difference and not each.is_same:
            name = f"{each.corpus}/{each.name}"
            table.add_row(name, str(each.page), f"{each.difference:.2%}", each.why or "not known")
    return table


def _figures(results: Sequence[Result]) -> dict[str, float]:
    drawn = [each.difference for each in results if each.difference is not None]
    sizes = [each.size for each in results if each.size]
    benign = [each for each in results if each.is_benign]
    benign_same = sum(each.is_same for each in benign)
    different = [each for each in results if each.difference is not None and not each.is_same]
    return {
        "documents": len(results),
        "succeeded": sum(each.reason == "Succeeded" for each in results),
        "crashed": sum(each.crashed for each in results),
        "complaints": sum(bool(each.complaint) for each in results),
        "drawn": len(drawn),
        "same": sum(each <= SAME for each in drawn),
        "identical": sum(not each for each in drawn),
        "benign": len(benign),
        "benign_same": benign_same,
        "share": round(benign_same / len(benign), 4) if benign else 1.0,
        "unexplained": sum(not each.why for each in different),
        "median_size": round(statistics.median(sizes), 3) if sizes else 0,
        "worst_seconds": round(max((each.seconds for each in results), default=0), 1),
        "worst_mib": round(max((each.mebibytes for each in results), default=0)),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
