"""`python -m attempts` tries all on the real cluster and prints the table; JSON comes last."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

from attempts.row import RESULTS, AttemptRow, read_rows
from images.build import REPOSITORY

WIDTHS = (12, 52, 30, 8)
"""Of the table's columns; what was said goes last."""


def main() -> int:
    """Run the tests, print what they came to; return 0 when each was refused, and rightly."""
    shutil.rmtree(RESULTS, ignore_errors=True)
    command = [sys.executable, "-m", "pytest", "-q", "-m", "attempts", "tests/e2e"]
    code = subprocess.run(command, cwd=REPOSITORY, check=False).returncode
    rows = read_rows()
    _print_line("actor", "attempt", "layer", "without", "refusal")
    for row in rows:
        _print_row(row)
    result = {
        "attempts": len(rows),
        "refused": sum(bool(row.refusal) for row in rows),
        "succeed_without": sum(row.succeeds_without for row in rows),
        "layers": len({row.layer for row in rows}),
    }
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if rows and not code and all(row.passed for row in rows) else 1


def _print_row(row: AttemptRow) -> None:
    without = "succeeds" if row.succeeds_without else "REFUSED"
    _print_line(row.actor, row.attempt, row.layer, without, row.refusal or "NOT REFUSED")


def _print_line(*cells: str) -> None:
    padded = [cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=False)]
    sys.stdout.write(f"{'  '.join([*padded, cells[-1][:160]])}\n")


if __name__ == "__main__":
    sys.exit(main())
