"""The processor beside pikepdf in one process and the qpdf command line: `make bench-processor`.

All on one processor, one after the other, on the same files, in several rounds. Ours is the whole
way of a document: copied into the scratch folder, sealed worker, checks, digests, report, put in
place. "Apart" is pikepdf with the steps of that way that no processor can leave out: see
`bench.in_process`. Ends with one line of JSON.
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
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pikepdf
from rich.console import Console
from rich.table import Table

from bench.processor_documents import LARGE, PASSWORD, SMALL, gigabyte, write
from pdf_security_processor.contract import FileLocation, Source
from processor.pods import DECRYPT, ENCRYPT, Pod

OPERATIONS = ("decrypt", "encrypt", "sanitize", "linearize")

CONTENDERS = ("ours", "pikepdf", "apart", "qpdf")


Seconds = dict[tuple[str, str, str], float]
"""Median of seconds a document, by contender, operation and document."""


def main(arguments: Sequence[str]) -> int:
    """Run it; return 0 when all documents were done."""
    parser = argparse.ArgumentParser(prog="bench.processor_bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--small", type=int, default=60, help="how often a small document is done")
    parser.add_argument("--large", type=int, default=6, help="how often a large document is done")
    parser.add_argument("--processor", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--without-gigabyte", action="store_true")
    options = parser.parse_args(arguments)
    console = Console(width=120)
    # Children inherit it: every contender has this one processor.
    os.sched_setaffinity(0, {options.processor})
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = _Bench(Path(folder))
        found = _rounds(bench, options)
        peaks = {} if options.without_gigabyte else _peaks(bench)
    console.print(_versions())
    console.print(_table(found))
    if peaks:
        console.print(_peak_table(peaks))
    sys.stdout.write(json.dumps(_figures(found, peaks)) + "\n")
    return 0


def _rounds(bench: _Bench, options: argparse.Namespace) -> Seconds:
    found: dict[tuple[str, str, str], list[float]] = {}
    kinds = [(name, options.small) for name in SMALL] + [(name, options.large) for name in LARGE]
    for round_number in range(options.rounds):
        for document, count in kinds:
            for operation in OPERATIONS:
                sys.stderr.write(f"round {round_number + 1}: {document}: {operation}\n")
                for contender in CONTENDERS:
                    seconds = getattr(bench, contender)(operation, document, count)
                    found.setdefault((contender, operation, document), []).append(seconds)
    return {key: statistics.median(values) for key, values in found.items()}


class _Bench:
    """The documents, and what each contender does with one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "pod").mkdir()
        self._pod = Pod(folder / "pod")
        self._pod.secret("pw", "input", PASSWORD)
        for name, make in {**SMALL, **LARGE}.items():
            write(make, self._plain(name), self._encrypted(name))

    def ours(self, operation: str, document: str, count: int) -> float:
        """Do it in a batch, as the command line has it done."""
        _, times = self._batch(operation, document, count + 1)
        # From the first one's end on: the start is a batch's, and not a document's.
        return (times[-1] - times[0]) / count

    def pikepdf(self, operation: str, document: str, count: int) -> float:
        """Do it in one process, in a loop."""
        return self._in_process("plain", operation, document, count)

    def apart(self, operation: str, document: str, count: int) -> float:
        """Do it in a loop, in a process for each document, with copies and digests."""
        return self._in_process("apart", operation, document, count)

    def _in_process(self, how: str, operation: str, document: str, count: int) -> float:
        program = Path(__file__).with_name("in_process.py")
        given = [operation, *self._paths(operation, document), PASSWORD]
        printed = subprocess.run(
            [sys.executable, "-I", str(program), how, str(count + 1), *given],
            check=True,
            capture_output=True,
            text=True,
        )
        times = json.loads(printed.stdout)
        return float(times[-1] - times[0]) / count

    def qpdf(self, operation: str, document: str, count: int) -> float:
        """Do it by one command a document. It has no sanitizer: what is timed is its rewriting."""
        given = {
            "decrypt": [f"--password={PASSWORD}", "--decrypt"],
            "encrypt": ["--encrypt", PASSWORD, PASSWORD, "256", "--"],
            "sanitize": ["--object-streams=generate"],
            "linearize": ["--linearize"],
        }[operation]
        command = ["qpdf", *given, *self._paths(operation, document)]
        began = time.monotonic()
        for _ in range(count):
            subprocess.run(command, check=True)
        return (time.monotonic() - began) / count

    def peak_mebibytes(self, operation: str) -> float:
        """Tell the largest memory of a worker on the document of a gigabyte, and of its broker."""
        summaries, _ = self._batch(operation, "gigabyte", 1)
        return float(summaries[0]["peakMemoryBytes"]) / 1024**2

    def make_gigabyte(self) -> None:
        """Write it, which takes its time."""
        write(gigabyte, self._plain("gigabyte"), self._encrypted("gigabyte"))

    def _batch(
        self, operation: str, document: str, count: int
    ) -> tuple[list[dict[str, Any]], list[float]]:
        """Do it so often; give the summaries, and when each came."""
        lines = [self._request(operation, document)] * count
        with subprocess.Popen(
            [sys.executable, "-I", "-m", "pdf_security_processor.batch", "--at-once=1"],
            env=self._pod.environment(""),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdin
            assert process.stdout
            process.stdin.write("\n".join(lines))
            process.stdin.close()
            timed = [(json.loads(line)["summary"], time.monotonic()) for line in process.stdout]
        failed = [summary for summary, _ in timed if summary["exitCode"]]
        if len(timed) != count or failed:
            raise SystemExit(f"{document}: {operation}: {len(timed)} of {count} done: {failed[:1]}")
        return [summary for summary, _ in timed], [ended for _, ended in timed]

    def _request(self, operation: str, document: str) -> str:
        where = self._input(operation, document)
        request = self._pod.request(
            {"decrypt": DECRYPT, "encrypt": ENCRYPT}.get(operation, {operation: {}}),
            source=Source(file=FileLocation(root=str(where.parent), path=where.name)),
            limits={"inputBytes": 2 * 1024**3, "outputBytes": 2 * 1024**3, "workerSeconds": 3600},
            overwrite=True,
        )
        return request.to_environment_value()

    def _paths(self, operation: str, document: str) -> tuple[str, str]:
        return str(self._input(operation, document)), str(self._folder / "out.pdf")

    def _input(self, operation: str, document: str) -> Path:
        return self._encrypted(document) if operation == "decrypt" else self._plain(document)

    def _plain(self, document: str) -> Path:
        return self._folder / f"{document}.pdf"

    def _encrypted(self, document: str) -> Path:
        return self._folder / f"{document}-encrypted.pdf"


def _peaks(bench: _Bench) -> dict[str, float]:
    sys.stderr.write("a gigabyte: being made\n")
    bench.make_gigabyte()
    peaks = {}
    for operation in OPERATIONS:
        sys.stderr.write(f"a gigabyte: {operation}\n")
        peaks[operation] = bench.peak_mebibytes(operation)
    return peaks


def _versions() -> str:
    qpdf = subprocess.run(["qpdf", "--version"], check=True, capture_output=True, text=True)
    return (
        f"Python {sys.version.split()[0]}, pikepdf {version('pikepdf')} with libqpdf "
        f"{pikepdf.__libqpdf_version__}; {qpdf.stdout.splitlines()[0]}"
    )


def _table(found: Seconds) -> Table:
    times_of = [f"{each}, ms" for each in CONTENDERS]
    table = Table("document", "operation", *times_of, "to pikepdf", "to apart")
    for document in [*SMALL, *LARGE]:
        for operation in OPERATIONS:
            times = [found[contender, operation, document] for contender in CONTENDERS]
            shown = [f"{1000 * seconds:.1f}" for seconds in times]
            ratios = [f"{seconds / times[0]:.2f}" for seconds in times[1:3]]
            table.add_row(document, operation, *shown, *ratios)
    return table


def _peak_table(peaks: dict[str, float]) -> Table:
    table = Table("a gigabyte", "worker's peak, MiB")
    for operation, peak in peaks.items():
        table.add_row(operation, f"{peak:.0f}")
    return table


def _figures(found: Seconds, peaks: dict[str, float]) -> dict[str, Any]:
    """Give what is compared: throughput as a share of the others', on large documents."""
    figures: dict[str, Any] = {}
    for operation in OPERATIONS:
        for other in CONTENDERS[1:]:
            ratios = [
                found[other, operation, document] / found["ours", operation, document]
                for document in LARGE
            ]
            figures[f"{operation}_to_{other}"] = round(statistics.geometric_mean(ratios), 2)
    extra = [
        found["ours", operation, document] - found["pikepdf", operation, document]
        for operation in OPERATIONS
        for document in SMALL
    ]
    figures["overhead_ms_small"] = round(1000 * max(extra), 1)
    if peaks:
        figures["peak_mib_1gb"] = round(max(peaks.values()))
    return figures


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
