"""The locker: one sealed process that encrypts one document for recipients, or by AES-GCM.

It has the worker's output as a descriptor, which is untrusted, and holds passwords while it parses
it, as the worker does where that encrypts.
"""

from __future__ import annotations

from typing import IO, Any

from asn1crypto import x509
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.crypt.api import SecurityHandlerVersion
from pyhanko.pdf_utils.crypt.permissions import PubKeyPermissions, StandardPermissions
from pyhanko.pdf_utils.misc import PdfWriteError
from pyhanko.pdf_utils.reader import PdfFileReader

from pdf_security_processor.contract import Permissions
from pdf_security_processor.encryption.answer import Answer
from pdf_security_processor.encryption.copying import copied, run
from pdf_security_processor.encryption.permissions import flags_of


def locked(order: dict[str, Any], file: IO[bytes], target: IO[bytes]) -> Answer:
    """Write a document anew, encrypted, with a code for its integrity (ISO/TS 32004).

    Args:
        order: `recipients`, or `owner` and `user` password; `permissions`; whether by `gcm`.
        file: the document.
        target: an empty file.

    Raises:
        Exception: whatever a document has in place of what is expected.
    """
    writer = copied(PdfFileReader(file))
    permissions = Permissions.model_validate(order["permissions"])
    if order["recipients"]:
        try:
            writer.encrypt_pubkey(
                [_certificate_of(each) for each in order["recipients"]],
                version=_version(gcm=order["gcm"]),
                perms=flags_of(permissions, PubKeyPermissions),
            )
        except (PdfWriteError, ValueError, NotImplementedError):
            return Answer(problem="certificateUnusable")
    else:
        writer.output_version = (2, 0)
        writer.encrypt(  # type: ignore[no-untyped-call]
            order["owner"],
            order["user"],
            use_gcm=order["gcm"],
            perms=flags_of(permissions, StandardPermissions),
        )
    writer.write(target)  # type: ignore[no-untyped-call]
    return Answer()


def _certificate_of(text: str) -> x509.Certificate:
    certificate: x509.Certificate = next(iter(load_certs_from_pemder_data(text.encode())))
    return certificate


def _version(*, gcm: bool) -> SecurityHandlerVersion:
    return SecurityHandlerVersion.AES_GCM if gcm else SecurityHandlerVersion.AES256


if __name__ == "__main__":
    run(locked)
