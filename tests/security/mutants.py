"""Takes each protection away in a copy of the checkout, and runs the tests that must notice."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from images.build import REPOSITORY
from security.register import Protection

SECONDS = 600
"""For the tests of one row; one that hangs without its protection is noticed, too."""


@dataclass(frozen=True)
class Judged:
    """What became of a row.

    Attributes:
        protection: the row.
        holds: whether its tests pass as it is.
        missed_by: the first test that failed without it; empty where none did.
    """

    protection: Protection
    holds: bool
    missed_by: str


class Copy:
    """A copy of the checkout, with an environment of its own, which what it starts has too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def judged(self, protection: Protection, failed: set[str]) -> Judged:
        """Take a protection away, see who notices, and put it back.

        Args:
            protection: which.
            failed: files of tests that fail with all protections in place.
        """
        path = self._folder / protection.file
        whole = path.read_text()
        path.write_text(protection.mutated(whole))
        try:
            missed_by = next(iter(self.failures(protection.tests, first_only=True)), "")
        finally:
            path.write_text(whole)
        return Judged(protection, not failed & set(protection.tests), missed_by)

    def failures(self, tests: Sequence[str], *, first_only: bool = False) -> list[str]:
        """Run tests; name those that fail, as file::name. One that cannot even begin is an error.

        Raises:
            RuntimeError: the tests could not be run.
        """
        results = self._folder / "results.xml"
        results.unlink(missing_ok=True)
        command = [
            str(self._folder / ".venv/bin/python"), "-m", "pytest", "-q", f"--junitxml={results}",
            "-p", "no:cacheprovider", "-o", "junit_family=xunit1", *(["-x"] if first_only else []),
            *(f"tests/{name}" for name in tests),
        ]  # fmt: skip
        try:
            ran = subprocess.run(
                command, cwd=self._folder, capture_output=True, text=True, check=False,
                timeout=SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return ["hung"]
        if ran.returncode not in (0, 1) or not results.exists():
            raise RuntimeError(f"the tests could not be run:\n{ran.stdout[-2000:]}")
        return list(_failures_in(results))


def _failures_in(results: Path) -> Iterator[str]:
    for case in ElementTree.parse(results).getroot().iter("testcase"):  # noqa: S314  (our own)
        if case.find("failure") is not None or case.find("error") is not None:
            file = str(case.get("file", "")).removeprefix("tests/")
            yield f"{file}::{case.get('name')}"


@contextmanager
def copied() -> Iterator[Copy]:
    """Copy what is in the checkout, committed or not, and set it up."""
    with tempfile.TemporaryDirectory(prefix="pdf-security-register-") as name:
        folder = Path(name)
        for path in _files():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / path, target, follow_symlinks=False)
        subprocess.run(["make", "setup"], cwd=folder, check=True, capture_output=True)
        yield Copy(folder)


def _files() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True).stdout
    names = [name for name in listed.decode().split("\0") if name]
    return [name for name in names if (REPOSITORY / name).exists()]
