"""Reads passwords and credentials from the mounted keys of Secrets, and keeps them from view.

Never puts a secret into an error, a log or a representation.
"""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from pdf_security_processor.contract import Operation, SecretKeyReference
from pdf_security_processor.contract.request import CREDENTIAL_KEYS, SESSION_TOKEN_KEY
from pdf_security_processor.errors import (
    AccessDeniedError,
    CredentialsIncompleteError,
    PasswordUnusableError,
    ProcessorError,
)

PASSWORD_BYTES = 127
"""Longest password in bytes of UTF-8 (ISO 32000-2, 7.6.4.3.3): more is silently cut by readers."""

RECIPIENT_KEY_BYTES = 32 * 1024
"""Longest key of a recipient with its certificate; the largest RSA key and a chain take half."""

CUSTOMER_KEY_BYTES = 32
"""Size of a key for SSE-C: AES-256 is all that stores know."""

_SECRET_BYTES = 64 * 1024
"""Largest key that is read: no password or credential comes near."""


class Password:
    """A secret that shows itself only when asked by name."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the secret itself; for the control pipe and the store's client only."""
        return self._value

    def __repr__(self) -> str:
        return "Password('***')"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Password is not serialized")


@dataclass(frozen=True)
class Credentials:
    """What an S3 client signs with."""

    access_key_id: str
    secret_access_key: Password
    session_token: Password | None


def read_passwords(secrets: Path, operations: list[Operation]) -> dict[str, Password]:
    """Read every password that the operations name.

    Args:
        secrets: folder of the mounted keys, one folder a Secret.
        operations: the request's.

    Returns:
        Passwords by `password_name` of their reference.

    Raises:
        CredentialsIncompleteError: a Secret or key is not mounted.
        PasswordUnusableError: not UTF-8, or longer than `PASSWORD_BYTES`.
    """
    return {
        password_name(reference): _read_password(secrets, reference)
        for operation in operations
        for reference in operation.password_references()
    }


def read_recipient_key(secrets: Path, operations: list[Operation]) -> Password | None:
    """Read private key and certificate that the input is decrypted with, where they are named.

    Raises:
        CredentialsIncompleteError: it is not mounted.
        PasswordUnusableError: not text, which PEM is, or longer than `RECIPIENT_KEY_BYTES`.
    """
    for operation in operations:
        reference = operation.decrypt.recipient_key_secret_ref if operation.decrypt else None
        if reference:
            value = _read_key(secrets, reference.name, reference.key)
            if not value.isascii() or len(value) > RECIPIENT_KEY_BYTES:
                raise PasswordUnusableError(
                    f"Key {reference.key!r} of Secret {reference.name!r} is not PEM of one private "
                    "key and its certificate."
                )
            return Password(value.decode("ascii"))
    return None


def password_name(reference: SecretKeyReference) -> str:
    """Name one password in the control message."""
    return f"{reference.name}/{reference.key}"


def decryption_password(
    operations: list[Operation], passwords: dict[str, Password]
) -> Password | None:
    """Choose what the input is decrypted with; None where no operation names a password."""
    for operation in operations:
        if operation.decrypt and operation.decrypt.password_secret_ref:
            return passwords[password_name(operation.decrypt.password_secret_ref)]
    return None


def opening_passwords(
    operations: list[Operation], passwords: dict[str, Password]
) -> tuple[Password, Password]:
    """Choose what opens the input, and what opens the output; empty where anybody can."""
    nobodys = Password("")
    after = nobodys
    for operation in operations:
        if operation.encrypt and operation.encrypt.user_password_secret_ref:
            after = passwords[password_name(operation.encrypt.user_password_secret_ref)]
    return decryption_password(operations, passwords) or nobodys, after


