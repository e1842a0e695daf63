"""`python -m security [--words WORDS] [--code-only]` gives the security score; JSON comes last.

Rows are the protections of the register, each tested as it is and taken away in a copy, and the
attempts on the real cluster. What scanners say stands beside it, raw. The score is the share of
rows that hold, in percent. It is nothing where a critical row fails, or nobody misses a protection.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Annotated

import typer

from attempts.row import read_rows
from images.build import REPOSITORY
from security.mutants import Judged, copied
from security.register import problems_of, read_register

WIDTHS = (8, 78, 10, 8)


@dataclass(frozen=True)
class ScoreRow:
    """A row of the score."""

    name: str
    critical: bool
    holds: bool
    killed: bool
    seen: str


application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@application.command()
def main(
    words: Annotated[str, typer.Option(help="Only rows that have this in their name.")] = "",
    *,
    code_only: Annotated[bool, typer.Option(help="Nothing on the real cluster.")] = False,
) -> None:
    """Print the table and the score; exit with 0 where it is 95 or more and nothing is missed."""
    rows = _of_the_register(words)
    if not code_only:
        rows += _of_attempts()
        _say(f"what scanners say, for itself and not in the score: {_scanned()}")
    wanted = [row for row in rows if words in row.name]
    result = _score_of(wanted)
    sys.stdout.write(json.dumps(result) + "\n")
    passed = result["score"] >= 95 and not result["critical_failed"]
    raise typer.Exit(0 if passed and result["killed"] == result["mutants"] else 1)


def _score_of(rows: list[ScoreRow]) -> dict[str, float]:
    held = sum(row.holds for row in rows)
    return {
        "score": round(100 * held / len(rows), 1) if rows else 0,
        "rows": len(rows),
        "critical_failed": sum(row.critical and not row.holds for row in rows),
        "mutants": len(rows),
        "killed": sum(row.killed for row in rows),
    }


def _of_the_register(words: str) -> list[ScoreRow]:
    register = [row for row in read_register() if words in row.name]
    problems = [problem for row in register for problem in problems_of(row)]
    if problems:
        sys.exit("\n".join(problems))
    rows = []
    with copied() as copy:
        tests = sorted({name for row in register for name in row.tests})
        _say(f"{len(register)} protections, {len(tests)} files of tests, first as they are")
        failed = {failure.partition("::")[0] for failure in copy.failures(tests)}
        _print_line("row", "what", "as it is", "without", "seen by")
        for protection in register:
            rows.append(_row_of(copy.judged(protection, failed)))
            _print_row(rows[-1])
    return rows


def _row_of(judged: Judged) -> ScoreRow:
    protection = judged.protection
    return ScoreRow(
        protection.name, protection.critical, judged.holds, bool(judged.missed_by), judged.missed_by
    )


def _of_attempts() -> list[ScoreRow]:
    """Try everything on the real cluster."""
    command = [sys.executable, "-m", "attempts"]
    subprocess.run(command, cwd=REPOSITORY, check=False, stdout=subprocess.DEVNULL)
    rows = []
    for row in read_rows():
        name = f"{row.layer}: {row.attempt}"
        rows.append(ScoreRow(name, True, bool(row.refusal), row.succeeds_without, row.refusal))
        _print_row(rows[-1])
    return rows


def _scanned() -> str:
    """Run the scanners; give the numbers that they end with."""
    command = [sys.executable, "-m", "scanners"]
    ran = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    return ran.stdout.strip().rpartition("\n")[2] or ran.stderr.strip()[-300:]


def _print_row(row: ScoreRow) -> None:
    held, missed = "holds" if row.holds else "FAILS", "missed" if row.killed else "NOBODY"
    _print_line("critical" if row.critical else "", row.name[:78], held, missed, row.seen[:110])


def _print_line(*cells: str) -> None:
    padded = [cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=False)]
    _say("  ".join([*padded, cells[-1]]))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    application()
