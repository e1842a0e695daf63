"""What scanners say, in one form. Data only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

CANARY = "canary"
"""In the name of what is known to be bad, and which each scanner is given beside the rest."""


@dataclass(frozen=True)
class Finding:
    """One complaint."""

    scanner: str
    rule: str
    where: str
    """`file:line`, or `Kind/name`."""
    text: str


@dataclass(frozen=True)
class Outcome:
    """What one scanner came to."""

    scanner: str
    version: str
    passed: int | None = None
    """Checks that passed; None where the scanner does not count them."""
    skipped: str = ""
    """What it was not asked, or did not count, and why."""
    findings: Sequence[Finding] = ()
    not_run: str = ""
    """Why it says nothing; empty if it does."""


class ScannerError(Exception):
    """A scanner could not be installed, broke, or is blind."""

    def __init__(self, scanner: str, problem: str) -> None:
        super().__init__(f"{scanner}: {problem}")
        self.scanner = scanner


def without_canary(scanner: str, findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings about our own things.

    Raises:
        ScannerError: nothing was found about what is known to be bad, so silence means nothing.
    """
    ours = [finding for finding in findings if CANARY not in finding.where]
    if len(ours) == len(findings):
        raise ScannerError(scanner, "it finds nothing in what is known to be bad: it is blind")
    return ours
