"""How a finished file takes its name in an open folder, and how a job knows its own files again.

Knows no paths and no locations: every name is one of the folder's.
"""

import ctypes
import errno
import hashlib
import os
import stat
import uuid
from contextlib import suppress

NAME_BYTES = 255
"""Longest name of a file on Linux's file systems."""

_JOB_ATTRIBUTE = "user.pdfsecurity.job"
"""Extended attribute with the UID of the job that put a file."""

_NO_HARD_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)

_NO_SUCH_RENAME = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)

_RENAME_NOREPLACE = 1
"""linux/fs.h; rename(2)."""

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def hidden_name_of(name: str, uid: str) -> str:
    """Make a name for a file while it is written: the job's, and no other attempt's."""
    return f"{_hidden_prefix(name, uid)}{uuid.uuid4()}.partial"


def remove_leftovers(name: str, uid: str, folder: int) -> None:
    """Remove what killed attempts of this job left; attempts of one job never overlap."""
    prefix = _hidden_prefix(name, uid)
    for entry in os.listdir(folder):
        if entry.startswith(prefix) and entry.endswith(".partial"):
            with suppress(FileNotFoundError):
                os.unlink(entry, dir_fd=folder)


def create(name: str, uid: str, folder: int) -> int:
    """Make a new file that carries the job's UID, where the file system can.

    Returns:
        Its descriptor, for writing.

    Raises:
        OSError: the system's; FileExistsError where the name is taken.
    """
    descriptor = os.open(name, _NEW_FILE, 0o640, dir_fd=folder)
    # Not every file system has extended attributes, or room for one: retries are the poorer for it.
    with suppress(OSError):
        os.setxattr(descriptor, _JOB_ATTRIBUTE, uid.encode())
    return descriptor


def is_own(name: str, uid: str, folder: int) -> bool | None:
    """Tell whether an earlier attempt of the job put a file; None where nothing can tell.

    Raises:
        FileNotFoundError: there is no such file.
    """
    descriptor = _opened(name, folder)
    if descriptor is None:
        return False
    try:
        return os.getxattr(descriptor, _JOB_ATTRIBUTE) == uid.encode()
    except OSError as error:
        return None if error.errno in (errno.EOPNOTSUPP, errno.ENOSYS) else False
    finally:
        os.close(descriptor)


def take_place(hidden: str, name: str, folder: int, uid: str, *, overwrite: bool) -> None:
    """Give a hidden file its name, in one step for every reader.

    Args:
        hidden: the finished file; may be left under this name too.
        name: the name that it takes.
        folder: descriptor of the folder of both.
        uid: UID of the job, whose own earlier file is replaced.
        overwrite: whether another's file is replaced.

    Raises:
        FileExistsError: the name is another's, and `overwrite` is false.
        OSError: the system's.
    """
    if not overwrite:
        try:
            _take_free_place(hidden, name, folder, uid)
        except FileExistsError:
            if _is_same(hidden, name, folder, uid):
                return
            if not is_own(name, uid, folder):
                raise
        else:
            return
    os.rename(hidden, name, src_dir_fd=folder, dst_dir_fd=folder)


def _take_free_place(hidden: str, name: str, folder: int, uid: str) -> None:
    try:
        os.link(hidden, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
    else:
        return
    # Without hard links: SMB, most of FUSE.
    try:
        _rename_to_free_name(hidden, name, folder)
    except OSError as error:
        if error.errno not in _NO_SUCH_RENAME:
            raise
    else:
        return
    # A reader may see the reservation for an instant, and so may everybody if this process dies in
    # that instant; the job's next attempt knows it by its attribute.
    os.close(create(name, uid, folder))
    try:
        os.rename(hidden, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(name, dir_fd=folder)
        raise


def _rename_to_free_name(hidden: str, name: str, folder: int) -> None:
    # Python has no renameat2; glibc has since 2.28.
    libc = ctypes.CDLL(None, use_errno=True)
    source, target = os.fsencode(hidden), os.fsencode(name)
    if libc.renameat2(folder, source, folder, target, _RENAME_NOREPLACE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _is_same(hidden: str, name: str, folder: int, uid: str) -> bool:
    """Tell whether the file is in place already: over NFS the answer to a link can be lost.

    Where nothing tells whose a file is, one of the same content is as good as this job's own.
    """
    ours = os.stat(hidden, dir_fd=folder, follow_symlinks=False)
    there = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino):
        return True
    if ours.st_size != there.st_size or is_own(name, uid, folder) is not None:
        return False
    return _digest(hidden, folder) == _digest(name, folder)


def _digest(name: str, folder: int) -> bytes | None:
    descriptor = _opened(name, folder)
    if descriptor is None:
        return None
    with open(descriptor, "rb") as file:  # noqa: PTH123  (a descriptor has no path)
        return hashlib.file_digest(file, "sha256").digest()


def _opened(name: str, folder: int) -> int | None:
    """Open a regular file for reading; nothing where it is none, or not to be read."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=folder)
    except FileNotFoundError:
        raise
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


def _hidden_prefix(name: str, uid: str) -> str:
    end = f".{uid}."
    room = NAME_BYTES - len(end) - len(str(uuid.UUID(int=0))) - len(".partial") - 1
    return f".{os.fsencode(name)[:room].decode(errors='ignore')}{end}"
