"""Signs documents as people do, with keys made for the tests. No assertions."""

from __future__ import annotations

import io
from functools import cache

from asn1crypto import keys, x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko_certvalidator.registry import SimpleCertificateStore

from processor.certificates import certified, der

SIGNER = "Zoe Signer"


@cache
def signer(name: str) -> SimpleSigner:
    """Give a signer with a key of its own, certified by nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = certified(key, name)
    private = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return SimpleSigner(
        signing_cert=x509.Certificate.load(der(certificate)),
        signing_key=keys.PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )


def certificate(name: str = SIGNER) -> bytes:
    """Give the certificate of a signer."""
    found = signer(name).signing_cert
    return bytes(found.dump()) if found else b""


def signed(data: bytes, field: str = "Approval", password: str = "") -> bytes:
    """Sign a document in a field of its own."""
    writer = _writer(data, password)
    metadata = PdfSignatureMetadata(field_name=field)
    return bytes(sign_pdf(writer, metadata, signer=signer(SIGNER)).getbuffer())


def changed_after(data: bytes, password: str = "") -> bytes:
    """Append another content for the first page, as an editor saves."""
    writer = _writer(data, password)
    page = writer.root["/Pages"]["/Kids"][0]
    contents = page["/Contents"]
    contents._data = b"BT /F1 12 Tf 10 10 Td (another sum) Tj ET"
    contents._encoded_data = None
    writer.update_container(contents)
    target = io.BytesIO()
    writer.write(target)  # type: ignore[no-untyped-call]
    return target.getvalue()


def _writer(data: bytes, password: str) -> IncrementalPdfFileWriter:
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    if password:
        writer.encrypt(password)  # type: ignore[no-untyped-call]
    return writer
