"""What the kernel is asked that Python has no call for. Decides nothing.

A package for three calls would be one more thing to trust.
"""

import ctypes
import os

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long


def prctl(option: int, argument: int, pointer: object = None) -> None:
    """Change something of this process, as its manual page has it.

    Raises:
        OSError: the kernel refused.
    """
    if _LIBC.prctl(option, ctypes.c_ulong(argument), pointer, 0, 0):
        raise _error(f"prctl({option})")


def system_call(number: int, *arguments: object) -> int:
    """Make a system call that libc has no function for; return what it returned.

    Raises:
        OSError: the kernel refused.
    """
    result: int = _LIBC.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        raise _error(f"system call {number}")
    return result


def _error(what: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{what}: {os.strerror(number)}")
