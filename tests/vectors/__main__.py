"""What sanitizers leave of things that hide in documents: `python -m vectors --help`.

Each vector has one marker in one place. It is sanitized as a pod does, and by three other tools;
all objects and bytes of each output are searched for the marker, and programs that nobody here
wrote look at what `sanitize` made. Ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from vectors.contenders import interpreter, versions
from vectors.measure import Measurement, Outcome, Verdict, measured
from vectors.sanitizers import CONTENDERS
from vectors.table import TAKEN, vectors

_TITLES = {"pikepdf": "pikepdf", "pymupdf": "PyMuPDF", "ghostscript": "Ghostscript"}


def main(arguments: Sequence[str]) -> int:
    """Run it; return 0 when nothing is left and no oracle complains."""
    parser = argparse.ArgumentParser(prog="vectors", description=__doc__)
    parser.add_argument("words", nargs="*", help="only vectors whose name has one of these")
    parser.add_argument("--results", type=Path, help="file for one line of JSON a vector")
    parser.add_argument(
        "--here", action="store_true", help="sanitize in this process, unsealed: quicker"
    )
    options = parser.parse_args(arguments)
    console = Console(stderr=True, width=140)
    chosen = [
        each
        for each in vectors()
        if not options.words or any(word in each.name for word in options.words)
    ]
    python = interpreter(console.print)
    with Progress(console=console) as progress:

        def track(done: Iterable[Any], total: int, step: str) -> Iterator[Any]:
            for number, each in enumerate(progress.track(done, total, description=step), start=1):
                yield each
                if not console.is_terminal and (not number % 100 or number == total):
                    console.print(f"{step}: {number} of {total}")

        measurement = measured(chosen, python, track, is_here=options.here)
    outcomes = measurement.outcomes
    if options.results:
        lines = (json.dumps(_line_of(each)) + "\n" for each in outcomes)
        options.results.write_text("".join(lines))
    shown = Console(width=140)
    shown.print(", ".join(f"{name} {version}" for name, version in versions().items()))
    shown.print(_table(outcomes))
    shown.print(_witnesses(measurement))
    for table in (_kept(outcomes), _complaints(outcomes), _without_output(outcomes)):
        if table.row_count:
            shown.print(table)
    figures = _figures(outcomes)
    sys.stdout.write(json.dumps(figures) + "\n")
    return int(bool(figures["left_strict"] or figures["oracle_findings"] or figures["failed"]))


def _line_of(outcome: Outcome) -> dict[str, Any]:
    vector = outcome.vector
    return {
        "group": vector.group,
        "place": vector.place,
        "form": vector.form,
        "marker": vector.marker,
        "reason": outcome.reason,
        "strict": outcome.strict,
        "shown": outcome.is_shown,
        "complaints": outcome.complaints,
        **outcome.contenders,
    }


def _left(outcomes: Iterable[Outcome], tool: str = "") -> int:
    """Count what a tool left; without one, what `sanitize` did."""
    verdicts = (each.contenders[tool] if tool else each.strict for each in outcomes)
    return sum(verdict is Verdict.LEFT for verdict in verdicts)


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table("group", "places", "vectors", "ours, strict", *_TITLES.values())
    table.title = "Markers that are left"
    for group in dict.fromkeys(each.vector.group for each in outcomes):
        of_group = [each for each in outcomes if each.vector.group == group]
        table.add_row(group, *_counts(of_group))
    for title, counted in (("all but taken as it is", _hidden(outcomes)), ("all", outcomes)):
        table.add_row(title, *_counts(counted))
    return table


def _counts(outcomes: Sequence[Outcome]) -> list[str]:
    left = (_left(outcomes), *(_left(outcomes, tool) for tool in CONTENDERS))
    return [str(count) for count in (_places(outcomes), len(outcomes), *left)]


def _places(outcomes: Iterable[Outcome]) -> int:
    return len({(each.vector.group, each.vector.place) for each in outcomes})


def _hidden(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Choose all but what is within data that is taken as it is."""
    return [each for each in outcomes if each.vector.group != TAKEN]


def _witnesses(measurement: Measurement) -> str:
    seen = ", ".join(f"{name} {count}" for name, count in measurement.witnesses.most_common())
    return f"Of {measurement.shown} vectors as they were before, complain: {seen}"


def _kept(outcomes: Iterable[Outcome]) -> Table:
    table = Table("vector", title="Left by ours, strict")
    for each in outcomes:
        if each.strict is Verdict.LEFT:
            table.add_row(each.vector.name)
    return table


def _complaints(outcomes: Iterable[Outcome]) -> Table:
    table = Table("vector", "what they say", title="Complaints of the oracles about ours")
    for each in outcomes:
        for complaint in each.complaints:
            table.add_row(each.vector.name, complaint)
    return table


def _without_output(outcomes: Iterable[Outcome]) -> Table:
    table = Table("vector", "tool", title="No output, or none that opens or shows the page")
    for each in outcomes:
        if _is_failed(each):
            table.add_row(each.vector.name, f"ours: {each.reason}")
        for tool, verdict in each.contenders.items():
            if verdict is Verdict.NO_OUTPUT:
                table.add_row(each.vector.name, _TITLES[tool])
    return table


def _is_failed(outcome: Outcome) -> bool:
    return outcome.strict is Verdict.NO_OUTPUT or not outcome.is_shown


def _figures(outcomes: Sequence[Outcome]) -> dict[str, int]:
    hidden = _hidden(outcomes)
    taken = [each for each in outcomes if each.vector.group == TAKEN]
    return {
        "vectors": len(hidden),
        "places": _places(hidden),
        "forms": len({each.vector.form for each in hidden}),
        "left_strict": _left(hidden),
        "oracle_findings": sum(len(each.complaints) for each in outcomes),
        "failed": sum(map(_is_failed, outcomes)),
        **{f"left_{tool}": _left(hidden, tool) for tool in CONTENDERS},
        "taken": len(taken),
        "taken_left_strict": _left(taken),
        **{f"taken_left_{tool}": _left(taken, tool) for tool in CONTENDERS},
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
