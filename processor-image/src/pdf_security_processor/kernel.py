"""What the kernel and the C library are asked that Python has no call for. Decides nothing.

A package for five calls would be one more thing to trust.
"""

import ctypes
import mmap
import os

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long
_LIBC.mmap.restype = ctypes.c_void_p

_MAP_FAILED = ctypes.c_void_p(-1).value
"""mmap(2)."""

# malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3


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


def map_for_reading(descriptor: int, size: int) -> int:
    """Map a file, privately and for reading only; return the address. It is never given back.

    Python's own maps duplicate the descriptor, and give no address of what cannot be written.

    Raises:
        OSError: the kernel refused, as it does an empty file.
    """
    address = _LIBC.mmap(
        None, ctypes.c_size_t(size), mmap.PROT_READ, mmap.MAP_PRIVATE, descriptor, ctypes.c_long(0)
    )
    if address in (None, _MAP_FAILED):
        raise _error("mmap")
    return int(address)


def keep_freed_memory(largest: int, kept: int) -> None:
    """Let the allocator use again what was freed, instead of having the kernel map it anew.

    Each page that is new costs a fault, some microseconds: a stream of a megabyte, read, freed and
    read again, costs as much by its faults as by its decryption. mallopt(3); without it (no glibc)
    all is as before.

    Args:
        largest: bytes of the largest block that is kept.
        kept: bytes that are kept at most.
    """
    mallopt = getattr(_LIBC, "mallopt", None)
    if mallopt:
        mallopt(_M_MMAP_THRESHOLD, largest)
        mallopt(_M_TRIM_THRESHOLD, kept)


def _error(what: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{what}: {os.strerror(number)}")
