"""The filter of system calls, answer by answer: what the kernel would say to each call.

`test_seal` tries what matters on the kernel itself; here each line of the list counts, also where
another layer stands behind it.
"""

from __future__ import annotations

import errno
import mmap
import os
import struct

import pytest

from pdf_security_processor import seccomp

OWN, OTHER = 1000, 1001
X86_64, I386 = 0xC000003E, 0x40000003
ALLOWED, KILLED = seccomp.ALLOW, seccomp.KILL_PROCESS
REFUSED = 0x00050000 | errno.EPERM

PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
READ_WRITE = mmap.PROT_READ | mmap.PROT_WRITE


def _answer(number: int, *arguments: int, architecture: int = X86_64) -> int:
    """Run the filter as the kernel does (linux/filter.h, `struct seccomp_data`)."""
    padded = (*arguments, *(0,) * (6 - len(arguments)))
    data = struct.pack("=iIQ6Q", number, architecture, 0, *padded)
    program, place, accumulator = seccomp.build_filter(OWN), 0, 0
    while True:
        code, true, false, operand = program[place]
        place += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, operand)
        elif code == 0x06:
            return operand
        else:
            holds = {
                0x15: accumulator == operand,
                0x35: accumulator >= operand,
                0x45: bool(accumulator & operand),
            }[code]
            place += true if holds else false


@pytest.mark.parametrize(
    "name",
    [
        *("socket", "connect", "bind", "listen", "accept", "sendto", "socketpair"),
        *("execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev"),
        *("unshare", "setns", "mount", "umount2", "pivot_root", "chroot"),
        *("keyctl", "add_key", "request_key", "bpf", "perf_event_open", "userfaultfd"),
        *("io_uring_setup", "memfd_create", "seccomp", "personality", "open_by_handle_at"),
        *("kill", "tkill", "pidfd_open", "pidfd_getfd", "pidfd_send_signal"),
        *("init_module", "finit_module", "kexec_load"),
    ],
)
def test_what_no_sound_worker_calls_is_fatal(name: str) -> None:
    """One line less, and only what stands behind it is left."""
    assert _answer(seccomp.FATAL[name]) == KILLED
    assert name not in seccomp.ALLOWED


CALLS = {
    "read": (0, (3,), ALLOWED),
    "map-memory": (9, (0, 4096, READ_WRITE, PRIVATE), ALLOWED),
    "map-code": (9, (0, 4096, READ_WRITE | mmap.PROT_EXEC, PRIVATE), REFUSED),
    "map-shared": (9, (0, 4096, READ_WRITE, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS), REFUSED),
    "protect": (10, (0, 4096, mmap.PROT_READ), ALLOWED),
    "protect-as-code": (10, (0, 4096, mmap.PROT_READ | mmap.PROT_EXEC), REFUSED),
    "open-for-reading": (257, (0, 0, os.O_RDONLY | os.O_CLOEXEC), ALLOWED),
    "open-for-writing": (257, (0, 0, os.O_WRONLY), REFUSED),
    "open-for-both": (257, (0, 0, os.O_RDWR), REFUSED),
    "open-a-new-one": (257, (0, 0, os.O_RDONLY | os.O_CREAT), REFUSED),
    "open-and-cut": (257, (0, 0, os.O_RDONLY | os.O_TRUNC), REFUSED),
    "open-a-path": (257, (0, 0, os.O_PATH), REFUSED),
    "status-of-a-descriptor": (262, (3, 0, 0, 0x1000), ALLOWED),
    "status-of-a-path": (262, (3, 0, 0, 0), REFUSED),
    "is-it-a-terminal": (16, (1, 0x5401), ALLOWED),
    "write-to-a-terminal": (16, (1, 0x5412), REFUSED),
    "flags-of-a-descriptor": (72, (3, 3), ALLOWED),
    "copy-a-descriptor": (72, (3, 0), REFUSED),
    "abort": (234, (OWN, OWN, 6), ALLOWED),
    "abort-another": (234, (OTHER, OTHER, 9), REFUSED),
    "own-limits": (302, (0, 2, 0, 1), ALLOWED),
    "own-limits-changed": (302, (0, 2, 1, 0), REFUSED),
    "own-limits-changed-from-high-memory": (302, (0, 2, 1 << 32, 0), REFUSED),
    "others-limits": (302, (OTHER, 2, 0, 1), REFUSED),
    "timer-of-processor-time": (38, (2,), ALLOWED),
    "timer-of-time": (38, (0,), REFUSED),
    "clone": (56, (), REFUSED),
    "clone3": (435, (), REFUSED),
    "unknown": (9999, (), REFUSED),
    "x32": (0x40000000, (), KILLED),
}


@pytest.mark.parametrize(("number", "arguments", "expected"), CALLS.values(), ids=CALLS)
def test_a_call_is_answered(number: int, arguments: tuple[int, ...], expected: int) -> None:
    """A condition less, and a call does more than a sound worker ever asks of it."""
    assert _answer(number, *arguments) == expected


def test_another_architectures_calls_are_fatal() -> None:
    """By its other numbers, what is refused here would be something that is allowed."""
    assert _answer(0, architecture=I386) == KILLED
