"""The seal against a worker that was taken over, with each layer and without it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from images.build import REPOSITORY
from pdf_security_processor import seccomp
from processor.seal_probe import ATTEMPTS, DONE, KILLED, REFUSED

HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")


@pytest.fixture(scope="module")
def seen() -> dict[str, dict[str, str]]:
    """Try everything once."""
    if os.geteuid() != 0:
        pytest.fail("becoming another user needs root: run the tests as root")
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}/tests:{REPOSITORY}/tools"}
    command = [sys.executable, "-m", "processor.seal_probe"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_sealed_worker_does_not_succeed(seen: dict[str, dict[str, str]], attempt: str) -> None:
    """Would break: a document that takes over its parser reaches what is not its own."""
    tries = seen[attempt]
    layers = ATTEMPTS[attempt][1]
    assert tries[""] in (KILLED, REFUSED)
    # What fails with nothing in its way would prove nothing.
    assert tries["+".join(layers)] == DONE
    # And where several layers stand in the way, each does alone.
    alone = {removed: outcome for removed, outcome in tries.items() if removed != "+".join(layers)}
    assert len(alone) == (1 + len(layers) if len(layers) > 1 else 1)
    assert DONE not in alone.values()


@pytest.mark.skipif(not HEADER.exists(), reason="the kernel's header is not installed")
def test_numbers_are_the_kernels() -> None:
    """Would break: another system call is allowed than the one that was meant."""
    found = dict(re.findall(r"#define __NR_(\w+) (\d+)", HEADER.read_text()))
    given = seccomp.ALLOWED | seccomp.FATAL
    assert given == {name: int(found[name]) for name in given}


def test_a_filter_is_within_the_kernels_bound() -> None:
    """Would break: the kernel refuses the filter, and no worker starts."""
    program = seccomp.build_filter(os.getpid())
    assert 100 < len(program) < 4096
    assert all(0 <= jump < 256 for _, true, false, _ in program for jump in (true, false))
