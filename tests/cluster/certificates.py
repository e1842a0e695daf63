"""The test cluster's own certificate authority and what it signs. Never trusted elsewhere."""

from __future__ import annotations

import datetime
import ipaddress
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = datetime.timedelta(days=30)
"""A test cluster is not kept longer."""

SKEW = datetime.timedelta(hours=1)
"""Clocks of machines that share a cluster differ."""


class Authority:
    """Signs certificates and keeps all it made in one folder."""

    def __init__(self, folder: Path) -> None:
        """Load the authority in `folder`, or make one."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self.certificate_file = folder / "ca.crt"
        key_file = folder / "ca.key"
        if self.certificate_file.exists() and key_file.exists():
            key = serialization.load_pem_private_key(key_file.read_bytes(), None)
            if not isinstance(key, ec.EllipticCurvePrivateKey):
                raise TypeError(f"{key_file} holds a {type(key).__name__}, not ours")
            self._key = key
            self._certificate = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
        else:
            self._key = _new_key()
            self._certificate = _self_signed(self._key)
            write_private(key_file, _key_bytes(self._key))
            self.certificate_file.write_bytes(_certificate_bytes(self._certificate))

    def issue(
        self,
        name: str,
        *,
        common_name: str,
        organization: str | Sequence[str] = "",
        names: Sequence[str] = (),
        addresses: Sequence[str] = (),
    ) -> tuple[Path, Path]:
        """Sign a certificate for servers and clients; return its file and its key's.

        To the API server the common name is the user, each organization a group of it.
        """
        subject = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
        groups = [organization] if isinstance(organization, str) else organization
        subject += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, each) for each in groups if each]
        alternatives: list[x509.GeneralName] = [x509.DNSName(each) for each in names]
        alternatives += [x509.IPAddress(ipaddress.ip_address(each)) for each in addresses]
        key = _new_key()
        builder = _unsigned(x509.Name(subject), self._certificate.subject, key)
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
            critical=False,
        )
        if alternatives:
            builder = builder.add_extension(
                x509.SubjectAlternativeName(alternatives), critical=False
            )
        certificate_file, key_file = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        certificate = builder.sign(self._key, hashes.SHA256())
        certificate_file.write_bytes(_certificate_bytes(certificate))
        write_private(key_file, _key_bytes(key))
        return certificate_file, key_file

    def signing_key(self, name: str) -> tuple[Path, Path]:
        """Make a bare key pair, for service account tokens; return the public and the private."""
        key = _new_key()
        public_file, private_file = self._folder / f"{name}.pub", self._folder / f"{name}.key"
        public_file.write_bytes(
            key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
        write_private(private_file, _key_bytes(key))
        return public_file, private_file


def write_private(path: Path, content: bytes) -> None:
    """Write a secret so that at no moment another user can read it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _certificate_bytes(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _unsigned(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + LIFETIME)
    )


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pdf-security-test-ca")])
    # OpenSSL 3.x as used by Python 3.13 refuses an authority without these extensions.
    return (
        _unsigned(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
