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
from processor.seal_attempts import ATTEMPTS
from processor.seal_probe import DONE, KILLED, REFUSED, Seen, fault_of

HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")


@pytest.fixture(scope="module")
def seen() -> Seen:
    """Try everything once."""
    if os.geteuid() != 0:
        pytest.fail("becoming another user needs root: run the tests as root")
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}/tests:{REPOSITORY}/tools"}
    command = [sys.executable, "-m", "processor.seal_probe", "--json"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_sealed_worker_does_not_succeed(seen: Seen, attempt: str) -> None:
    """Would break: a document that takes over its parser reaches what is not its own."""
    assert fault_of(attempt, seen[attempt]) == ""


def test_a_fault_of_the_seal_is_told() -> None:
    """An attempt that succeeds, or that nothing had to stop, would pass for one that is held."""
    held = {"": KILLED, "seccomp": REFUSED, "landlock": REFUSED, "seccomp+landlock": DONE}
    assert fault_of("connect", held) == ""
    assert fault_of("connect", {**held, "": DONE}) == "not stopped"
    assert fault_of("connect", {**held, "seccomp": DONE}) == "not stopped without seccomp"
    assert "proves nothing" in fault_of("connect", {**held, "seccomp+landlock": REFUSED})
    assert fault_of("connect", {"seccomp+landlock": DONE}) == "not stopped"


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
