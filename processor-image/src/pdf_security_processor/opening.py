"""Opens one untrusted document, and draws the line between harmless oddities and damage.

The line: without `repair`, nothing of the document may be guessed or lost. qpdf opens with recovery
off, every object is read, and any warning fails the document but those listed as harmless: they
concern what qpdf reads without a guess. With `repair`, what qpdf mends is reported. What pages draw
is copied and not judged: a content stream that no reader can draw passes as it is, but where
`sanitize` writes anew what it can read of it.
"""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import pikepdf
from pikepdf import Integer, Pdf, Stream

from pdf_security_processor import limits
from pdf_security_processor.decoding.budget import Budget
from pdf_security_processor.decoding.proof import prove
from pdf_security_processor.errors import (
    DocumentError,
    InputDamagedError,
    LimitExceededError,
    NotAPdfError,
    PasswordRequiredError,
    UnsupportedEncryptionError,
    WrongPasswordError,
)
from pdf_security_processor.reading import InputFile
from pdf_security_processor.saslprep import prepare_password
from pdf_security_processor.secret_files import Password
from pdf_security_processor.text import printable

_HEADER_BYTES = 1024
"""Where a reader looks for `%PDF-` (ISO 32000-1, annex H, implementation note 13)."""

_HARMLESS = (
    "input stream is complete but output may still be valid",
    "invalid /ID in trailer dictionary",
    "MediaBox is undefined; setting to letter",
    "Resources is missing or invalid; repairing",
    "/Type key should be /Pages but is not; overriding",
    "is direct; converting to indirect",
    "appears more than once in the pages tree; creating a new page object as a copy",
    "extraneous whitespace seen before xref",
    "accepting invalid xref table entry",
    "reported number of objects",
    "object has offset 0 - a common error handled correctly",
    "stream keyword followed by carriage return only",
    "name with stray # will not work",
    "empty object treated as null",
)
"""qpdf's warnings about what it reads whole all the same.

Not among them: a key given twice, which readers resolve differently, so that what was checked need
not be what is shown.
"""

_LIMIT = "memory limit exceeded"
"""What qpdf says of a stream that exceeds `limits.STRUCTURE_BYTES`; it has no exception for it."""

_UNSUPPORTED = ("unsupported encryption filter", "Unsupported /R or /V")
"""How qpdf says that it knows no such security handler; it has no exception of its own for it."""

_WARNING_CHARACTERS = 300


@dataclass(frozen=True)
class Opened:
    """An open document.

    Attributes:
        pdf: in explicit conversion mode.
        warnings: what qpdf said of it, fit for a report.
    """

    pdf: Pdf
    warnings: list[str]


def open_document(
    file: InputFile, password: Password | None, *, repair: bool, proves: bool = True
) -> Opened:
    """Open the document and read every object of it.

    Args:
        file: the whole document.
        password: the one that was given; the empty one is tried when none was.
        repair: whether damage is mended.
        proves: whether each stream is proven within bounds; not where that follows anyhow.

    Raises:
        LimitExceededError: it has more pages or objects, or decodes to more, than an honest one.
        NotAPdfError: no header.
        WrongPasswordError, PasswordRequiredError: the given, or the empty, password does not open.
        UnsupportedEncryptionError: no handler for it in qpdf, such as public-key encryption.
        InputDamagedError: see the line that this module draws.
    """
    check_header(file)
    check_size(file)
    candidates = password_candidates(password.reveal() if password else "")
    for candidate in candidates:
        try:
            pdf = _open(file, candidate, repair=repair)
        except pikepdf.PasswordError:
            continue
        except pikepdf.PikepdfError as error:
            if limits.memory_was_short():
                raise MemoryError from error
            raise _translated(error, repair=repair) from error
        return Opened(pdf, read_all(pdf, repair=repair, proves=proves))
    if password is None:
        raise PasswordRequiredError(
            "The document is encrypted and the empty password does not open it; add a decrypt "
            "operation with passwordSecretRef."
        )
    raise WrongPasswordError(
        "The password of the decrypt operation does not open the document; check the Secret's key."
    )


def open_without_password(file: InputFile) -> Pdf | None:
    """Open an encrypted document for what stands in it unencrypted; nothing where that fails.

    qpdf takes a key in place of a password and does not check it, which leaves the structure
    readable, but for what is in object streams.
    """
    file.seek(0)
    try:
        return Pdf.open(
            file,
            password="00" * 32,
            hex_password=True,
            attempt_recovery=False,
            inherit_page_attributes=False,
            conversion_mode="explicit",
        )
    except pikepdf.PikepdfError:
        return None


def check_header(file: InputFile) -> None:
    """Make sure that the file calls itself a PDF.

    Raises:
        NotAPdfError: no `%PDF-` where readers look for it.
    """
    file.seek(0)
    if b"%PDF-" not in file.read(_HEADER_BYTES):
        raise NotAPdfError(
            "The input is not a PDF: it has no %PDF- header in its first 1024 bytes; check the key "
            "or path."
        )
    file.seek(0)


