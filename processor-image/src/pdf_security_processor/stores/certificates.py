"""Whose certificates are trusted: a class's, or the system's. Makes no connection."""

import ssl
from contextlib import suppress
from pathlib import Path

from pdf_security_processor.errors import CertificateRefusedError

_SYSTEM_CERTIFICATES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
)
"""Where distributions keep the certificates that the system trusts."""


def system_certificates() -> Path | None:
    """Find the system's list; the environment is not asked."""
    return next((file for file in _SYSTEM_CERTIFICATES if file.exists()), None)


def trusting(bundle: str | None, origin: str) -> ssl.SSLContext:
    """Make a context for TLS 1.2 and later that verifies a server's certificate and its name.

    Args:
        bundle: PEM certificates that the server's must chain to; the system's where there is none.
        origin: for the error.

    Raises:
        CertificateRefusedError: the bundle holds no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # On by default up to Python 3.11.2: a connection that is cut would pass for one that ended.
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    context.hostname_checks_common_name = False
    if bundle is None:
        if system := system_certificates():
            context.load_verify_locations(cafile=system)
        return context
    # As a string, ssl takes ASCII only, comments included.
    with suppress(ssl.SSLError, ValueError):
        context.load_verify_locations(cadata=bundle.encode("ascii", "replace").decode())
    if not context.cert_store_stats()["x509"]:
        raise CertificateRefusedError(
            f"The CA bundle for {origin} holds no certificate in PEM form; correct it in the class."
        )
    return context
