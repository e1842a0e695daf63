"""Seals the worker's process: what it may not do any more, whatever a document makes it do.

Knows no PDF.
"""

import os
import resource
import signal
from collections.abc import Callable

from pdf_security_processor import landlock, seccomp
from pdf_security_processor.contract import Limits, Seal
from pdf_security_processor.kernel import prctl

# linux/prctl.h; prctl(2).
PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38

RANDOM = "/dev/urandom"
"""What qpdf opens anew for every random number: to write an encryption, and to check one of
revision 6."""

_OPEN_FILES = 32
"""Descriptors a worker may have: its four or five, and what the interpreter opens by itself."""

_PROCESSOR_SECONDS_SLACK = 5
"""The wall deadline is the broker's and comes first; this one is for a worker without a broker."""


def seal(
    limits: Limits,
    descriptors: set[int],
    broker: int,
    prepare: Callable[[], None],
) -> Seal:
    """Give up, for good, what parsing one document does not need.

    Args:
        limits: bounds of memory (bytes), processor time (seconds) and output (bytes).
        descriptors: all that stay open.
        broker: process id of the parent.
        prepare: called when nothing else is open any more, and files can still be opened.

    Returns:
        What holds from now on.

    Raises:
        OSError: the system refused; the worker must not go on.
        ProcessLookupError: the broker was gone before its death could be watched.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The signal is only sent for deaths after the call: prctl(2).
    if os.getppid() != broker:
        raise ProcessLookupError("the broker is gone")
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    # No core dump, and no ptrace or /proc/<pid>/mem by another process of the same user.
    prctl(_PR_SET_DUMPABLE, 0)
    _close_all_but(descriptors)
    prepare()
    _limit_resources(limits)
    version = landlock.restrict_self([RANDOM])
    filtered = seccomp.is_supported()
    if filtered:
        seccomp.install_filter(seccomp.build_filter(os.getpid()))
    return Seal(landlock=version, seccomp=filtered)


def allow_processor_time(seconds: float) -> None:
    """Have this process ended by SIGPROF after so much processor time more than it had before.

    The first time, after so much, counted from now.

    A bound for honest code, beneath the one that stands: whoever takes the process over can set it
    anew.
    """
    left, _ = signal.setitimer(signal.ITIMER_PROF, 0)
    signal.setitimer(signal.ITIMER_PROF, left + seconds)


def _limit_resources(limits: Limits) -> None:
    bounds = {
        resource.RLIMIT_CORE: 0,
        # Heap and private anonymous mappings (since Linux 4.7), which is what parsing takes. Not
        # RLIMIT_AS: that counts what the loader mapped of libraries and never touched.
        resource.RLIMIT_DATA: limits.worker_memory_bytes,
        resource.RLIMIT_CPU: limits.worker_seconds + _PROCESSOR_SECONDS_SLACK,
        resource.RLIMIT_FSIZE: limits.output_bytes,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
        # Compared with all processes of the user id, in this pod or another: any number but 0 would
        # depend on the neighbours. 0 means that this process makes no other.
        resource.RLIMIT_NPROC: 0,
    }
    for kind, bound in bounds.items():
        hard = resource.getrlimit(kind)[1]
        # An unprivileged process cannot raise a bound that the container runtime set lower.
        value = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        # SIGXCPU tells of the soft bound, and SIGKILL of nothing but itself at the hard one.
        soft = max(1, value - 1) if kind == resource.RLIMIT_CPU else value
        resource.setrlimit(kind, (soft, value))


def _close_all_but(descriptors: set[int]) -> None:
    low = 0
    for descriptor in sorted(descriptors):
        # closerange(0, 0) closes everything: it asks close_range(2) for 0 to -1.
        if low < descriptor:
            os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))
