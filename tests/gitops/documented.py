"""What `docs/how-to/gitops.md` has people type and apply, as it stands there. Runs nothing."""

from __future__ import annotations

import re
import shlex

from images.build import REPOSITORY

HOW_TO = REPOSITORY / "docs" / "how-to" / "gitops.md"

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """Give the arguments of each kubectl that is typed, in their order."""
    lines = [line for block in _blocks("") for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("kubectl ")]


def manifests() -> list[str]:
    """Give the manifests; none of a chart's, which Helm has to render first."""
    return [block for block in _blocks("yaml") if "{{-" not in block]


def _blocks(language: str) -> list[str]:
    return [text for name, text in _BLOCK.findall(HOW_TO.read_text()) if name == language]
