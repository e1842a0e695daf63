"""One row of the faults' table, from what a test saw to a file. Asserts nothing."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from images.build import REPOSITORY

RESULTS = REPOSITORY / "build" / "tests" / "faults"


@dataclass
class Row:
    """What is written of one fault.

    Attributes:
        number: the fault's number, with a letter where there are several of a kind.
        name: the fault in a few words.
        expected: what the operator is to do.
        seen: what it did, in numbers; filled in by `see`.
        recovery_s: seconds from the end of the fault until the operator had caught up.
        lost: PdfSecurityJobs that came to no end, or whose Job was never created.
        doubled: Jobs that were created for a PdfSecurityJob beyond its first.
        passed: filled in by the fixture.
    """

    number: str
    name: str
    expected: str
    seen: list[str] = field(default_factory=list)
    recovery_s: float | None = None
    lost: int = 0
    doubled: int = 0
    passed: bool = False

    def see(self, what: str) -> None:
        """Note something that was seen."""
        self.seen.append(what)

    def recovered(self, seconds: float) -> None:
        """Note a time to recovery; the longest of several counts."""
        self.recovery_s = round(max(seconds, self.recovery_s or 0), 2)

    def write(self) -> None:
        """Write the row; one of an earlier run is replaced."""
        RESULTS.mkdir(parents=True, exist_ok=True)
        path = RESULTS / f"{self.number}.json"
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def read_rows(folder: Path = RESULTS) -> list[Row]:
    """Read all rows, in the order of their numbers."""
    rows = [Row(**_document(path)) for path in folder.glob("*.json")]
    return sorted(rows, key=_order_of)


def _order_of(row: Row) -> tuple[int, str]:
    digits = re.match(r"\d+", row.number)
    return int(digits.group()) if digits else 0, row.number


def _document(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text()))
