"""The unlocker: one sealed process that writes one document anew without its encryption.

It has the document as a descriptor, and holds the recipient's key while it parses: whoever took it
over could use that key for this document's data only, and tell it to nobody.
"""

from __future__ import annotations

from typing import IO, Any, Literal

from asn1crypto import pem
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.crypt.api import (
    AuthResult,
    AuthStatus,
    PdfMacStatus,
    SecurityHandler,
)
from pyhanko.pdf_utils.crypt.pubkey import PubKeySecurityHandler, SimpleEnvelopeKeyDecrypter
from pyhanko.pdf_utils.crypt.standard import StandardSecurityHandler
from pyhanko.pdf_utils.misc import PdfReadError, PdfStrictReadError
from pyhanko.pdf_utils.reader import PdfFileReader

from pdf_security_processor.contract.report import Encryption
from pdf_security_processor.encryption.answer import Answer
from pdf_security_processor.encryption.copying import copied, run
from pdf_security_processor.encryption.permissions import permissions_of

_ALGORITHMS = {
    # Of a crypt filter: ISO 32000-2, table 25, and ISO/TS 32003.
    "/V2": ("RC4", 0),
    "/AESV2": ("AES-128", 128),
    "/AESV3": ("AES-256", 256),
    "/AESV4": ("AES-256-GCM", 256),
}


def unlocked(order: dict[str, Any], file: IO[bytes], target: IO[bytes]) -> Answer:
    """Write a document anew without its encryption; tell what it was, or why not.

    Args:
        order: `password` and `key`, either of which may be empty, and whether to `repair`.
        file: the document.
        target: an empty file.

    Raises:
        Exception: whatever a document has in place of what is expected.
    """
    try:
        reader = PdfFileReader(file, strict=not order["repair"])
        handler = reader.security_handler
    except PdfStrictReadError:
        raise
    except PdfReadError:
        return Answer(problem="unsupported")
    if handler is None:
        return Answer(problem="unsupported")
    is_for_recipients = isinstance(handler, PubKeySecurityHandler)
    if is_for_recipients:
        if not order["key"]:
            return Answer(problem="keyRequired")
        decrypter = _decrypter_of(order["key"].encode())
        if decrypter is None:
            return Answer(problem="keyUnusable")
        result = reader.decrypt_pubkey(decrypter)
    else:
        result = reader.decrypt(order["password"])
    if result.mac_status == PdfMacStatus.FAILED:
        return Answer(problem="integrity")
    if result.status == AuthStatus.FAILED:
        return Answer(problem="noRecipient" if is_for_recipients else "wrongPassword")
    copied(reader).write(target)  # type: ignore[no-untyped-call]
    return Answer(encryption=_encryption_of(handler, result))


def _decrypter_of(data: bytes) -> SimpleEnvelopeKeyDecrypter | None:
    """Take private key and certificate out of PEM, in whichever order; None where they are not."""
    try:
        blocks = [(kind, pem.armor(kind, der)) for kind, _, der in pem.unarmor(data, multiple=True)]
        key = next(block for kind, block in blocks if kind.endswith("PRIVATE KEY"))
        certificate = next(block for kind, block in blocks if kind == "CERTIFICATE")
        return SimpleEnvelopeKeyDecrypter(
            next(iter(load_certs_from_pemder_data(certificate))),
            load_private_key_from_pemder_data(key, passphrase=None),
        )
    except (ValueError, TypeError, StopIteration):
        return None


def _encryption_of(handler: SecurityHandler, result: AuthResult) -> Encryption:
    method = str(handler.get_stream_filter().method)
    algorithm, bits = _ALGORITHMS.get(method, (method[:24], 0))
    status: Literal["owner", "user"] = "owner" if result.status == AuthStatus.OWNER else "user"
    revision = handler.revision.value if isinstance(handler, StandardSecurityHandler) else 0
    return Encryption(
        algorithm=algorithm,
        revision=revision,
        key_bits=bits or 8 * handler.get_stream_filter().keylen,
        opened_with=status if revision else "recipient",
        permissions=permissions_of(result.permission_flags),
        authenticated=result.mac_status == PdfMacStatus.SUCCESSFUL,
    )


if __name__ == "__main__":
    run(unlocked)
