"""The reader of signatures: one sealed process for one document, which it has only as a descriptor.

Never opens a path or a socket. What it says is untrusted: it has parsed an untrusted document.
"""

import io
import os
import sys
from argparse import Namespace
from itertools import islice
from typing import IO, Any

from pyhanko.pdf_utils.generic import DictionaryObject
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from pdf_security_processor.answering import answer
from pdf_security_processor.contract.report import (
    SIGNATURES_LIMIT,
    Changes,
    Coverage,
    Signature,
)
from pdf_security_processor.reading import input_file
from pdf_security_processor.secret_files import Password
from pdf_security_processor.signatures.answer import SIGNATURES
from pdf_security_processor.text import printable

MODULES = (
    "cryptography.hazmat.backends.openssl.backend",
    "lxml.etree",
    "pyhanko.pdf_utils.crypt._saslprep",
    "pyhanko.pdf_utils.filters",
)
"""What pyHanko imports when it is first needed."""

_COVERAGE: dict[SignatureCoverageLevel, Coverage] = {
    SignatureCoverageLevel.ENTIRE_FILE: "file",
    SignatureCoverageLevel.ENTIRE_REVISION: "revision",
    SignatureCoverageLevel.CONTIGUOUS_BLOCK_FROM_START: "part",
    SignatureCoverageLevel.UNCLEAR: "part",
}

_CHANGES: dict[ModificationLevel, Changes] = {
    ModificationLevel.NONE: "none",
    ModificationLevel.LTA_UPDATES: "signatures",
    ModificationLevel.FORM_FILLING: "fields",
    ModificationLevel.ANNOTATIONS: "annotations",
    ModificationLevel.OTHER: "other",
}


def signatures_of(file: IO[bytes] | io.RawIOBase, password: Password) -> list[Signature]:
    """Judge each signature of a document.

    Args:
        file: the document.
        password: that opens it; an empty one where none is needed.

    Raises:
        PdfReadError: pyHanko does not read the document.
    """
    reader = PdfFileReader(file, strict=False)
    if reader.encrypted:
        reader.decrypt(password.reveal())
    fields = islice(enumerate_sig_fields(reader, filled_status=True), SIGNATURES_LIMIT)
    return [_judged(reader, name, reference.get_object()) for name, _, reference in fields]


def _judged(reader: PdfFileReader, name: str, field: DictionaryObject) -> Signature:
    shown = printable(name, 128)
    try:
        signature = EmbeddedPdfSignature(reader, field, name)
        if signature.sig_object_type != "/Sig":
            return Signature(field=shown, problem="a time stamp of the document; not judged")
        return _signature_of(signature, shown)
    except Exception as error:
        # Whatever a document holds in place of a signature. The text may quote it.
        return Signature(field=shown, problem=f"cannot be judged ({type(error).__name__})")


def _signature_of(signature: EmbeddedPdfSignature, field: str) -> Signature:
    signature.compute_integrity_info()  # type: ignore[no-untyped-call]
    digest = signature.external_digests[signature.external_md_algorithm]
    certificate = signature.signer_cert
    is_whole, is_valid = validate_sig_integrity(signature.signer_info, certificate, "data", digest)
    difference = signature.diff_result
    level = (
        difference.modification_level
        if isinstance(difference, DiffResult)
        else ModificationLevel.OTHER
    )
    coverage = _COVERAGE[signature.evaluate_signature_coverage()]
    signed_at = signature.self_reported_timestamp
    return Signature(
        field=field,
        signer=printable(certificate.subject.human_friendly, 256),
        claimed_time=signed_at.isoformat()[:40] if signed_at else None,
        digest_algorithm=printable(signature.md_algorithm, 32),
        holds=is_whole and is_valid and coverage != "part",
        covers=coverage,
        changes_since="none" if coverage == "file" else _CHANGES[level],
    )


def _answer(order: dict[str, Any], given: Namespace) -> bytes:
    with input_file(given.input, os.fstat(given.input).st_size) as file:
        found = signatures_of(file, Password(order["password"]))
    return SIGNATURES.dump_json(found, by_alias=True, exclude_none=True)


if __name__ == "__main__":
    try:
        answer(sys.argv[1:], MODULES, _answer)
        status = 0
    except PdfReadError:
        status = 1
    # Without the interpreter's teardown, as the worker ends.
    os._exit(status)
