"""Findings that do not apply, each with its reason. Reads waivers.yaml; decides nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from scanners.finding import Finding

FILE = Path(__file__).resolve().parent / "waivers.yaml"


@dataclass(frozen=True)
class Waiver:
    """One rule of one scanner that does not apply in some places."""

    scanner: str
    rule: str
    where: str
    """A pattern of the finding's place, without its line; `*` is anywhere."""
    reason: str


@dataclass(frozen=True)
class Judged:
    """Findings, divided."""

    waived: Sequence[tuple[Finding, Waiver]]
    open: Sequence[Finding]
    unused: Sequence[Waiver]
    """Waivers that nothing needs: what they excuse was mended, and might come back unseen."""


def read_waivers(file: Path = FILE) -> list[Waiver]:
    """Read the file.

    Raises:
        ValueError: a waiver lacks a field, has another one, or has an empty reason.
    """
    waivers = []
    for entry in yaml.safe_load(file.read_text()):
        if set(entry) != {"scanner", "rule", "where", "reason"} or not entry["reason"].strip():
            raise ValueError(f"{file.name}: a waiver has scanner, rule, where and reason: {entry}")
        waivers.append(Waiver(**entry))
    return waivers


def judge(
    findings: Iterable[Finding], waivers: Sequence[Waiver], silent: Iterable[str] = ()
) -> Judged:
    """Divide findings into what is waived and what is open.

    Args:
        findings: of all scanners.
        waivers: what is excused.
        silent: scanners that did not run, whose waivers may still be needed.
    """
    waived: list[tuple[Finding, Waiver]] = []
    still_open: list[Finding] = []
    for finding in findings:
        found = next((waiver for waiver in waivers if _covers(waiver, finding)), None)
        if found:
            waived.append((finding, found))
        else:
            still_open.append(finding)
    used = {waiver for _, waiver in waived}
    unasked = set(silent)
    return Judged(
        waived,
        still_open,
        [each for each in waivers if each not in used and each.scanner not in unasked],
    )


def _covers(waiver: Waiver, finding: Finding) -> bool:
    same = (waiver.scanner, waiver.rule) == (finding.scanner, finding.rule)
    return same and fnmatchcase(finding.where.partition(":")[0], waiver.where)
