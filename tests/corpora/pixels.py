"""Whether two documents look the same, as poppler draws them."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

PAGES = 8
"""Pages of a document that are drawn."""

DOTS_AN_INCH = 40

NOTICED = 24
"""Difference of one component, of 255, from which on somebody may notice it."""


@dataclass(frozen=True)
class Difference:
    """The page that differs most.

    Attributes:
        page: its number, from 1.
        share: of its samples, those that differ noticeably; 1 where the sizes differ.
    """

    page: int
    share: float


def difference_of(before: Path, after: Path) -> Difference | None:
    """Compare page by page.

    Returns:
        The worst page; a share of 0 where all are the same. None where nothing could be drawn of
        the document before.
    """
    with tempfile.TemporaryDirectory(prefix="pixels-") as folder:
        drawn = _drawn(before, Path(folder) / "before")
        again = _drawn(after, Path(folder) / "after")
        if not drawn:
            return None
        if len(drawn) != len(again):
            return Difference(min(len(drawn), len(again)) + 1, 1.0)
        pages = [
            Difference(number, _share(one.read_bytes(), other.read_bytes()))
            for number, (one, other) in enumerate(zip(drawn, again, strict=True), start=1)
        ]
        return max(pages, key=lambda each: each.share)


def _drawn(document: Path, prefix: Path) -> list[Path]:
    command = ["pdftoppm", "-r", str(DOTS_AN_INCH), "-l", str(PAGES), str(document), str(prefix)]
    try:
        subprocess.run(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=180,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return []
    return sorted(prefix.parent.glob(f"{prefix.name}*.ppm"))


def _share(one: bytes, other: bytes) -> float:
    if one == other:
        return 0.0
    if len(one) != len(other):
        return 1.0
    return sum(abs(a - b) > NOTICED for a, b in zip(one, other, strict=True)) / len(one)
