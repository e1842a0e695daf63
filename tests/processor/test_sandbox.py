"""What a sealed process may not do any more, asked of the kernel."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

_PROBE = """
import json, os, resource, sys
from pdf_security_processor import sandbox
from pdf_security_processor.contract import Limits
if user := int(sys.argv[2]):
    os.setgroups([]); os.setresgid(user, user, user); os.setresuid(user, user, user)
extra = os.open("/dev/null", os.O_RDONLY)
kept = os.open("/dev/null", os.O_RDONLY)
limits = Limits(worker_memory_bytes=10**8, worker_seconds=7, output_bytes=12345)
def status():
    lines = open("/proc/self/status").read().splitlines()
    return dict(line.split(":\\t", 1) for line in lines)
sandbox.seal(limits, {0, 1, 2, kept}, int(sys.argv[1]) or os.getppid())
def open_(fd):
    try: os.fstat(fd); return True
    except OSError: return False
def fork():
    try: pid = os.fork()
    except OSError: return False
    if pid == 0: os._exit(0)
    os.waitpid(pid, 0); return True
def memory():
    try: bytearray(2 * 10**8); return True
    except MemoryError: return False
print(json.dumps({
    "no_new_privileges": status()["NoNewPrivs"],
    "dumpable_owner": os.stat("/proc/self/environ").st_uid,
    "extra": open_(extra), "kept": open_(kept), "low": [open_(n) for n in range(3)],
    "fork": fork(), "memory": memory(),
    "limits": {name: resource.getrlimit(getattr(resource, "RLIMIT_" + name))
               for name in ("CORE", "DATA", "CPU", "FSIZE", "NOFILE", "NPROC")},
}))
"""

NOBODY = 65534


def _probe(broker: int = 0, user: int = 0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-c", _PROBE, str(broker), str(user)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_sealed() -> None:
    """A document that took over its parser could gain privileges, trace, fork or exhaust."""
    done = _probe()
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["no_new_privileges"] == "1"
    assert (seen["extra"], seen["kept"], seen["low"]) == (False, True, [True] * 3)
    assert seen["memory"] is False
    assert seen["limits"] == {
        "CORE": [0, 0],
        "DATA": [10**8, 10**8],
        "CPU": [12, 12],
        "FSIZE": [12345, 12345],
        "NOFILE": [32, 32],
        "NPROC": [0, 0],
    }


def test_sealed_without_privileges() -> None:
    """The container's user could fork, or read the worker's memory from another process."""
    if os.geteuid() != 0:
        pytest.fail("becoming another user needs root: run the tests as root")
    done = _probe(user=NOBODY)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["fork"] is False
    assert seen["dumpable_owner"] == 0, "the process is still dumpable"


def test_orphan_does_not_start() -> None:
    """A worker whose broker died early would never be ended."""
    done = _probe(broker=1)
    assert done.returncode != 0
    assert "ProcessLookupError" in done.stderr