def check_size(file: InputFile) -> None:
    """Refuse a document whose own word is that it has too many objects, before they take memory.

    Its word is not relied on: what qpdf found is looked at when it is open.

    Raises:
        LimitExceededError: it says so.
    """
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - _HEADER_BYTES))
    start = re.search(rb"startxref\s+(\d{1,15})\s", file.read())
    if start:
        file.seek(min(int(start[1]), end))
        # Before a table the trailer is far away; the number of its entries stands first.
        said = re.search(rb"(?:/Size|xref\s+0)\s+(\d{1,15})", file.read(_HEADER_BYTES))
        if said:
            _check_count(int(said[1]), limits.OBJECTS, "objects")
    file.seek(0)


def read_all(pdf: Pdf, *, repair: bool, proves: bool) -> list[str]:
    """Read every object, and judge what qpdf said while it did.

    Returns:
        The warnings, fit for a report.

    Raises:
        InputDamagedError: without `repair`, a warning that is not known as harmless.
        LimitExceededError: see `open_document`.
    """
    _check_count(objects_of(pdf), limits.OBJECTS, "objects")
    streams = [item for item in pdf.objects if isinstance(item, Stream)]
    warnings = judged_warnings(pdf, repair=repair)
    _check_count(len(pdf.pages), limits.PAGES, "pages")
    if proves:
        budget = Budget()
        for stream in streams:
            prove(stream, budget, has_length=not repair)
    return warnings


def objects_of(pdf: Pdf) -> int:
    """Tell how many objects there are to read, without reading any."""
    size = pdf.trailer.get("/Size")
    return size.as_int() if isinstance(size, Integer) else 0


def _check_count(count: int, bound: int, what: str) -> None:
    if count > bound:
        raise LimitExceededError(
            f"The document has {count} {what}, more than {bound}; split it into smaller ones."
        )


def judged_warnings(pdf: Pdf, *, repair: bool) -> list[str]:
    """Take the warnings that qpdf gave since the last time.

    Raises:
        InputDamagedError: without `repair`, one that is not known as harmless.
        LimitExceededError: one that says that a bound was met.
        MemoryError: one that may have come of too little memory.
    """
    warnings = [_readable(warning) for warning in pdf.get_warnings()]
    if any(_LIMIT in text for text in warnings):
        raise LimitExceededError(
            "A stream that holds other objects decodes to more than "
            f"{limits.STRUCTURE_BYTES} bytes; it is most likely made to exhaust its readers."
        )
    damage = [text for text in warnings if not any(mark in text for mark in _HARMLESS)]
    if damage and limits.memory_was_short():
        # With `repair` too: what did not fit into memory is lost, not mended.
        raise MemoryError
    if damage and not repair:
        raise _damaged(damage[0])
    return warnings


def password_candidates(password: str) -> list[bytes]:
    """List the byte forms that a password may have been used in, likeliest first.

    Revision 6 takes UTF-8, prepared by SASLprep where the writer cared; older revisions take
    PDFDocEncoding (ISO 32000-2, 7.6.4.3.2 and 7.6.4.3.3), and some writers used Latin-1.
    """
    encoders: tuple[Callable[[], bytes], ...] = (
        password.encode,
        lambda: prepare_password(password).encode(),
        lambda: password.encode("pdfdoc"),
        lambda: password.encode("latin-1"),
    )
    forms: list[bytes] = []
    for encode in encoders:
        with suppress(ValueError):
            forms.append(encode())
    return list(dict.fromkeys(forms))


def _open(file: InputFile, password: bytes, *, repair: bool) -> Pdf:
    file.seek(0)
    return Pdf.open(file, password=password, attempt_recovery=repair, conversion_mode="explicit")


def _translated(error: pikepdf.PikepdfError, *, repair: bool) -> DocumentError:
    text = _readable(str(error))
    if any(mark in text for mark in _UNSUPPORTED):
        return UnsupportedEncryptionError(
            "The document is encrypted for recipients, or by a handler newer than revision 6; add "
            "a decrypt operation with recipientKeySecretRef, or with the password."
        )
    if repair:
        return InputDamagedError(f"The document is damaged beyond repair: {text}.")
    return _damaged(text)


def _damaged(text: str) -> InputDamagedError:
    return InputDamagedError(
        f"The document is damaged: {text}. Add a repair operation to accept what can be mended."
    )


def _readable(text: str) -> str:
    """Take off the name that pikepdf gives to a stream, which is an address in memory."""
    if text.startswith("stream <"):
        text = text.partition(">")[2].lstrip(":, ")
    return printable(text, _WARNING_CHARACTERS)
