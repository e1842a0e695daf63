"""`python -m pictures`: draws the pictures of the documentation from their text.

Each says in a comment which text it was drawn from, so that a test can tell when one is stale
without drawing it.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

from cluster import toolchain
from images.build import REPOSITORY

SOURCES = REPOSITORY / "docs" / "pictures"
DRAWN = REPOSITORY / "docs" / "images"

LIGHT, DARK = "0", "200"
"""Themes of d2, by what the reader's system prefers."""

_STAMP = re.compile(r"<!-- drawn from ([0-9a-f]{64}) -->")


def main() -> None:
    """Draw those that are stale."""
    program = str(toolchain.build(["d2"])["d2"] / "d2")
    for source in sorted(SOURCES.glob("*.d2")):
        drawn = picture_of(source)
        if is_stale(source):
            _draw(program, source, drawn)
            print(f"drew {drawn.relative_to(REPOSITORY)}")


def picture_of(source: Path) -> Path:
    """Say where the picture of a text is."""
    return DRAWN / f"{source.stem}.svg"


def is_stale(source: Path) -> bool:
    """Tell whether a picture is missing, or was drawn from another text."""
    drawn = picture_of(source)
    stamp = _STAMP.search(drawn.read_text()) if drawn.exists() else None
    return stamp is None or stamp[1] != _digest(source)


def _draw(program: str, source: Path, drawn: Path) -> None:
    options = [f"--theme={LIGHT}", f"--dark-theme={DARK}", "--layout=elk", "--pad=20"]
    done = subprocess.run(
        [program, *options, str(source), "-"], check=True, stdout=subprocess.PIPE, text=True
    )
    drawn.parent.mkdir(parents=True, exist_ok=True)
    drawn.write_text(f"{done.stdout.rstrip()}\n<!-- drawn from {_digest(source)} -->\n")


def _digest(source: Path) -> str:
    return hashlib.sha256(source.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
