"""Keys in files: makes, reads and uses them. The only module that touches a private key.

Passphrases come from a file or a prompt; never from arguments or the environment, which other
processes can read.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from cluster.certificates import write_private
from images.errors import KeyRefusedError

_PEM = serialization.Encoding.PEM

# RFC 6979: signed twice is the same bytes, and no bad random number gives the key away.
_ALGORITHM = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


@dataclass(frozen=True, repr=False)
class SigningKey:
    """A private key: ECDSA over P-256 with SHA-256, or Ed25519."""

    _key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

    def sign(self, data: bytes) -> bytes:
        """Return the signature as cosign has it: ECDSA's in DER, Ed25519's bare."""
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(data, _ALGORITHM)
        return self._key.sign(data)


@dataclass(frozen=True)
class VerifyingKey:
    """A public key of one of these two kinds."""

    _key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Say whether the signature is this key's, of these bytes."""
        try:
            if isinstance(self._key, ec.EllipticCurvePublicKey):
                self._key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
            else:
                self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


def make_pair(private: Path, public: Path, passphrase: bytes) -> None:
    """Make a key over P-256: the private one encrypted (PKCS #8) and for its owner's eyes alone.

    Raises:
        KeyRefusedError: a file is there already, or the passphrase is empty.
    """
    for file in (private, public):
        if file.exists():
            raise KeyRefusedError(file, "is there already", "name another, or move it away")
    if not passphrase:
        raise KeyRefusedError(private, "would have an empty passphrase", "choose one")
    key = ec.generate_private_key(ec.SECP256R1())
    locked = serialization.BestAvailableEncryption(passphrase)
    write_private(private, key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, locked))
    public.write_bytes(
        key.public_key().public_bytes(_PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def is_locked(file: Path) -> bool:
    """Say whether reading a private key takes a passphrase.

    Raises:
        KeyRefusedError: it cannot be read.
    """
    return b"ENCRYPTED" in _read(file)


def read_signing_key(file: Path, passphrase: bytes | None) -> SigningKey:
    """Read a private key in PEM.

    Raises:
        KeyRefusedError: others may read it, it is of another kind, or the passphrase is wrong.
    """
    content = _read(file)
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyRefusedError(file, "may be read by others", f"chmod 600 {file}")
    try:
        key = serialization.load_pem_private_key(content, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # What the library says is left out: it may quote what it read.
        raise KeyRefusedError(
            file,
            "is no private key in PEM, or has another passphrase",
            "name the .key of the pair, and the passphrase it was made with",
        ) from None
    return SigningKey(_accepted(file, key))


def read_verifying_key(file: Path) -> VerifyingKey:
    """Read a public key in PEM.

    Raises:
        KeyRefusedError: it is none, or of another kind.
    """
    try:
        key = serialization.load_pem_public_key(_read(file))
    except (ValueError, UnsupportedAlgorithm):
        raise KeyRefusedError(
            file, "is no public key in PEM", "name the .pub of the pair"
        ) from None
    return VerifyingKey(_accepted(file, key))


def read_passphrase(file: Path) -> bytes:
    """Read a passphrase: the file's first line.

    Raises:
        KeyRefusedError: it cannot be read.
    """
    return _read(file).split(b"\n", 1)[0]


def _accepted(file: Path, key: Any) -> Any:
    """Return a key of a kind that cosign and we take."""
    elliptic = isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey)
    if elliptic and isinstance(key.curve, ec.SECP256R1):
        return key
    if isinstance(key, ed25519.Ed25519PrivateKey | ed25519.Ed25519PublicKey):
        return key
    raise KeyRefusedError(
        file, "is neither of P-256 nor Ed25519", "make a pair: python -m images keys"
    )


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise KeyRefusedError(
            file, problem.strerror or "cannot be read", "is the path right?"
        ) from problem
