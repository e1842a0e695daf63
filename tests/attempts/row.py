"""One row of the table of attempts, from what a test saw to a file. Asserts nothing."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from images.build import REPOSITORY

RESULTS = REPOSITORY / "build" / "tests" / "attempts"


@dataclass(frozen=True)
class AttemptRow:
    """What is written of one attempt.

    Attributes:
        actor: who tries.
        attempt: what.
        layer: what is to refuse it.
        refusal: what was said or seen; empty where it was not refused.
        succeeds_without: whether it went through with that layer taken away.
    """

    actor: str
    attempt: str
    layer: str
    refusal: str
    succeeds_without: bool

    @property
    def passed(self) -> bool:
        """Whether the layer refuses, and nothing else does."""
        return bool(self.refusal) and self.succeeds_without

    def write(self) -> None:
        """Write the row; one of an earlier run is replaced."""
        RESULTS.mkdir(parents=True, exist_ok=True)
        name = re.sub("[^a-z0-9]+", "-", f"{self.layer} {self.attempt}".lower()).strip("-")
        path = RESULTS / f"{name}.json"
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def read_rows(folder: Path = RESULTS) -> list[AttemptRow]:
    """Read all rows, those of a layer together."""
    rows = [AttemptRow(**json.loads(path.read_text())) for path in folder.glob("*.json")]
    return sorted(rows, key=lambda row: (row.layer, row.attempt))
