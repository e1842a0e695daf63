"""Gives up every file, port and abstract socket by Landlock (landlock(7)). Knows no PDF."""

import ctypes
import errno
import os
from collections.abc import Iterable

from pdf_security_processor.kernel import system_call

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""Numbers of the system calls, the same on all architectures."""

_GIVE_VERSION = 1

_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""Version of the interface -> number of rights that it knows, from execute and write on: among
them to refer (2), to truncate (3) and to control devices (5)."""

_READ_FILE = 1 << 2

_RULE_PATH_BENEATH = 1

_NETWORK_VERSION = 4
_BIND_AND_CONNECT = 0b11

_SCOPE_VERSION = 6
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


class _RulesetAttributes(ctypes.Structure):
    """`struct landlock_ruleset_attr` of linux/landlock.h."""

    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneathAttributes(ctypes.Structure):
    """`struct landlock_path_beneath_attr` of linux/landlock.h."""

    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def version() -> int:
    """Return the version of the kernel's interface; 0 where it has none, or it is switched off."""
    try:
        return system_call(
            _CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_GIVE_VERSION)
        )
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM):
            return 0
        raise


def restrict_self(readable: Iterable[str]) -> int:
    """Give up all that the kernel's version knows of; no new privileges must be set already.

    Open descriptors stay as they are.

    Args:
        readable: files that can still be opened, for reading.

    Returns:
        The version; 0 where nothing was given up, for want of Landlock.

    Raises:
        OSError: the kernel has it, and refused.
    """
    found = version()
    if not found:
        return 0
    attributes = _RulesetAttributes(
        handled_access_fs=(1 << _known_file_rights(found)) - 1,
        handled_access_net=_BIND_AND_CONNECT if found >= _NETWORK_VERSION else 0,
        scoped=_ABSTRACT_SOCKETS_AND_SIGNALS if found >= _SCOPE_VERSION else 0,
    )
    ruleset = system_call(
        _CREATE_RULESET,
        ctypes.byref(attributes),
        ctypes.c_size_t(ctypes.sizeof(attributes)),
        ctypes.c_uint32(0),
    )
    for path in readable:
        _allow_reading(ruleset, path)
    system_call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)
    return found


def _allow_reading(ruleset: int, path: str) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _PathBeneathAttributes(allowed_access=_READ_FILE, parent_fd=descriptor)
        system_call(
            _ADD_RULE,
            ctypes.c_int(ruleset),
            ctypes.c_int(_RULE_PATH_BENEATH),
            ctypes.byref(rule),
            ctypes.c_uint32(0),
        )
    finally:
        os.close(descriptor)


def _known_file_rights(found: int) -> int:
    return max(rights for since, rights in _FILE_RIGHTS.items() if since <= found)
