"""The scanner of locked dependencies: pip-audit. Its silence is only believed where it can see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scanners.environments import version_of
from scanners.finding import CANARY, Finding, Outcome
from scanners.running import json_of, run

BAD_PACKAGE = "jinja2==2.4.1"
"""A version of which holes are published, asked for beside ours."""

_SECONDS = "5"
"""For one answer of the database."""


def scan_with_pip_audit(program: Path, work: Path) -> Outcome:
    """Ask PyPI's database for holes in what is locked.

    `--strict` is what makes it fail where the database cannot be reached: without it, it prints
    that no vulnerability is known.
    """
    version = version_of("pip-audit")
    canary = work / f"{CANARY}.txt"
    canary.write_text(f"{BAD_PACKAGE}\n")
    options: list[object] = [program, "--strict", "--disable-pip", "--no-deps", "--format", "json"]
    options += ["--progress-spinner", "off", "--timeout", _SECONDS]
    known_bad = run("pip-audit", [*options, "--requirement", canary])
    if not known_bad.stdout.strip():
        return Outcome("pip-audit", version, not_run=_reason_of(known_bad.stderr))
    if not any(each.get("vulns") for each in _packages(known_bad.stdout)):
        return Outcome(
            "pip-audit",
            version,
            not_run=f"the database that answers knows of no hole in {BAD_PACKAGE}: it has none",
        )
    ours = run("pip-audit", [*options, "--requirement", "requirements.lock"])
    if not ours.stdout.strip():
        return Outcome("pip-audit", version, not_run=_reason_of(ours.stderr))
    packages = _packages(ours.stdout)
    return Outcome(
        "pip-audit",
        version,
        passed=sum(not each.get("vulns") for each in packages),
        findings=[
            Finding("pip-audit", hole["id"], each["name"], hole["description"][:200])
            for each in packages
            for hole in each.get("vulns", ())
        ],
    )


def _packages(text: str) -> list[dict[str, Any]]:
    packages: list[dict[str, Any]] = json_of("pip-audit", text)["dependencies"]
    return packages


def _reason_of(stderr: str) -> str:
    lines = [line for line in stderr.strip().splitlines() if line.strip()]
    last = lines[-1].rpartition("_cli:")[2].strip() if lines else "it gave no reason"
    return f"its database could not be asked ({last[:120]})"
