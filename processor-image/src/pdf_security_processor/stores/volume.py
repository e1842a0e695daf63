"""Files below a mounted folder: claims and ConfigMaps. No part of a path leaves the folder.

Knows no PDF and no S3. Every step is taken relative to an open folder and refuses symbolic links,
so that nobody who writes to the same volume can lead a step elsewhere between check and use.
"""

import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, NoReturn

from pdf_security_processor.contract import FileLocation
from pdf_security_processor.errors import (
    AccessDeniedError,
    InputChangedError,
    InputNotFoundError,
    OutputExistsError,
    OutputFullError,
    OutputNotFoundError,
    PathRefusedError,
    StorageUnavailableError,
    StoreError,
)
from pdf_security_processor.scratch import write_all
from pdf_security_processor.stores.placing import (
    NAME_BYTES,
    create,
    hidden_name_of,
    is_own,
    remove_leftovers,
    take_place,
)

_CHUNK_BYTES = 1024**2

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def open_file(location: FileLocation) -> Iterator[Iterator[bytes]]:
    """Open a regular file below the location's root and give its content in pieces.

    Raises:
        PathRefusedError: the path is not plain, or meets a symbolic link or a special file.
        InputNotFoundError: there is no such file, or the root is not mounted.
        AccessDeniedError: not readable.
        InputChangedError: somebody wrote to it while it was read.
        StorageUnavailableError: the volume fails.
    """
    *folders, name = path_components(location.path)
    with ExitStack() as stack:
        with _input_errors(location):
            root = _open_root(location.root, InputNotFoundError, stack)
            folder = _descend(root, folders, location, stack)
            # Not blocking: a named pipe would wait for its writer before its type can be seen.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(name, flags, dir_fd=folder)
            stack.callback(os.close, descriptor)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise PathRefusedError(f"{location.path!r} is not a regular file.")
        yield _chunks(descriptor, location)


def refuse_existing_file(location: FileLocation, uid: str) -> None:
    """Make sure, early, that no other's output is there. `put_file` does again when it counts.

    Where the file system cannot tell whose a file is, only `put_file` can: it compares contents.

    Args:
        location: where the output goes.
        uid: UID of the job.

    Raises:
        OutputExistsError: there is one, and no earlier attempt of this job put it.
        OutputNotFoundError: the root is not mounted.
        PathRefusedError, AccessDeniedError: as for `put_file`.
    """
    *folders, name = path_components(location.path)
    with ExitStack() as stack, _output_errors(location):
        folder = _open_root(location.root, OutputNotFoundError, stack)
        try:
            folder = _descend(folder, folders, location, stack)
            own = is_own(name, uid, folder)
        except FileNotFoundError:
            return
        if own is False:
            raise _exists(location)


def put_file(location: FileLocation, content: IO[bytes], uid: str, *, overwrite: bool) -> None:
    """Put a file in place, whole or not at all.

    It is written under a hidden name in the folder that it goes to, and then linked (which fails
    where a file exists) or renamed (which replaces it): both are one step for every reader.

    Args:
        location: missing folders of the path are made.
        content: read from its position to its end.
        uid: UID of the job; what an earlier attempt of it put is replaced.
        overwrite: whether another's file is replaced.

    Raises:
        OutputExistsError: another's file is there, and `overwrite` is false.
        OutputFullError: no room.
        OutputNotFoundError: the root is not mounted.
        PathRefusedError: the path is not plain, or meets a symbolic link.
        AccessDeniedError: not writable.
        StorageUnavailableError: the volume fails.
    """
    *folders, name = path_components(location.path)
    hidden = hidden_name_of(name, uid)
    with ExitStack() as stack, _output_errors(location):
        folder = _open_root(location.root, OutputNotFoundError, stack)
        folder = _descend(folder, folders, location, stack, make=True)
        remove_leftovers(name, uid, folder)
        _refuse_special(name, folder, location)
        try:
            with open(create(hidden, uid, folder), "wb", buffering=0) as file:  # noqa: PTH123
                _write(content, file)
            take_place(hidden, name, folder, uid, overwrite=overwrite)
        except FileExistsError:
            raise _exists(location) from None
        finally:
            with suppress(FileNotFoundError):
                os.unlink(hidden, dir_fd=folder)
        os.fsync(folder)


