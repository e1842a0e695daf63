"""The folder of one document on the pod's tmpfs: made, and always removed.

Never holds the files of two documents.
"""

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pdf_security_processor.errors import AccessDeniedError, ScratchFullError
from pdf_security_processor.termination import sigterm_deferred


@contextmanager
def document_folder(scratch: Path, uid: str) -> Iterator[Path]:
    """Make the folder of one document, and remove it however the block ends.

    Its name holds the job's UID, this process's id and a random UUID: no two attempts at any
    document, in one pod or in several that share a volume by mistake, ever meet.

    Args:
        scratch: the pod's tmpfs.
        uid: UID of the job.

    Raises:
        ScratchFullError: no room, or no inode, for the folder.
        AccessDeniedError: the scratch path is not there or not writable.
    """
    folder = scratch / f"{uid}-{os.getpid()}-{uuid.uuid4()}"
    with scratch_errors(scratch):
        folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        # A SIGTERM in the middle of the removal would leave the rest of the folder behind.
        with sigterm_deferred():
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def document_files(
    folder: Path, *, has_output: bool
) -> Iterator[tuple[IO[bytes], int, IO[bytes] | None]]:
    """Make the files of one document, unbuffered: `input`, and `output` where there will be one.

    Yields:
        The input, to be written; a descriptor of it that is readable only; the output.

    Raises:
        ScratchFullError, AccessDeniedError: see `scratch_errors`.
    """
    with scratch_errors(folder.parent):
        # Unbuffered: what did not fit would be tried again, and fail again, on closing.
        source = (folder / "input").open("xb", buffering=0)
    with source:
        readable = os.open(folder / "input", os.O_RDONLY | os.O_CLOEXEC)
        output: IO[bytes] | None = None
        try:
            if has_output:
                with scratch_errors(folder.parent):
                    output = (folder / "output").open("x+b", buffering=0)
            yield source, readable, output
        finally:
            os.close(readable)
            if output:
                output.close()


@contextmanager
def scratch_errors(scratch: Path) -> Iterator[None]:
    """Translate what writing to the scratch volume may meet.

    Raises:
        ScratchFullError: ENOSPC or EDQUOT.
        AccessDeniedError: anything else that the system refuses.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ScratchFullError(
                "The scratch volume is full; raise the class's scratch size, or split the document."
            ) from error
        raise AccessDeniedError(
            f"The scratch volume {scratch} cannot be written: {os.strerror(error.errno or 0)}."
        ) from error


def write_all(file: IO[bytes], content: bytes) -> None:
    """Write all of it to an unbuffered file, which may take less than it is given at a time."""
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]
