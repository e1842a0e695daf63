"""Runs programs of the host and turns their failures into errors. Knows no program's meaning."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from cluster.errors import CommandFailedError

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
"""Set on many build machines, and never able to reach a cluster on this one."""


def run(
    arguments: Sequence[str | Path],
    *,
    next_step: str,
    input: str | None = None,  # noqa: A002 - subprocess's own name for it
    seconds: float = 120,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a program to its end; return what it printed."""
    shown = " ".join(map(str, arguments))
    try:
        done = subprocess.run(
            list(map(str, arguments)),
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            env=environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError as problem:
        raise CommandFailedError(f"{arguments[0]} is not there", next_step) from problem
    except subprocess.TimeoutExpired as problem:
        raise CommandFailedError(
            f"`{shown}` did not end within {seconds:.0f} s", next_step
        ) from problem
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise CommandFailedError(f"`{shown}` ended with {done.returncode}: {said}", next_step)
    return done.stdout


def without_proxies() -> dict[str, str]:
    """Return the environment less what would send calls to the cluster elsewhere."""
    return {name: value for name, value in os.environ.items() if name.upper() not in PROXIES}
