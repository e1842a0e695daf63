"""Unpacks archives by the system's tar, which lets nothing out of the folder.

Python's own can do so from 3.11.4 on, by filters; Debian 12 has 3.11.2.
"""

from __future__ import annotations

import subprocess
from pathlib import Path


def unpack(archive: Path | bytes, folder: Path) -> None:
    """Unpack an archive, compressed or not, or the content of one that is not.

    Raises:
        subprocess.CalledProcessError: it is none, or broken; tar said why.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = archive if isinstance(archive, bytes) else None
    source = "-" if content is not None else str(archive)
    command = ["tar", "--extract", "--file", source, "--directory", str(folder)]
    subprocess.run(command, input=content, check=True)
