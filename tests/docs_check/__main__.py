"""`python -m docs_check [PAGE...]`: types what the pages say, in a clone, on the real cluster.

Each page in a shell of its own, from the top, as a reader does; a command that fails ends its page.
Ends with one line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cluster import packages, toolchain
from docs_check.blocks import Command, commands_of
from docs_check.likeness import missing_line
from docs_check.shell import Shell
from images.build import REPOSITORY

SECONDS = 1800
"""For one command: the first builds a cluster."""

PAGES = (
    "README.md",
    "docs/runbooks/*.md",
    "docs/how-to/[!diu]*.md",
    "docs/how-to/disaster-recovery.md",
    "docs/how-to/install.md",
    "docs/how-to/upgrade.md",
    "operator/README.md",
    "processor-image/README.md",
    "CONTRIBUTING.md",
    "docs/tutorial.md",
)
"""The first brings up what most others use; those that install anew come behind them."""

TOOLS = ("jq", "qpdf", "skopeo", "docker-registry")
"""What pages say that a reader has, beside Helm and cosign; the last serves `registry`."""


@dataclass(frozen=True)
class Seen:
    """What came of one command."""

    page: str
    command: Command
    seconds: float
    fault: str
    """Empty where it did as the page says."""


def main(arguments: list[str]) -> int:
    """Type the pages that are named, or all; 0 when all is as written."""
    console = Console(width=140, highlight=False)
    seen: list[Seen] = []
    packages.ensure(TOOLS)
    environment = _environment(toolchain.build(["helm", "cosign"]).values())
    with tempfile.TemporaryDirectory(prefix="docs-check-") as folder:
        clone = Path(folder) / "pdf-security-operator"
        subprocess.run(["git", "clone", "-q", str(REPOSITORY), str(clone)], check=True)
        for page in arguments or pages_in(clone):
            for each in _follow(clone, page, environment):
                seen.append(each)
                console.print(_told(each), markup=False, soft_wrap=True)
    console.print(_table(seen))
    figures = _figures(seen)
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0 if figures["failed"] == 0 else 1


def _environment(folders: Iterable[Path]) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": ":".join([*map(str, folders), os.environ["PATH"]]),
        # Pages delete namespaces: what they take for the cluster must be one that they were given.
        "KUBECONFIG": os.devnull,
    }


def pages_in(clone: Path) -> list[str]:
    """List the pages whose commands are typed, in their order."""
    return [
        str(path.relative_to(clone)) for pattern in PAGES for path in sorted(clone.glob(pattern))
    ]


def _follow(clone: Path, page: str, environment: Mapping[str, str]) -> Iterator[Seen]:
    commands = commands_of((clone / page).read_text())
    if not commands:
        return
    with Shell(clone, environment) as shell:
        for command in commands:
            if command.not_here:
                yield Seen(page, command, 0.0, "")
                continue
            typed = shell.type(command.text, SECONDS, on_a_terminal=command.on_a_terminal)
            fault = _fault_of(command, typed.status, typed.printed)
            if fault or not command.is_set_up:
                yield Seen(page, command, typed.seconds, fault)
            if typed.status != command.status:
                # What follows builds on it.
                return


def _fault_of(command: Command, status: int | None, printed: str) -> str:
    if status is None:
        return f"did not end; printed: {printed[-2000:]}"
    if status != command.status:
        return f"ended with {status}; printed: {printed[-2000:]}"
    missing = missing_line(command.printed, printed) if command.printed is not None else None
    return f"did not print: {missing}; but: {printed[-2000:]}" if missing else ""


def _told(seen: Seen) -> str:
    verdict = seen.fault or (f"not typed: {seen.command.not_here}" if seen.command.not_here else "")
    first = seen.command.text.splitlines()[0]
    return f"{seen.page}:{seen.command.line}: {first}: {verdict or f'{seen.seconds:.1f} s'}"


def _table(seen: list[Seen]) -> Table:
    table = Table("page", "commands", "as written", "not typed", "seconds")
    for page in dict.fromkeys(each.page for each in seen):
        figures = _figures([each for each in seen if each.page == page])
        seconds = sum(each.seconds for each in seen if each.page == page)
        row = [str(figures[name]) for name in ("commands", "as_written", "not_typed")]
        table.add_row(page, *row, f"{seconds:.1f}")
    return table


def _figures(seen: list[Seen]) -> dict[str, int]:
    failed = sum(1 for each in seen if each.fault)
    skipped = sum(1 for each in seen if each.command.not_here)
    return {
        "pages": len({each.page for each in seen}),
        "commands": len(seen),
        "as_written": len(seen) - failed - skipped,
        "not_typed": skipped,
        "failed": failed,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
