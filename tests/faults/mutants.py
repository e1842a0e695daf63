"""`python -m faults.mutants [words]`: each protection away in a copy, and the fault that must fail.

Words choose by name. Prints protection, fault and how the test failed; JSON comes last. About half
a minute for each.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from faults.scene import SOURCE_VARIABLE
from images.build import REPOSITORY

PACKAGE = REPOSITORY / "operator" / "src" / "pdf_security_operator"
TESTS = Path(__file__).parent

SECONDS = 400
"""For one test; one that hangs without its protection is caught, too."""


@dataclass(frozen=True)
class Change:
    """One place of a copy.

    Attributes:
        module: which.
        before: its text, which is there exactly once.
        after: what stands there in its place.
    """

    module: str
    before: str
    after: str

    def applied(self, package: Path) -> str:
        """Give the module's text with the change made; `package` has the module.

        Raises:
            ValueError: what is to be changed is not there, or more than once.
        """
        text = (package / self.module).read_text()
        if text.count(self.before) != 1:
            raise ValueError(f"{self.module} has not exactly one {self.before!r}")
        return text.replace(self.before, self.after)


@dataclass(frozen=True)
class Mutant:
    """One protection away.

    Attributes:
        name: the protection.
        changes: where it is; several places where each alone would do.
        file: the tests that must notice.
        chosen: which of them, as for pytest's `-k`.
    """

    name: str
    changes: tuple[Change, ...]
    file: str
    chosen: str


def read_mutants() -> list[Mutant]:
    """Read all protections."""
    return [_mutant_of(each) for each in yaml.safe_load((TESTS / "mutants.yaml").read_text())]


def _mutant_of(given: dict[str, Any]) -> Mutant:
    first = {key: given[key] for key in ("module", "before", "after")}
    changes = tuple(Change(**each) for each in (first, *given.get("also", ())))
    return Mutant(given["name"], changes, given["file"], given["chosen"])


def main(arguments: list[str]) -> int:
    """Run those chosen; return 0 when every one was caught."""
    chosen = [each for each in read_mutants() if all(word in each.name for word in arguments)]
    missed = []
    for mutant in chosen:
        try:
            failed = _failed(mutant)
        except RuntimeError as error:
            # No test failed, for none ran to its end: that proves nothing.
            failed = ""
            sys.stdout.write(f"{error}\n")
        sys.stdout.write(f"{mutant.name}: {failed or 'NOT CAUGHT'}\n")
        sys.stdout.flush()
        if not failed:
            missed.append(mutant.name)
    result = {"mutants": len(chosen), "killed": len(chosen) - len(missed), "missed": missed}
    sys.stdout.write(json.dumps(result) + "\n")
    return 1 if missed else 0


def _failed(mutant: Mutant) -> str:
    """Say which tests failed without the protection; empty when none did.

    Raises:
        RuntimeError: no test was chosen, or the run came to no verdict.
    """
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        package = Path(folder) / PACKAGE.name
        shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("*.pyc"))
        for change in mutant.changes:
            (package / change.module).write_text(change.applied(package))
        command = [sys.executable, "-m", "pytest", "-q", "-rf", "--tb=no", "-k", mutant.chosen]
        try:
            done = subprocess.run(
                [*command, str(TESTS / f"test_{mutant.file}_faults.py")],
                cwd=REPOSITORY,
                env={**os.environ, SOURCE_VARIABLE: folder},
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"no end within {SECONDS} s"
    found = re.findall(r"^FAILED \S+::(\S+)(?: - (.{0,80}))?", done.stdout, flags=re.MULTILINE)
    if done.returncode != 0 and not found:
        raise RuntimeError(f"pytest ended with {done.returncode}: {done.stdout[-300:]}")
    return "; ".join(f"{test} ({why})" for test, why in found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
