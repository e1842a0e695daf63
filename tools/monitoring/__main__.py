"""`python -m monitoring [FOLDER]`: write what is generated into the component, or a folder."""

from __future__ import annotations

import sys
from pathlib import Path

from images.build import REPOSITORY
from monitoring.files import build_files

COMPONENT = REPOSITORY / "manifests" / "components" / "monitoring"


def main(arguments: list[str]) -> int:
    """Write the files; return 0."""
    folder = Path(arguments[0]) if arguments else COMPONENT
    for name, content in build_files().items():
        (folder / name).write_text(content)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
