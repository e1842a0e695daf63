"""Attached PDF documents that stay: each is sanitized as the one is that holds it, and so on."""

from __future__ import annotations

import io
from collections.abc import Callable

from pikepdf import PikepdfError, Stream

from pdf_security_processor import limits
from pdf_security_processor.decoding.budget import Budget
from pdf_security_processor.decoding.proof import prove
from pdf_security_processor.errors import (
    DocumentError,
    DocumentSignedError,
    InputDamagedError,
    LimitExceededError,
    NotAPdfError,
    PasswordRequiredError,
)
from pdf_security_processor.opening import objects_of, open_document
from pdf_security_processor.operations.document import Document
from pdf_security_processor.operations.inspect import inspection_of
from pdf_security_processor.operations.signed import settle_signatures
from pdf_security_processor.rebuild.attached_files import attached_files, file_name
from pdf_security_processor.saving import saved_bytes
from pdf_security_processor.text import printable

FILES = 256
"""Of a document, and of all that are attached to it, that are looked at."""

LEVELS = 4
"""Of documents that are attached to attached ones."""

_NAME_CHARACTERS = 64


class Attachments:
    """The attached documents of one, and of those attached to them, as far as they stay."""

    def __init__(self, sanitize: Callable[[Document], None], dots_an_inch: int) -> None:
        self._sanitize = sanitize
        self._dots_an_inch = dots_an_inch
        self._left = FILES
        self._level = 0
        # Each is held whole, and read by qpdf within its own bound.
        self._budget = Budget(stream=limits.STRUCTURE_BYTES)

    def sanitized(self, document: Document) -> dict[str, bytes]:
        """Sanitize what is attached to a document, and report of it in the document's own report.

        What is no PDF, damaged, encrypted, or more than an honest one, does not stay.

        Returns:
            Data by name, of those that stay.

        Raises:
            DocumentSignedError: one is signed, and nobody said that it may be changed.
        """
        kept: dict[str, bytes] = {}
        for file in attached_files(document.pdf):
            bound = self._bound_met()
            if bound:
                document.warnings.append(f"sanitize: attached files are removed: {bound}")
                break
            self._left -= 1
            shown = printable(file.name, _NAME_CHARACTERS) or "without a name"
            try:
                attached, data = self._made_of(file.stream, document)
            except DocumentSignedError as error:
                raise DocumentSignedError(f"Attached {shown}: {error.message}") from None
            except (DocumentError, LimitExceededError) as error:
                # What others say of an input is not for what is attached to one.
                why = "not a PDF" if isinstance(error, NotAPdfError) else error.message
                document.warnings.append(f"sanitize: attached {shown} is removed: {why}")
            else:
                document.absorb(attached, shown)
                kept[_free_name(file_name(file.name), kept)] = data
        return kept

    def _bound_met(self) -> str | None:
        if self._level == LEVELS:
            return f"they are attached more than {LEVELS} levels deep"
        return None if self._left else f"the document has more than {FILES} attached files"

    def _made_of(self, stream: Stream, holder: Document) -> tuple[Document, bytes]:
        try:
            return self._sanitized(stream, holder)
        except (PikepdfError, RecursionError, UnicodeDecodeError) as error:
            if limits.memory_was_short():
                raise MemoryError from error
            # The texts of these may quote the document.
            raise InputDamagedError(
                f"Its structure cannot be worked on ({type(error).__name__})."
            ) from None

    def _sanitized(self, stream: Stream, holder: Document) -> tuple[Document, bytes]:
        prove(stream, self._budget)
        file = io.BytesIO(stream.read_bytes())
        opened = open_document(file, None, repair=holder.repair, proves=False)
        with opened.pdf as pdf:
            if pdf.is_encrypted:
                raise PasswordRequiredError("The document is encrypted.")
            pages, objects = len(pdf.pages), objects_of(pdf)
            holder.more_time(limits.pages_seconds(pages, objects, self._dots_an_inch))
            attached = holder.attached(pdf, inspection_of(pdf))
            attached.reader_warnings.extend(opened.warnings)
            settle_signatures(attached)
            self._level += 1
            try:
                self._sanitize(attached)
            finally:
                self._level -= 1
            return attached, saved_bytes(attached)


def _free_name(name: str, taken: dict[str, bytes]) -> str:
    """Give a name that no other has: some file systems do not tell capitals from small letters."""
    folded = {each.casefold() for each in taken}
    stem, ending = name[:-4], name[-4:]
    number, free = 1, name
    while free.casefold() in folded:
        number += 1
        free = f"{stem}-{number}{ending}"
    return free
