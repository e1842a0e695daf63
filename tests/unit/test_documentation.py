"""The documentation holds together: its pictures are current, its links lead somewhere."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from images.build import REPOSITORY
from pictures import SOURCES, is_stale

DOCS = REPOSITORY / "docs"


@pytest.mark.parametrize("source", sorted(SOURCES.glob("*.d2")), ids=lambda source: source.stem)
def test_pictures_are_current(source: Path) -> None:
    """Would break: a picture shows what its text no longer says."""
    assert not is_stale(source), "run `make pictures`"


def test_an_edited_picture_is_stale(tmp_path: Path) -> None:
    """Would break: nobody is told to draw again."""
    source = tmp_path / "pod.d2"
    source.write_text((SOURCES / "pod.d2").read_text() + "\nmore: More\n")
    assert is_stale(source)


def test_each_decision_is_listed() -> None:
    """Would break: a decision that nobody finds."""
    listed = (DOCS / "decisions" / "index.md").read_text()
    for path in sorted((DOCS / "decisions").glob("0*.md")):
        title = path.read_text().splitlines()[0].removeprefix("# ")
        assert f"- [{title}]({path.name})" in listed


def _build(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("zensical")), "build", "--strict"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("mkdocs.yml", "SECURITY.md"):
        shutil.copy(REPOSITORY / name, tmp_path)
    shutil.copytree(DOCS, tmp_path / "docs")
    return tmp_path


def test_the_site_is_built(copy: Path) -> None:
    """Would break: a link of the documentation that leads nowhere."""
    built = _build(copy)
    assert built.returncode == 0, built.stdout + built.stderr
    assert (copy / "build" / "site" / "reference" / "job" / "index.html").exists()


def test_a_broken_link_is_told(copy: Path) -> None:
    """Would break: the test above, which would not see one."""
    with (copy / "docs" / "index.md").open("a") as page:
        page.write("\n[nowhere](no-such-page.md)\n")
    built = _build(copy)
    assert built.returncode != 0
    assert "page does not exist" in built.stderr
