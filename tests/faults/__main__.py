"""`python -m faults [pytest's arguments]` runs all faults and prints the table; JSON comes last."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from faults.row import RESULTS, Row, read_rows
from figures import percentile
from images.build import REPOSITORY

WIDTHS = (18, 42, 42, 12)
"""Of the table's columns; what was seen goes last, for it is as long as it is."""


def main(arguments: list[str]) -> int:
    """Run the tests, print what they came to; return 0 when every fault was survived."""
    shutil.rmtree(RESULTS, ignore_errors=True)
    faults = Path(__file__).parent
    # What needs containers and a store is done to the real cluster, after that; and what is the
    # pod's own business, to the processor.
    others = [str(faults.parent / name) for name in ("e2e", "processor")]
    runs = [str(faults)], ["-m", "fault", *others]
    codes = [_run([*chosen, *arguments]) for chosen in runs]
    rows = read_rows()
    _print_table(rows)
    result = {
        "faults": len(rows),
        "passed": sum(row.passed for row in rows),
        "lost": sum(row.lost for row in rows),
        "doubled": sum(row.doubled for row in rows),
        "recovery_p99_s": percentile(
            [row.recovery_s for row in rows if row.recovery_s is not None], 0.99
        ),
    }
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if rows and not any(codes) and all(row.passed for row in rows) else 1


def _run(arguments: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode


def _print_table(rows: list[Row]) -> None:
    _print_line("fault", "what", "expected", "recovery", "seen")
    for row in rows:
        seconds = "-" if row.recovery_s is None else f"{row.recovery_s:.1f} s"
        seen = "; ".join(row.seen)
        _print_line(
            row.number, row.name, row.expected, seconds, seen if row.passed else f"FAILED: {seen}"
        )


def _print_line(number: str, name: str, expected: str, recovery: str, seen: str) -> None:
    cells = [
        cell.ljust(width)
        for cell, width in zip((number, name, expected, recovery), WIDTHS, strict=True)
    ]
    sys.stdout.write(f"{'  '.join([*cells, seen])}\n".rstrip() + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