def read_credentials(secrets: Path, secret: str) -> Credentials:
    """Read S3 credentials from one Secret.

    Raises:
        CredentialsIncompleteError: a key is missing, empty or not text.
    """
    values = {key: _credential(secrets, secret, key) for key in CREDENTIAL_KEYS}
    token = (
        _credential(secrets, secret, SESSION_TOKEN_KEY)
        if (secrets / secret / SESSION_TOKEN_KEY).exists()
        else None
    )
    return Credentials(
        access_key_id=values[CREDENTIAL_KEYS[0]],
        secret_access_key=Password(values[CREDENTIAL_KEYS[1]]),
        session_token=Password(token) if token else None,
    )


def read_bearer_token(secrets: Path, reference: SecretKeyReference) -> Password:
    """Read the token that a source over HTTP asks for (RFC 6750).

    Raises:
        CredentialsIncompleteError: the key is missing, empty or not text.
    """
    return Password(_credential(secrets, reference.name, reference.key))


def read_customer_key(secrets: Path, reference: SecretKeyReference) -> Password:
    """Read the key that a store encrypts an object with (Amazon S3 User Guide, SSE-C).

    Returns:
        The base64 of its 32 bytes.

    Raises:
        CredentialsIncompleteError: it is not mounted, or is neither 32 bytes nor their base64.
    """
    value = _read_key(secrets, reference.name, reference.key)
    if len(value) != CUSTOMER_KEY_BYTES:
        try:
            value = base64.b64decode(value.removesuffix(b"\n"), validate=True)
        except ValueError:
            value = b""
    if len(value) != CUSTOMER_KEY_BYTES:
        raise CredentialsIncompleteError(
            f"Key {reference.key!r} of Secret {reference.name!r} is no key for SSE-C, which has "
            f"{CUSTOMER_KEY_BYTES} bytes or is their base64; set it."
        )
    return Password(base64.b64encode(value).decode())


def _read_password(secrets: Path, reference: SecretKeyReference) -> Password:
    name = f"key {reference.key!r} of Secret {reference.name!r}"
    value = _read_key(secrets, reference.name, reference.key)
    # Editors and `echo` end a file with a newline that nobody meant; only one is taken off.
    value = value.removesuffix(b"\n")
    if len(value) > PASSWORD_BYTES:
        raise PasswordUnusableError(
            f"The password in {name} has {len(value)} bytes; PDF allows {PASSWORD_BYTES}."
        )
    try:
        return Password(value.decode())
    except UnicodeDecodeError:
        # `from None`: the codec's error carries the bytes.
        raise PasswordUnusableError(
            f"The password in {name} is not UTF-8 text; store it as UTF-8."
        ) from None


def _credential(secrets: Path, secret: str, key: str) -> str:
    value = _read_key(secrets, secret, key).removesuffix(b"\n")
    # Credentials travel in HTTP headers, where anything else could end one and begin another.
    if not value or not value.isascii() or not value.decode("ascii").isprintable():
        raise CredentialsIncompleteError(
            f"Key {key!r} of Secret {secret!r} is empty or not printable ASCII; set it."
        )
    return value.decode("ascii")


def _read_key(secrets: Path, secret: str, key: str) -> bytes:
    # The contract's pattern lets these two through; the kubelet names its own folders so.
    if key == "." or key.startswith(".."):
        raise CredentialsIncompleteError(f"Key {key!r} of Secret {secret!r} is no allowed key.")
    try:
        with (secrets / secret / key).open("rb") as file:
            value = file.read(_SECRET_BYTES + 1)
    except OSError as error:
        raise _missing(secret, key, error) from None
    if len(value) > _SECRET_BYTES:
        raise CredentialsIncompleteError(
            f"Key {key!r} of Secret {secret!r} is larger than {_SECRET_BYTES} bytes."
        )
    return value


def _missing(secret: str, key: str, error: OSError) -> ProcessorError:
    if isinstance(error, PermissionError):
        return AccessDeniedError(
            f"Key {key!r} of Secret {secret!r} is mounted, but this process may not read it."
        )
    return CredentialsIncompleteError(
        f"Secret {secret!r} has no key {key!r} that could be read; add it to the Secret."
    )
