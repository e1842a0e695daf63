"""Runs the checks and test families in order, and ends with one line of JSON.

`python -m testrun [FAMILY...]`; all of them without an argument.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cluster import packages
from cluster.session import take_down

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = REPOSITORY / "build" / "tests"
PROGRAMS = Path(sys.executable).parent

CODE = ["operator", "processor-image", "tests", "tools"]

BESIDE = {"controlplane": "processor"}
"""Families, and which runs meanwhile: one waits for API servers, the other needs one core."""


@dataclass
class Totals:
    """What the families came to."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    broken: list[str] = field(default_factory=list)


def main(wanted: list[str]) -> int:
    """Run the families that are named, or all; return 0 when nothing failed."""
    families: dict[str, Callable[[Totals], None]] = {
        "checks": _checks,
        "scanners": _scanners,
        "unit": _unit,
        "processor": _processor,
        "controlplane": _controlplane,
        "cluster": _cluster,
    }
    unknown = set(wanted) - set(families)
    if unknown:
        sys.stderr.write(
            f"no such family: {', '.join(unknown)}; there are: {', '.join(families)}\n"
        )
        return 2
    RESULTS.mkdir(parents=True, exist_ok=True)
    packages.ensure(["qpdf", "poppler-utils", "chromium"])
    totals, started = Totals(), time.monotonic()
    chosen = list(wanted or families)
    beside = {name: BESIDE[name] for name in chosen if BESIDE.get(name) in chosen}
    for name in (name for name in chosen if name not in beside.values()):
        with ExitStack() as stack:
            if name in beside:
                stack.enter_context(_running(beside[name], totals))
            _say(f"=== {name}")
            begun = time.monotonic()
            families[name](totals)
            _say(f"=== {name} took {time.monotonic() - begun:.0f} s")
    if totals.broken:
        _say(f"failed: {', '.join(totals.broken)}")
    counts = {"passed": totals.passed, "failed": totals.failed, "skipped": totals.skipped}
    result = {**counts, "seconds": round(time.monotonic() - started, 1)}
    _say(json.dumps(result))
    return 1 if totals.broken or totals.failed else 0


@contextmanager
def _running(name: str, totals: Totals) -> Iterator[None]:
    """Run a family while the block runs; what it prints comes whole when both have ended."""
    log = RESULTS / f"{name}.log"
    command = [sys.executable, "-m", "testrun", name]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=output, stderr=output)
    _say(f"=== {name} runs beside the next; it is to be read in {log.relative_to(REPOSITORY)}")
    try:
        yield
    finally:
        code = process.wait()
    text = log.read_text()
    sys.stdout.write(text)
    if code != 0:
        totals.broken.append(name)
    try:
        counts = json.loads(text.splitlines()[-1])
    except (IndexError, ValueError):
        totals.failed += 1
        return
    totals.passed += counts["passed"]
    totals.failed += counts["failed"]
    totals.skipped += counts["skipped"]


def _checks(totals: Totals) -> None:
    for command in (
        ["ruff", "check", "--quiet", *CODE],
        ["ruff", "format", "--check", "--quiet", *CODE],
        ["mypy"],
        ["lint-imports"],
        # The definitions are those of the models.
        ["pytest", "-q", "tests/unit/test_crd.py", "-k", "files_are_current"],
    ):
        _count(totals, command[0], _run([str(PROGRAMS / command[0]), *command[1:]]))


def _scanners(totals: Totals) -> None:
    _count(totals, "scanners", _run([sys.executable, "-m", "scanners"]))


def _unit(totals: Totals) -> None:
    data = {"COVERAGE_FILE": str(RESULTS / ".coverage")}
    _pytest(totals, "unit", ["tests/unit", "--cov", "--cov-report="], data)
    covered = _run([str(PROGRAMS / "coverage"), "report"], data)
    _count(totals, "coverage of the pure modules", covered)


def _processor(totals: Totals) -> None:
    _pytest(totals, "processor", ["tests/processor"])


def _controlplane(totals: Totals) -> None:
    """What needs a real API server and no pods: programs of people and of platforms beside it."""
    _pytest(
        totals,
        "controlplane",
        ["tests/observability", "tests/plugin", "tests/gitops", "tests/installing"],
    )


def _cluster(totals: Totals) -> None:
    """The harness first: its tests kill the cluster, and leave a fresh one to the others."""
    _pytest(totals, "harness", ["tests/e2e/test_harness.py"], {"PDF_SECURITY_HARNESS_KILL": "1"})
    cold = {"PDF_SECURITY_IMAGES_COLD": "1"}
    _pytest(totals, "cluster", ["tests/e2e", "--ignore=tests/e2e/test_harness.py"], cold)
    take_down(say=_say)


def _pytest(
    totals: Totals, name: str, arguments: list[str], environment: dict[str, str] | None = None
) -> None:
    report = RESULTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
    if _run(command, environment) != 0:
        totals.broken.append(name)
    if not report.exists():
        totals.failed += 1
        return
    for suite in ElementTree.parse(report).iter("testsuite"):  # noqa: S314 - our own file
        ran, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        totals.passed += ran - failed - skipped
        totals.failed += failed
        totals.skipped += skipped


def _count(totals: Totals, name: str, code: int) -> None:
    if code == 0:
        totals.passed += 1
        return
    totals.failed += 1
    totals.broken.append(name)


def _run(command: list[str], environment: dict[str, str] | None = None) -> int:
    done = subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ, **(environment or {})}, check=False
    )
    return done.returncode


def _say(message: str) -> None:
    sys.stdout.write(f"{message}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
