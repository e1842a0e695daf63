"""`python -m plugin.pictures`: what `docs/how-to/kubectl-pdfsec.md` shows, made by running it.

Each command of the page is typed on a terminal of a real control plane, in the page's order, and
what it wrote is put beneath it; some become pictures in `docs/images`. Asserts nothing.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from images.build import REPOSITORY
from plugin.scene import COLUMNS, scene, write_job

PAGE = REPOSITORY / "docs" / "how-to" / "kubectl-pdfsec.md"
IMAGES = REPOSITORY / "docs" / "images"

PICTURED = {
    "kubectl pdfsec explain letter-31": "terminal-explain.svg",
    "kubectl pdfsec top": "terminal-top.svg",
    "kubectl pdfsec report contract-7": "terminal-report.svg",
}

BLOCK = re.compile(r"```console\n\$ (?P<command>[^\n]+)\n.*?```", re.DOTALL)


def main() -> int:
    """Make the page and its pictures anew."""
    with tempfile.TemporaryDirectory() as folder, scene(Path(folder)) as variables:
        write_job(Path(folder))
        environment = {
            **variables,
            "PATH": f"{variables['PATH']}:{os.defpath}",
            "HOME": folder,
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
        }

        def retold(block: re.Match[str]) -> str:
            written = _typed(block["command"], folder, environment)
            _draw(block["command"], written)
            # Without the blanks that fill a terminal's lines.
            plain = re.sub(r" +$", "", Text.from_ansi(written).plain, flags=re.MULTILINE)
            return f"```console\n$ {block['command']}\n{plain.strip()}\n```"

        PAGE.write_text(BLOCK.sub(retold, PAGE.read_text()))
    return 0


def _typed(command: str, folder: str, environment: dict[str, str]) -> str:
    """Type a command on a terminal; return what it wrote, colours and all."""
    done = subprocess.run(
        ["script", "--quiet", "--command", command, "/dev/null"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return done.stdout


def _draw(command: str, written: str) -> None:
    if command not in PICTURED:
        return
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "dim"), command))
    console.print(Text.from_ansi(written.rstrip()))
    target = IMAGES / PICTURED[command]
    # Of its own, the library's font would be fetched by whoever looks at it.
    svg = console.export_svg(title="legal", theme=MONOKAI, unique_id=target.stem)
    target.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL))


if __name__ == "__main__":
    sys.exit(main())
