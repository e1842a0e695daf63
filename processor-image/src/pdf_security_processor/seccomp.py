"""The system calls that a sealed worker may make: a seccomp filter, built here and installed.

`build_filter` gives plain numbers; only `install_filter` talks to the kernel. Knows no PDF.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pdf_security_processor.kernel import prctl

Instruction = tuple[int, int, int, int]
"""`struct sock_filter` of linux/filter.h: code, jump if true, jump if false, operand."""

# linux/prctl.h and linux/seccomp.h; seccomp(2).
_PR_SET_SECCOMP = 22
_MODE_FILTER = 2
KILL_PROCESS = 0x80000000
ALLOW = 0x7FFF0000
_ERRNO = 0x00050000

# linux/bpf_common.h.
_LOAD = 0x20
_IF_EQUAL = 0x15
_IF_AT_LEAST = 0x35
_IF_ANY_BIT = 0x45
_RETURN = 0x06

# Offsets in `struct seccomp_data`, of which x86-64 has the lower half of an argument first.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16

_X86_64 = 0xC000003E
"""AUDIT_ARCH_X86_64 of linux/audit.h."""

_X32 = 0x40000000
"""First number of the x32 interface, which passes for x86-64: seccomp(2), `Notes`."""

# O_PATH opens anything at all, without reading it.
_NOT_READING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_TMPFILE | os.O_PATH

_PROT_EXEC = 0x4
_MAP_SHARED = 0x1
_ITIMER_PROF = 2
_AT_EMPTY_PATH = 0x1000
_TERMINAL = 0x5401
"""`TCGETS`: how a C library asks whether something is a terminal."""


@dataclass(frozen=True)
class Only:
    """A call is allowed where half of an argument is as it says.

    Attributes:
        half: its place, from 0: that of the lower half of argument n is 2n.
        values: any of these; empty: any at all.
        without: bits that it may not have.
        with_bits: bits of which it must have one.
    """

    half: int
    values: tuple[int, ...] = ()
    without: int = 0
    with_bits: int = 0


ALLOWED = {
    "read": 0,
    "write": 1,
    "close": 3,
    "fstat": 5,
    "poll": 7,
    "lseek": 8,
    "mmap": 9,
    "mprotect": 10,
    "munmap": 11,
    "brk": 12,
    "rt_sigaction": 13,
    "rt_sigprocmask": 14,
    "rt_sigreturn": 15,
    "ioctl": 16,
    "pread64": 17,
    "pwrite64": 18,
    "readv": 19,
    "writev": 20,
    "sched_yield": 24,
    "mremap": 25,
    "madvise": 28,
    "nanosleep": 35,
    "setitimer": 38,
    "getpid": 39,
    "exit": 60,
    "fcntl": 72,
    "ftruncate": 77,
    "gettimeofday": 96,
    "getrusage": 98,
    "times": 100,
    "sigaltstack": 131,
    "gettid": 186,
    "time": 201,
    "futex": 202,
    "restart_syscall": 219,
    "clock_gettime": 228,
    "clock_getres": 229,
    "clock_nanosleep": 230,
    "exit_group": 231,
    "tgkill": 234,
    "openat": 257,
    "newfstatat": 262,
    "prlimit64": 302,
    "getrandom": 318,
}
"""What a sound worker calls, some with conditions: numbers on x86-64, of asm/unistd_64.h."""

FATAL = {
    "socket": 41,
    "connect": 42,
    "accept": 43,
    "sendto": 44,
    "bind": 49,
    "listen": 50,
    "socketpair": 53,
    "execve": 59,
    "kill": 62,
    "ptrace": 101,
    "personality": 135,
    "pivot_root": 155,
    "chroot": 161,
    "mount": 165,
    "umount2": 166,
    "init_module": 175,
    "tkill": 200,
    "kexec_load": 246,
    "add_key": 248,
    "request_key": 249,
    "keyctl": 250,
    "unshare": 272,
    "perf_event_open": 298,
    "open_by_handle_at": 304,
    "setns": 308,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "finit_module": 313,
    "seccomp": 317,
    "memfd_create": 319,
    "bpf": 321,
    "execveat": 322,
    "userfaultfd": 323,
    "pidfd_send_signal": 424,
    "io_uring_setup": 425,
    "pidfd_open": 434,
    "pidfd_getfd": 438,
}
"""What no sound worker calls: who does is killed by SIGSYS, and the broker says so."""


def build_filter(own_pid: int) -> list[Instruction]:
    """Build the filter of a process.

    What is neither allowed nor fatal fails with EPERM, as it does where a container's profile
    refuses it: libraries try things, and go on without.

    Args:
        own_pid: the only process that it may send a signal to, as `abort(3)` does.
    """
    rules: dict[str, Sequence[Only]] = {
        # No memory becomes code after the seal, nor is any shared: RLIMIT_DATA does not count that.
        "mmap": [Only(4, without=_PROT_EXEC), Only(6, without=_MAP_SHARED)],
        "mprotect": [Only(4, without=_PROT_EXEC)],
        # `fstat(3)` is this call with an empty path. Whoever gives another one learns whether it is
        # there, and how large: what a filter cannot see, and Landlock does not restrict.
        "newfstatat": [Only(6, with_bits=_AT_EMPTY_PATH)],
        # For reading only; what, is Landlock's to say.
        "openat": [Only(4, without=_NOT_READING)],
        "ioctl": [Only(2, values=(_TERMINAL,))],
        # F_GETFD and F_GETFL.
        "fcntl": [Only(2, values=(1, 3))],
        # Of processor time only: others would send signals while it waits.
        "setitimer": [Only(0, values=(_ITIMER_PROF,))],
        "tgkill": [Only(0, values=(own_pid,))],
        # Asking for a bound of its own, and only asking: the pointer to a new one is null.
        "prlimit64": [
            Only(0, values=(0, own_pid)),
            *(Only(half, values=(0,)) for half in (1, 4, 5)),
        ],
    }
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 1, 0, _X86_64),
        (_RETURN, 0, 0, KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
        (_IF_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, KILL_PROCESS),
    ]
    for name, number in ALLOWED.items():
        answer = [*_checks(rules.get(name, ())), (_RETURN, 0, 0, ALLOW)]
        program += [(_IF_EQUAL, 0, len(answer), number), *answer]
    for number in FATAL.values():
        program += [(_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, KILL_PROCESS)]
    return [*program, (_RETURN, 0, 0, _ERRNO | errno.EPERM)]


def install_filter(program: Sequence[Instruction]) -> None:
    """Put a filter on this thread, for good; no new privileges must be set already.

    Raises:
        OSError: the kernel has no seccomp filters, or refused this one.
    """
    packed = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    instructions = ctypes.create_string_buffer(packed, len(packed))
    # `struct sock_fprog`: a count, and a pointer behind its padding.
    header = struct.pack("@HP", len(program), ctypes.addressof(instructions))
    prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.create_string_buffer(header, len(header)))


def is_supported() -> bool:
    """Tell whether filters are written for this machine's system calls."""
    return platform.machine() == "x86_64"


def _checks(rules: Iterable[Only]) -> list[Instruction]:
    """Build what returns EPERM unless all rules hold."""
    refuse = (_RETURN, 0, 0, _ERRNO | errno.EPERM)
    program: list[Instruction] = []
    for rule in rules:
        program.append((_LOAD, 0, 0, _ARGUMENTS + 4 * rule.half))
        if rule.without:
            program += [(_IF_ANY_BIT, 0, 1, rule.without), refuse]
        if rule.with_bits:
            program += [(_IF_ANY_BIT, 1, 0, rule.with_bits), refuse]
        if rule.values:
            # Past the refusal from wherever the value is found.
            left = len(rule.values)
            for place, value in enumerate(rule.values):
                program.append((_IF_EQUAL, left - place, 0, value))
            program.append(refuse)
    return program
