"""Encrypts documents as qpdf cannot: for recipients, and by AES-GCM. No assertions."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

from asn1crypto import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import Certificate
from pyhanko.pdf_utils.crypt.api import SecurityHandlerVersion
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter, copy_into_new_writer

from pdf_security_processor.encryption.answer import Answer
from pdf_security_processor.encryption.copying import made
from pdf_security_processor.encryption.unlocker import unlocked
from processor import documents
from processor.certificates import certified, der

RSA, ELLIPTIC, STRANGER = "rsa", "elliptic", "stranger"

_PEM = serialization.Encoding.PEM


@cache
def _pair(name: str) -> tuple[Any, Certificate]:
    key: Any = (
        ec.generate_private_key(ec.SECP256R1())
        if name == ELLIPTIC
        else rsa.generate_private_key(65537, 2048)
    )
    more = ("key_agreement",) if name == ELLIPTIC else ()
    return key, certified(key, name, "key_encipherment", *more)


def pem(name: str, passphrase: bytes = b"") -> str:
    """Give private key and certificate of a recipient."""
    key, certificate = _pair(name)
    protection = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    private = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, protection)
    return str((private + certificate.public_bytes(_PEM)).decode())


def certificate(name: str) -> str:
    """Give the certificate of a recipient."""
    return str(_pair(name)[1].public_bytes(_PEM).decode())


def opened(data: bytes, name: str = "", password: str = "") -> Answer:
    """Open a document with a recipient's key, or a password."""
    order = {"password": password, "key": pem(name) if name else "", "repair": False}
    return made(unlocked, order, io.BytesIO(data), io.BytesIO())


def for_recipients(*names: str, data: bytes = b"", **options: Any) -> bytes:
    """Encrypt a document for recipients."""
    encoded = [der(_pair(name)[1]) for name in names]
    writer = _writer(data)
    writer.encrypt_pubkey([x509.Certificate.load(each) for each in encoded], **options)
    return _written(writer)


def by_gcm(password: str, data: bytes = b"") -> bytes:
    """Encrypt a document by AES-GCM, with a code for its integrity."""
    writer = _writer(data)
    writer.encrypt("owner", password, use_gcm=True)  # type: ignore[no-untyped-call]
    return _written(writer)


def all_kinds() -> list[bytes]:
    """Give a document in each of the encryptions, for `RSA` or with the password "reader"."""
    older = SecurityHandlerVersion.RC4_OR_AES128
    return [
        for_recipients(RSA),
        for_recipients(ELLIPTIC, RSA, pdf_mac=False),
        for_recipients(RSA, version=older, use_aes=True),
        for_recipients(RSA, version=older, use_aes=False),
        for_recipients(RSA, version=SecurityHandlerVersion.AES_GCM),
        by_gcm("reader"),
    ]


def _writer(data: bytes) -> PdfFileWriter:
    return copy_into_new_writer(PdfFileReader(io.BytesIO(data or documents.plain(2, "Locked"))))


def _written(writer: PdfFileWriter) -> bytes:
    # It would name itself the producer, which is not looked for here.
    writer._update_meta = lambda: None  # type: ignore[method-assign]
    target = io.BytesIO()
    writer.write(target)  # type: ignore[no-untyped-call]
    return target.getvalue()
