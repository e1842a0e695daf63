"""`inspect`: what the document is and contains. Changes nothing."""

import pikepdf
from pikepdf import Dictionary, Name, Pdf

from pdf_security_processor.contract import Encryption, Inspection, Operation
from pdf_security_processor.findings import survey
from pdf_security_processor.form_fields import fields_of, form_of
from pdf_security_processor.operations.document import Document
from pdf_security_processor.text import printable
from pdf_security_processor.walk import all_places

_FIRST_AES_256_VERSION = 5
_CRYPT_FILTER_VERSION = 4


def inspect(document: Document, operation: Operation) -> None:
    """Count active content; the other facts are taken of every document as it is opened."""
    counted = survey(all_places(document.pdf))
    facts = document.inspection or inspection_of(document.pdf)
    document.inspection = facts.model_copy(
        update={"active_content": dict(sorted(counted.kinds.items()))}
    )


def inspection_of(pdf: Pdf) -> Inspection:
    """Take the facts that need no full walk.

    Raises:
        LimitExceededError: more form fields than are counted.
    """
    fields = [is_signed for _, is_signed in fields_of(pdf)]
    return Inspection(
        pdf_version=printable(str(pdf.pdf_version), 16),
        pages=len(pdf.pages),
        linearized=is_linearized(pdf),
        encryption=encryption_of(pdf) if pdf.is_encrypted else None,
        signatures=sum(fields),
        form_fields=len(fields),
        has_xfa=Name.XFA in form_of(pdf),
        has_info=Name.Info in pdf.trailer,
        has_xmp=Name.Metadata in pdf.Root,
    )


def is_linearized(pdf: Pdf) -> bool:
    """Tell whether the document is laid out for fast web view."""
    try:
        return pdf.is_linearized
    except ValueError:
        # qpdf's, of a linearization dictionary with numbers that no file can have: it is none.
        return False


def encryption_of(pdf: Pdf, *, opened: bool = True) -> Encryption:
    """Tell how a document is encrypted (ISO 32000-2, tables 20 and 21).

    Args:
        pdf: encrypted.
        opened: whether a password opened it; otherwise only its encryption dictionary is to be
            trusted.
    """
    facts = pdf.encryption
    algorithm, bits = _algorithm(pdf)
    opened_with = "owner" if pdf.owner_password_matched else "user"
    return Encryption(
        algorithm=algorithm,
        revision=facts.R,
        key_bits=bits,
        opened_with=opened_with if opened else "none",
        permissions=_permissions(pdf.allow),
    )


def encryption_warnings(pdf: Pdf) -> list[str]:
    """Tell where a document's strings are protected otherwise than its streams."""
    if not pdf.is_encrypted:
        return []
    streams, strings = pdf.encryption.stream_method.name, pdf.encryption.string_method.name
    if streams == strings:
        return []
    return [f"encryption: streams have {streams}, strings have {strings}"]


def _algorithm(pdf: Pdf) -> tuple[str, int]:
    version, method = pdf.encryption.V, pdf.encryption.stream_method.name
    # The crypt filter Identity (7.6.6) leaves content as it is, whatever the version.
    if version >= _CRYPT_FILTER_VERSION and method == "none":
        return "Identity", 0
    if version >= _FIRST_AES_256_VERSION:
        return "AES-256", 256
    if version == _CRYPT_FILTER_VERSION:
        return ("AES-128" if method == "aes" else "RC4-128"), 128
    length = pdf.trailer.get(Name.Encrypt, Dictionary()).get(Name.Length)
    bits = int(length) if version > 1 and isinstance(length, pikepdf.Integer) else 40
    return f"RC4-{bits}", bits


def _permissions(allow: pikepdf.Permissions) -> dict[str, bool | str]:
    printing = "high" if allow.print_highres else "low" if allow.print_lowres else "none"
    return {
        "print": printing,
        "copy": allow.extract,
        "modify": allow.modify_other,
        "annotate": allow.modify_annotation,
        "fillForms": allow.modify_form,
        "assemble": allow.modify_assembly,
        "accessibility": allow.accessibility,
    }
