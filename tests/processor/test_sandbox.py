"""What a process is once it is sealed, seen from outside; `test_seal` has what it cannot do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pdf_security_processor.contract import Seal

_SEALED = """
import ctypes, os, sys
libc, told = ctypes.CDLL(None), []
from pdf_security_processor import sandbox
from pdf_security_processor.contract import Limits
user = int(sys.argv[2])
os.setgroups([]); os.setresgid(user, user, user); os.setresuid(user, user, user)
# Who changes its user is not dumpable any more; a pod's process never was another.
libc.prctl(4, 1, 0, 0, 0)
extra, kept = (os.open("/dev/null", os.O_RDONLY) for _ in range(2))
limits = Limits(worker_memory_bytes=10**8, worker_seconds=7, output_bytes=12345)
def get(option):
    # PR_GET_PDEATHSIG and PR_GET_DUMPABLE of linux/prctl.h.
    found = ctypes.c_int()
    given = libc.prctl(option, ctypes.byref(found) if option == 2 else 0, 0, 0, 0)
    return found.value if option == 2 else given
def prepare():
    told.extend((get(2), get(3)))
    # Nothing else is open any more, and files can still be opened.
    open("/dev/null").close()
    try: os.fstat(extra)
    except OSError: return
    os._exit(9)
broker = int(sys.argv[1]) or os.getppid()
seal = sandbox.seal(limits, {0, 1, 2, kept}, broker, prepare)
print(*told, seal.model_dump_json(), kept, flush=True)
sys.stdin.read()
"""

NOBODY = 65534


@contextmanager
def _sealed(broker: int = 0) -> Iterator[subprocess.Popen[str]]:
    if os.geteuid() != 0:
        pytest.fail("becoming another user needs root: run the tests as root")
    with subprocess.Popen(
        [sys.executable, "-I", "-c", _SEALED, str(broker), str(NOBODY)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.communicate(timeout=10)


def test_sealed() -> None:
    """A document that took over its parser could gain privileges, or be read by its neighbour."""
    with _sealed() as process:
        assert process.stdout
        signal_of_death, dumpable, told, kept = process.stdout.readline().split()
        place = Path(f"/proc/{process.pid}")
        status = dict(line.split(":\t", 1) for line in (place / "status").read_text().splitlines())
        descriptors = sorted(int(entry.name) for entry in (place / "fd").iterdir())
        limits = _limits_of(place)
        owner = (place / "environ").stat().st_uid
    seal = Seal.model_validate(json.loads(told))
    assert seal.seccomp
    assert seal.landlock > 0
    assert seal.missing == []
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert (owner, dumpable) == (0, "0"), "the process is still dumpable"
    assert signal_of_death == str(int(signal.SIGKILL)), "it may outlive its parent"
    assert descriptors == [0, 1, 2, int(kept)]
    assert limits == {
        "Max core file size": "0",
        "Max data size": "100000000",
        "Max cpu time": "12",
        "Max file size": "12345",
        "Max open files": "32",
        "Max processes": "0",
    }


def _limits_of(place: Path) -> dict[str, str]:
    """Read the hard bounds that the seal sets."""
    wanted = ("core file", "data", "cpu time", "file size", "open files", "processes")
    found = {}
    for line in (place / "limits").read_text().splitlines()[1:]:
        name, hard = line[:26].strip(), line[47:68].strip()
        if any(name.startswith(f"Max {each}") for each in wanted):
            found[name] = hard
    return found


def test_orphan_does_not_start() -> None:
    """A worker whose broker died early would never be ended."""
    with _sealed(broker=1) as process:
        _, told = process.communicate(timeout=10)
    assert process.returncode != 0
    assert "ProcessLookupError" in told
