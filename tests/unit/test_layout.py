"""The house's bounds on modules: short, and each says what belongs in it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
FOLDERS = ("operator/src", "processor-image/src", "tools", "tests/cluster")
LINES = 300

MODULES = sorted(
    path
    for folder in FOLDERS
    for path in (REPOSITORY / folder).rglob("*.py")
    if not any(part.startswith(".") or part == "build" for part in path.parts)
)


def _name(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_module(path: Path) -> None:
    """A module would grow until nobody reads it, or gather what does not belong in it."""
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text)), "say in one or two lines what belongs here"
    assert len(text.splitlines()) <= LINES, f"split it: more than {LINES} lines"


def test_finds_modules() -> None:
    """A moved folder would pass because nothing in it is looked at."""
    for folder in FOLDERS:
        assert any(path.is_relative_to(REPOSITORY / folder) for path in MODULES), folder


def test_no_module_shadows_python() -> None:
    """`operator/` as a package would shadow Python's own module, and break every import."""
    assert not (REPOSITORY / "operator" / "__init__.py").exists()
