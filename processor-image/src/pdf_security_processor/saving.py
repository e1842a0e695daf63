"""Saves a worked-on document once, and reads it back. Knows no operation."""

from __future__ import annotations

import errno
import io
import os
from typing import TYPE_CHECKING, BinaryIO

import pikepdf
from pikepdf import Pdf

from pdf_security_processor import limits
from pdf_security_processor.errors import (
    LimitExceededError,
    OutputDamagedError,
    ScratchFullError,
)
from pdf_security_processor.opening import judged_warnings
from pdf_security_processor.operations.document import Document
from pdf_security_processor.reading import InputFile, input_file

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_BUFFER_BYTES = 1024**2

_UNICODE_REVISION = 5
"""First revision of the standard security handler whose passwords are UTF-8."""


def save_document(document: Document, output: int, *, repair: bool) -> int:
    """Save, then open what was saved as a reader would.

    Args:
        document: with all operations done.
        output: descriptor of an empty file, readable and writable.
        repair: whether damage found in streams while saving is accepted.

    Returns:
        Number of pages in the output.

    Raises:
        ScratchFullError, LimitExceededError: no room, or more bytes than the output may have.
        InputDamagedError: a part that is only read when saving was damaged.
        OutputDamagedError: the output does not open, or has another number of pages.
        MemoryError: it may not have opened for want of memory.
    """
    pages = len(document.pdf.pages)
    with io.FileIO(output, "r+", closefd=False) as file:
        _save(document, file)
        document.reader_warnings.extend(judged_warnings(document.pdf, repair=repair))
    with input_file(output, os.fstat(output).st_size) as saved:
        _read_back(document, saved, pages)
    return pages


class _Remembering(io.RawIOBase):
    """Writes to a file until that fails, then remembers the error and swallows the rest.

    An error that reaches qpdf while it destroys its pipeline ends the process by std::terminate,
    and so without a word of the reason.
    """

    def __init__(self, file: io.FileIO) -> None:
        super().__init__()
        self._file = file
        self.error: OSError | None = None

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def write(self, data: ReadableBuffer) -> int:
        view = memoryview(data)
        if self.error is None:
            try:
                return self._file.write(view) or 0
            except OSError as error:
                self.error = error
        return view.nbytes


def saved_bytes(document: Document) -> bytes:
    """Save a document into memory."""
    target = io.BytesIO()
    _write(document, target)
    return target.getvalue()


def _save(document: Document, file: io.FileIO) -> None:
    remembering = _Remembering(file)
    with io.BufferedWriter(remembering, _BUFFER_BYTES) as target:
        _write(document, target)
    if remembering.error:
        raise _translated(remembering.error)


def _write(document: Document, target: BinaryIO) -> None:
    # qpdf writes the number of objects only where the trailer had one, which it has not when it
    # was rebuilt without any. The value is qpdf's own.
    if pikepdf.Name.Size not in document.pdf.trailer:
        document.pdf.trailer.Size = 0
    with limits.structure_limits_lifted():
        document.pdf.save(
            target,
            encryption=document.encryption or False,
            linearize=document.linearize,
            # The same input and job give the same bytes. qpdf cannot with encryption, whose keys
            # and salts are random anyhow.
            deterministic_id=document.encryption is None,
            object_stream_mode=pikepdf.ObjectStreamMode.generate
            if document.is_rebuilt
            else pikepdf.ObjectStreamMode.preserve,
        )


def _translated(error: OSError) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ScratchFullError("The scratch volume is full; raise the class's scratch size.")
    if error.errno == errno.EFBIG:
        return LimitExceededError(
            "The output is larger than outputBytes allows; raise the class's limit."
        )
    return error


def _read_back(document: Document, file: InputFile, pages: int) -> None:
    password = _owner_password(document.encryption)
    try:
        with Pdf.open(file, password=password, attempt_recovery=False) as output:
            found, encrypted = len(output.pages), output.is_encrypted
    except pikepdf.PikepdfError:
        if limits.memory_was_short():
            raise MemoryError from None
        raise OutputDamagedError("The output does not open again; nothing was put.") from None
    if found != pages or encrypted != (document.encryption is not None):
        raise OutputDamagedError(
            f"The output has {found} pages where {pages} were expected, or the wrong protection; "
            "nothing was put."
        )


def _owner_password(encryption: pikepdf.Encryption | None) -> bytes:
    """Encode as the revision has it (7.6.4.3.2 and 7.6.4.3.3); pikepdf takes a str for UTF-8."""
    if encryption is None:
        return b""
    return encryption.owner.encode("pdfdoc" if encryption.R < _UNICODE_REVISION else "utf-8")
