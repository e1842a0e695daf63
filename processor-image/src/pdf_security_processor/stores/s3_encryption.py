"""What is asked of a store for the encryption of an object, and whether its answer confirms it.

Pure: no request is made here, and no key is read. No text of this module repeats a key or its
digest.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pdf_security_processor.contract import S3Location, ServerSideEncryption
from pdf_security_processor.errors import InvalidRequestError, OutputNotEncryptedError
from pdf_security_processor.secret_files import Password
from pdf_security_processor.text import printable

_SAYING = ("ServerSideEncryption", "SSEKMSKeyId", "SSECustomerAlgorithm", "SSECustomerKeyMD5")
"""What of an answer tells of encryption (Amazon S3 API, CreateMultipartUpload and others)."""

_AES, _KMS = "AES256", "aws:kms"

_SHOWN_CHARACTERS = 200


@dataclass(frozen=True)
class AtRest:
    """The encryption of one object.

    Attributes:
        wanted: what is asked of the store; nothing where it does as it likes.
        customer_key: the base64 of the key that SSE-C takes.
    """

    wanted: ServerSideEncryption | None = None
    customer_key: Password | None = None

    @property
    def key_arguments(self) -> dict[str, Any]:
        """Give what every request about the content needs besides: with SSE-C its key."""
        if self.customer_key is None:
            return {}
        return {
            "SSECustomerAlgorithm": _AES,
            "SSECustomerKey": self.customer_key.reveal(),
            "SSECustomerKeyMD5": _digest_of(self.customer_key),
        }

    @property
    def beginning_arguments(self) -> dict[str, Any]:
        """Give what the request takes by which an object's upload begins."""
        if self.wanted is None or self.customer_key:
            return self.key_arguments
        if self.wanted.type == "SSE-S3":
            return {"ServerSideEncryption": _AES}
        key = {"SSEKMSKeyId": self.wanted.kms_key_id} if self.wanted.kms_key_id else {}
        return {"ServerSideEncryption": _KMS, **key}

    def problem_of(self, answer: Mapping[str, Any]) -> str:
        """Say why an answer does not confirm what is wanted; empty where it does."""
        if self.wanted is None:
            return ""
        if not says_something(answer):
            return "it says nothing of encryption"
        if self.customer_key:
            named = (answer.get("SSECustomerAlgorithm"), answer.get("SSECustomerKeyMD5"))
            right = named == (_AES, _digest_of(self.customer_key))
            return "" if right else "it does not name AES256 and the digest of the customer's key"
        named_type = str(answer.get("ServerSideEncryption", ""))
        if named_type != (_AES if self.wanted.type == "SSE-S3" else _KMS):
            return f"it says {_shown(named_type)}"
        named_key = str(answer.get("SSEKMSKeyId", ""))
        if self.wanted.kms_key_id and not _is_key(named_key, self.wanted.kms_key_id):
            return f"it names key {_shown(named_key)}"
        return ""


def check_encryption(location: S3Location) -> None:
    """Refuse what the contract's types let through and no store could do.

    Raises:
        InvalidRequestError: keys that do not go with the type, or a key that would be sent in
            clear.
    """
    wanted = location.server_side_encryption
    if wanted is None:
        return
    if (wanted.type == "SSE-C") != (wanted.customer_key_secret_ref is not None):
        raise InvalidRequestError(
            "serverSideEncryption: customerKeySecretRef is required for type SSE-C, and for that "
            "only."
        )
    if wanted.kms_key_id and wanted.type != "SSE-KMS":
        raise InvalidRequestError("serverSideEncryption: kmsKeyId is for type SSE-KMS only.")
    if wanted.type == "SSE-C" and not location.endpoint.startswith("https://"):
        raise InvalidRequestError(
            "serverSideEncryption: SSE-C sends its key, and needs an endpoint with https."
        )


def says_something(answer: Mapping[str, Any]) -> bool:
    """Tell whether an answer says anything of encryption at all."""
    return any(answer.get(name) for name in _SAYING)


def not_encrypted(location: S3Location, problem: str, what_became: str) -> OutputNotEncryptedError:
    """Make the error of an output that is not, or would not be, encrypted as it is to be."""
    wanted = location.server_side_encryption
    return OutputNotEncryptedError(
        f"The store does not confirm {wanted.type if wanted else 'encryption'} for {location}: "
        f"{problem}; {what_became}. Choose a store that knows it, or correct serverSideEncryption."
    )


def _is_key(named: str, wanted: str) -> bool:
    """Tell whether an answer names the key: stores answer with the ARN of an id."""
    return named == wanted or named.endswith((f"/{wanted}", f":{wanted}"))


def _digest_of(customer_key: Password) -> str:
    key = base64.b64decode(customer_key.reveal())
    # By the protocol (Amazon S3 User Guide, SSE-C): a check of the transfer, and no protection.
    digest = hashlib.md5(key, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def _shown(untrusted: str) -> str:
    return repr(printable(untrusted, _SHOWN_CHARACTERS))
