"""How the content of one object goes to its store: at once, or in parts of which none is left.

What is to be encrypted always goes in parts, for then the store says whether it will be before it
has any of it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

import botocore.exceptions

from pdf_security_processor.stores.s3_encryption import not_encrypted, says_something
from pdf_security_processor.stores.s3_errors import error_code
from pdf_security_processor.stores.s3_object import StoredObject
from pdf_security_processor.termination import sigterm_deferred

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

_PARTS = 10_000
"""Most parts of one upload (Amazon S3 User Guide, multipart upload limits)."""

_ABORTIONS = 3
"""Times that an upload is ended while its store says that there was one to end."""

_REFUSALS = {
    "NotImplemented",
    "KMSNotFoundException",
    "KMSDisabledException",
    "KMSInvalidKeyUsageException",
    "kmsKeyNotFound",
}
"""Codes of stores that do not encrypt, or not with that key: Amazon's, and last MinIO's, a 404."""

_NOTHING_SENT = "nothing of the document was sent"


def send(
    stored: StoredObject,
    content: IO[bytes],
    part_bytes: int,
    metadata: dict[str, str],
    condition: dict[str, Any],
) -> Mapping[str, Any]:
    """Send all of a content, whole or not at all.

    Args:
        stored: the object.
        content: seekable.
        part_bytes: what is larger goes in parts of this size.
        metadata: of the object.
        condition: what must hold of what is there: `IfMatch`, `IfNoneMatch` or nothing.

    Returns:
        The store's last answer.

    Raises:
        OutputNotEncryptedError: the store does not confirm the encryption.
        BotoCoreError: the store does not answer.
        ClientError: it refuses.
    """
    size = content.seek(0, os.SEEK_END)
    content.seek(0)
    if size > part_bytes or stored.at_rest.wanted:
        part = max(part_bytes, -(-size // _PARTS))
        return _send_in_parts(stored, content, part, metadata, condition)
    return stored.client.put_object(
        **stored.target, Body=content.read(), Metadata=metadata, **condition
    )


def _send_in_parts(
    stored: StoredObject,
    content: IO[bytes],
    part_bytes: int,
    metadata: dict[str, str],
    condition: dict[str, Any],
) -> Mapping[str, Any]:
    client, key = stored.client, stored.at_rest.key_arguments
    upload: dict[str, Any] = {}
    try:
        # Begun at the store and not known here, it could not be ended.
        with sigterm_deferred():
            begun = _begin(stored, metadata)
            upload = {**stored.target, "UploadId": begun["UploadId"]}
        _confirm(stored, upload, begun)
        parts: list[CompletedPartTypeDef] = []
        while (piece := content.read(part_bytes)) or not parts:
            number = len(parts) + 1
            sent = client.upload_part(**upload, PartNumber=number, Body=piece, **key)
            parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        return client.complete_multipart_upload(
            **upload, MultipartUpload={"Parts": parts}, **condition, **key
        )
    except BaseException:
        # Also on SIGTERM: an upload that nobody ends is stored, and paid for, for ever.
        if upload:
            _abort(stored, upload)
        raise


def _begin(stored: StoredObject, metadata: dict[str, str]) -> Mapping[str, Any]:
    try:
        return stored.client.create_multipart_upload(
            **stored.target, Metadata=metadata, **stored.at_rest.beginning_arguments
        )
    except botocore.exceptions.ClientError as error:
        code = error_code(error)
        if stored.at_rest.wanted and code in _REFUSALS:
            problem = f"it refuses ({code})"
            raise not_encrypted(stored.location, problem, _NOTHING_SENT) from None
        raise


def _confirm(stored: StoredObject, upload: dict[str, Any], begun: Mapping[str, Any]) -> None:
    """Have the store say that it will encrypt, before it has any of the content.

    Amazon's says so as the upload begins. MinIO says so of parts only: it gets one that holds
    nothing and that the upload is ended without, for then it is dropped (Amazon S3 API,
    CompleteMultipartUpload). It is none that the content takes: MinIO makes a part's nonce of its
    number, and would encrypt two contents with the same.

    Raises:
        OutputNotEncryptedError: it does not say so, or says something else.
    """
    if stored.at_rest.wanted is None:
        return
    answer = begun
    if not says_something(begun):
        answer = stored.client.upload_part(
            **upload, PartNumber=_PARTS, Body=b"\0", **stored.at_rest.key_arguments
        )
    problem = stored.at_rest.problem_of(answer)
    if problem:
        raise not_encrypted(stored.location, problem, _NOTHING_SENT)


def _abort(stored: StoredObject, upload: dict[str, Any]) -> None:
    """End an upload and remove its parts; whoever calls has a worse failure to tell.

    A part that was on its way may arrive after the end, so that it is ended until the store knows
    nothing of it (Amazon S3 API, AbortMultipartUpload).
    """
    with suppress(botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
        for _ in range(_ABORTIONS):
            stored.client.abort_multipart_upload(**upload)
