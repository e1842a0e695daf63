"""Files below a mounted folder: claims and ConfigMaps. No part of a path leaves the folder.

Knows no PDF and no S3. Every step is taken relative to an open folder and refuses symbolic links,
so that nobody who writes to the same volume can lead a step elsewhere between check and use.
"""

import errno
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, NoReturn

from pdf_security_processor.contract import FileLocation
from pdf_security_processor.errors import (
    AccessDeniedError,
    InputNotFoundError,
    OutputExistsError,
    OutputFullError,
    OutputNotFoundError,
    PathRefusedError,
    StorageUnavailableError,
    StoreError,
)

_CHUNK_BYTES = 1024**2

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

_NO_HARD_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)

_NAME_BYTES = 255
"""Longest name of a file on Linux's file systems."""


@contextmanager
def open_file(location: FileLocation) -> Iterator[Iterator[bytes]]:
    """Open a regular file below the location's root and give its content in pieces.

    Raises:
        PathRefusedError: the path is not plain, or meets a symbolic link or a special file.
        InputNotFoundError: there is no such file, or the root is not mounted.
        AccessDeniedError: not readable.
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


def refuse_existing_file(location: FileLocation) -> None:
    """Make sure, early, that no output is there. `put_file` makes sure again when it counts.

    Raises:
        OutputExistsError: there is one.
        OutputNotFoundError: the root is not mounted.
        PathRefusedError, AccessDeniedError: as for `put_file`.
    """
    *folders, name = path_components(location.path)
    with ExitStack() as stack, _output_errors(location):
        folder = _open_root(location.root, OutputNotFoundError, stack)
        try:
            folder = _descend(folder, folders, location, stack)
            os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return
        raise _exists(location)


def put_file(location: FileLocation, content: IO[bytes], uid: str, *, overwrite: bool) -> None:
    """Put a file in place, whole or not at all.

    It is written under a hidden name in the folder that it goes to, and then linked (which fails
    where a file exists) or renamed (which replaces it): both are one step for every reader.

    Args:
        location: missing folders of the path are made.
        content: read from its position to its end.
        uid: UID of the job, for the hidden name.
        overwrite: whether an existing file is replaced.

    Raises:
        OutputExistsError: a file is there, and `overwrite` is false.
        OutputFullError: no room.
        OutputNotFoundError: the root is not mounted.
        PathRefusedError: the path is not plain, or meets a symbolic link.
        AccessDeniedError: not writable.
        StorageUnavailableError: the volume fails.
    """
    *folders, name = path_components(location.path)
    hidden = _hidden_name(name, uid)
    with ExitStack() as stack, _output_errors(location):
        folder = _open_root(location.root, OutputNotFoundError, stack)
        folder = _descend(folder, folders, location, stack, make=True)
        _refuse_special(name, folder, location)
        try:
            _write(hidden, folder, content)
            _take_place(hidden, name, folder, location, overwrite=overwrite)
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
        if b"\0" in encoded or len(encoded) > _NAME_BYTES:
            raise PathRefusedError(
                f"The path {path!r} has a name that no file can have: at most {_NAME_BYTES} bytes."
            )
    return names


def _hidden_name(name: str, uid: str) -> str:
    suffix = f".{uid}.{uuid.uuid4()}.partial"
    room = _NAME_BYTES - len(suffix) - 1
    return f".{os.fsencode(name)[:room].decode(errors='ignore')}{suffix}"


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


def _write(hidden: str, folder: int, content: IO[bytes]) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(hidden, flags, 0o640, dir_fd=folder), "wb", buffering=0) as file:  # noqa: PTH123
        while chunk := content.read(_CHUNK_BYTES):
            view = memoryview(chunk)
            while view:
                view = view[file.write(view) :]
        os.fsync(file.fileno())


def _take_place(
    hidden: str, name: str, folder: int, location: FileLocation, *, overwrite: bool
) -> None:
    if overwrite:
        os.rename(hidden, name, src_dir_fd=folder, dst_dir_fd=folder)
        return
    try:
        os.link(hidden, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        raise _exists(location) from None
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        _take_place_by_reservation(hidden, name, folder, location)


def _take_place_by_reservation(hidden: str, name: str, folder: int, location: FileLocation) -> None:
    """Reserve the name with an empty file, then rename over it.

    For file systems without hard links (SMB, most of FUSE). A reader may see the file empty for an
    instant, and so may everybody if this process dies in that instant.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        os.close(os.open(name, flags, 0o640, dir_fd=folder))
    except FileExistsError:
        raise _exists(location) from None
    try:
        os.rename(hidden, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(name, dir_fd=folder)
        raise


def _chunks(descriptor: int, location: FileLocation) -> Iterator[bytes]:
    while True:
        with _input_errors(location):
            chunk = os.read(descriptor, _CHUNK_BYTES)
        if not chunk:
            return
        yield chunk


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
