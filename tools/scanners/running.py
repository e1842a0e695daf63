"""Runs a scanner's program and reads its JSON. Knows no scanner."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any

from images.build import REPOSITORY
from scanners.finding import ScannerError

LIMIT = 300.0
"""Seconds after which a scanner hangs; the slowest takes some twenty."""


def run(
    scanner: str, command: Sequence[object], *, codes: Sequence[int] = (0, 1)
) -> subprocess.CompletedProcess[str]:
    """Run a program in the repository.

    Raises:
        ScannerError: it ended with another code than one by which it says what it found.
    """
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=REPOSITORY,
            # No scanner asks home whether there is a newer one, or tells what it scanned.
            env={**os.environ, "SEMGREP_SEND_METRICS": "off", "BC_SKIP_MAPPING": "TRUE"},
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT,
        )
    except subprocess.TimeoutExpired as problem:
        raise ScannerError(scanner, f"took more than {LIMIT:.0f} s") from problem
    if done.returncode not in codes:
        tail = (done.stderr or done.stdout).strip()[-1000:]
        raise ScannerError(scanner, f"ended with {done.returncode}: {tail}")
    return done


def json_of(scanner: str, text: str) -> Any:
    """Parse what a scanner printed.

    Raises:
        ScannerError: it is no JSON.
    """
    try:
        return json.loads(text)
    except ValueError as problem:
        raise ScannerError(scanner, f"printed no JSON: {text.strip()[:300]!r}") from problem
