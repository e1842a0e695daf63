"""Keys of the audit log: Ed25519, read from PEM files. Signs and checks; decides nothing."""

import base64
import binascii
import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

_KEY_ID_LENGTH = 16


class KeyUnusableError(ValueError):
    """A file holds no key of the kind that is needed."""


class SigningKey:
    """The private key; it never shows itself."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key()
        self.key_id = key_id_of(self.public)

    def sign(self, data: bytes) -> str:
        """Give the signature in base64 (RFC 8032)."""
        return base64.b64encode(self._key.sign(data)).decode()


def read_signing_key(path: Path) -> SigningKey:
    """Read a private key, as `openssl genpkey -algorithm ed25519` makes it.

    Raises:
        KeyUnusableError: there is none in it, or one of another kind.
    """
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        raise _unusable(path, "private") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _unusable(path, "private")
    return SigningKey(key)


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Read a public key, as `openssl pkey -pubout` writes it.

    Raises:
        KeyUnusableError: there is none in it, or one of another kind.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm):
        raise _unusable(path, "public") from None
    if not isinstance(key, Ed25519PublicKey):
        raise _unusable(path, "public")
    return key


def key_id_of(key: Ed25519PublicKey) -> str:
    """Name a key: the beginning of the SHA-256 of its SubjectPublicKeyInfo."""
    encoded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(encoded).hexdigest()[:_KEY_ID_LENGTH]


def is_signed_by(key: Ed25519PublicKey, signature: str, data: bytes) -> bool:
    """Whether a signature is of this key and this data."""
    try:
        key.verify(base64.b64decode(signature, validate=True), data)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _unusable(path: Path, kind: str) -> KeyUnusableError:
    # Of what the file holds, nothing: it may be another key.
    return KeyUnusableError(
        f"{path}: no {kind} Ed25519 key in PEM; `openssl genpkey -algorithm ed25519` makes a "
        "private one, `openssl pkey -pubout` the public one of it"
    )