def path_components(path: str) -> list[str]:
    """Split a path into its names.

    Raises:
        PathRefusedError: absolute, an empty name, `.` or `..`, a null character, or a name longer
            than file systems take.
    """
    names = path.split("/")
    for name in names:
        if name in ("", ".", ".."):
            raise PathRefusedError(
                f"The path {path!r} must be relative, of names separated by single slashes, "
                "without '.' and '..'."
            )
        try:
            encoded = os.fsencode(name)
        except UnicodeEncodeError:
            encoded = b"\0"
        if b"\0" in encoded or len(encoded) > NAME_BYTES:
            raise PathRefusedError(
                f"The path {path!r} has a name that no file can have: at most {NAME_BYTES} bytes."
            )
    return names


def _open_root(root: str, missing: type[StoreError], stack: ExitStack) -> int:
    try:
        # The root is the operator's mount, not the user's text: a link in it is the system's.
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        raise missing(
            f"Nothing is mounted at {root}; check the claim that the job names."
        ) from None
    stack.callback(os.close, descriptor)
    return descriptor


def _descend(
    folder: int,
    names: list[str],
    location: FileLocation,
    stack: ExitStack,
    *,
    make: bool = False,
) -> int:
    for name in names:
        if make:
            with suppress(FileExistsError):
                os.mkdir(name, 0o750, dir_fd=folder)
                os.fsync(folder)
        try:
            folder = os.open(name, _FOLDER_FLAGS, dir_fd=folder)
        except NotADirectoryError:
            raise PathRefusedError(
                f"{name!r} in {location.path!r} is not a folder (symbolic links are not followed)."
            ) from None
        stack.callback(os.close, folder)
    return folder


def _refuse_special(name: str, folder: int, location: FileLocation) -> None:
    with suppress(FileNotFoundError):
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        if not stat.S_ISREG(mode):
            raise PathRefusedError(f"{location.path!r} exists and is not a regular file.")


def _write(content: IO[bytes], file: io.FileIO) -> None:
    while chunk := content.read(_CHUNK_BYTES):
        write_all(file, chunk)
    os.fsync(file.fileno())


def _chunks(descriptor: int, location: FileLocation) -> Iterator[bytes]:
    with _input_errors(location):
        before = _version(descriptor)
    while True:
        with _input_errors(location):
            chunk = os.read(descriptor, _CHUNK_BYTES)
            changed = not chunk and _version(descriptor) != before
        if changed:
            raise InputChangedError(
                f"{location.path!r} was written to while it was read; it is tried again."
            )
        if not chunk:
            return
        yield chunk


def _version(descriptor: int) -> tuple[int, int, int]:
    status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _exists(location: FileLocation) -> OutputExistsError:
    return OutputExistsError(
        f"{location.path!r} exists already; remove it, choose another path, or set overwrite."
    )


@contextmanager
def _input_errors(location: FileLocation) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise InputNotFoundError(
            f"There is no file {location.path!r} in the input volume; check the path."
        ) from None
    except OSError as error:
        _refuse(error, location, "read")


@contextmanager
def _output_errors(location: FileLocation) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise OutputFullError(
                f"The output volume has no room for {location.path!r}; enlarge the claim."
            ) from None
        _refuse(error, location, "written")


def _refuse(error: OSError, location: FileLocation, what: str) -> NoReturn:
    if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR, errno.ENAMETOOLONG):
        raise PathRefusedError(
            f"{location.path!r} is not a regular file (symbolic links are not followed)."
        ) from None
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        raise AccessDeniedError(
            f"{location.path!r} cannot be {what}: {os.strerror(error.errno)}; check the volume's "
            "permissions and fsGroup."
        ) from None
    raise StorageUnavailableError(
        f"The volume failed at {location.path!r}: {os.strerror(error.errno or 0)}."
    ) from None
