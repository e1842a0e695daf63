"""Keys made for the tests, each certified by nobody else. No assertions."""

from __future__ import annotations

import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

USES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def certified(key: Any, name: str, *uses: str) -> x509.Certificate:
    """Certify a private key, for a day.

    Args:
        key: of any kind that can sign.
        name: of the subject.
        uses: of `USES`; where there are none, nothing is said of uses.
    """
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
    )
    if uses:
        usage = x509.KeyUsage(**{each: each in uses for each in USES})
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(key, hashes.SHA256())


def der(certificate: x509.Certificate) -> bytes:
    """Give a certificate's bytes."""
    return certificate.public_bytes(serialization.Encoding.DER)
