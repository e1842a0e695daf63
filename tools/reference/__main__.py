"""Writes the reference into the documentation, or says that it is stale: `make generate`."""

from __future__ import annotations

import sys
from pathlib import Path

from reference.pages import build_pages


def main() -> None:
    """Write the pages into the folder that is named."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in build_pages().items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    main()
