"""The register of protections, read from its file. Runs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from images.build import REPOSITORY

REGISTER = Path(__file__).with_name("register.yaml")


@dataclass(frozen=True)
class Change:
    """One place of a file: its text, which is there once, and what stands there instead."""

    before: str
    after: str


@dataclass(frozen=True)
class Protection:
    """A row of the register.

    Attributes:
        area: what it belongs to.
        what: the protection.
        critical: whether nothing is worth much without it.
        file: where it stands, from the repository.
        changes: what takes it away.
        tests: files of tests that must notice, from `tests/`.
    """

    area: str
    what: str
    critical: bool
    file: Path
    changes: tuple[Change, ...]
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        """What it is called in a table."""
        return f"{self.area}: {self.what}"

    def mutated(self, text: str) -> str:
        """Give the text of its file without it.

        Raises:
            ValueError: a place is not there, or there several times.
        """
        for change in self.changes:
            if text.count(change.before) != 1:
                count = text.count(change.before)
                raise ValueError(f"{self.name}: {change.before!r} is {count} times in {self.file}")
            text = text.replace(change.before, change.after)
        return text


def read_register(path: Path = REGISTER) -> list[Protection]:
    """Read all rows."""
    return [_protection_of(entry) for entry in yaml.safe_load(path.read_text())]


def _protection_of(entry: dict[str, Any]) -> Protection:
    places = [entry, *entry.get("also", [])]
    return Protection(
        area=entry["area"],
        what=entry["what"],
        critical=entry.get("critical", False),
        file=Path(entry["file"]),
        changes=tuple(Change(place["before"], place["after"]) for place in places),
        tests=tuple(entry["tests"].split()),
    )


def problems_of(protection: Protection) -> list[str]:
    """Tell what is wrong with a row before anything is run: it has to fit what is there."""
    path = REPOSITORY / protection.file
    missing = [name for name in protection.tests if not (REPOSITORY / "tests" / name).exists()]
    problems = [f"{protection.name}: no test {name}" for name in missing]
    try:
        mutated = protection.mutated(path.read_text())
        if path.suffix == ".py":
            compile(mutated, str(path), "exec")
    except (OSError, ValueError, SyntaxError) as error:
        problems.append(f"{protection.name}: {error}")
    return problems
