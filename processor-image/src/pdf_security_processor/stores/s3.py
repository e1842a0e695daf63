"""Objects in S3-compatible stores: opened for reading, and put whole or not at all.

Knows no PDF. Takes nothing from the environment or a home folder: endpoint, region, credentials
and certificates are the location's.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import botocore.exceptions

from pdf_security_processor.contract import S3Location
from pdf_security_processor.errors import OutputExistsError
from pdf_security_processor.stores.context import StoreContext
from pdf_security_processor.stores.s3_client import s3_client
from pdf_security_processor.stores.s3_errors import (
    error_code,
    error_status,
    input_error,
    output_error,
)
from pdf_security_processor.termination import sigterm_deferred

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

_CHUNK_BYTES = 1024**2

PART_BYTES = 16 * 1024**2
"""Size of one part, held in memory while it is sent; larger for outputs of many parts."""

_PARTS = 10_000
"""Most parts of one upload (Amazon S3 User Guide, multipart upload limits)."""

_RESUMPTIONS = 4
"""Times that a download goes on after the connection broke, besides botocore's own retries."""

_RESUME_SECONDS = 0.5
"""Pause before the first resumption; doubled for each further one."""


_ABORTIONS = 3
"""Times that an upload is ended while its store says that there was one to end."""

_UID, _DIGEST = "job-uid", "sha256"
"""Metadata by which a retry knows what an earlier attempt of its own job put."""

_PRECONDITION_FAILED = 412


@contextmanager
def open_object(location: S3Location, context: StoreContext) -> Iterator[Iterator[bytes]]:
    """Open an object and give its content in pieces.

    A broken connection is resumed where it broke, and only of the same version of the object.

    Raises:
        InputNotFoundError: no such bucket or object.
        InputChangedError: it was replaced while it was read.
        StoreError: see `s3_errors` and `s3_client`.
    """
    client = s3_client(location, context)
    with closing(_chunks(client, location)) as chunks:
        yield chunks


def refuse_existing_object(location: S3Location, context: StoreContext) -> None:
    """Make sure, early, that no other's output is there. `put_object` does again when it counts.

    Raises:
        OutputExistsError: there is one, and no earlier attempt of this job put it.
        StoreError: see `s3_errors` and `s3_client`.
    """
    client = s3_client(location, context)
    try:
        there = _head(client, location)
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        raise output_error(error, location) from None
    if there and there.uid != context.uid:
        raise OutputExistsError(
            f"{location} exists already; remove it, choose another key, or set overwrite."
        )


def put_object(
    location: S3Location,
    content: IO[bytes],
    context: StoreContext,
    *,
    overwrite: bool,
    part_bytes: int = PART_BYTES,
) -> None:
    """Put an object, whole or not at all, marked with the job's UID and the content's digest.

    Args:
        location: its bucket must exist.
        content: seekable; all of it is put.
        context: secrets, scratch, and the job's UID.
        overwrite: whether another's object is replaced; what is this job's own always is.
        part_bytes: what is larger goes in parts of this size.

    Raises:
        OutputExistsError: another's object is there, and `overwrite` is false.
        OutputNotFoundError: no such bucket.
        OutputFullError: no room.
        StoreError: see `s3_errors` and `s3_client`.
    """
    content.seek(0)
    digest = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
    metadata = {_UID: context.uid, _DIGEST: digest}
    client = s3_client(location, context)
    # Two jobs may pass the early check together; the store lets only one of them through.
    condition: dict[str, Any] | None = {} if overwrite else {"IfNoneMatch": "*"}
    try:
        while condition is not None:
            try:
                _send(client, location, content, part_bytes, metadata, condition)
            except botocore.exceptions.ClientError as error:
                condition = _next_condition(client, location, metadata, condition, error)
            else:
                return
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        raise output_error(error, location) from None


def _next_condition(
    client: S3Client,
    location: S3Location,
    metadata: dict[str, str],
    condition: dict[str, Any],
    error: botocore.exceptions.ClientError,
) -> dict[str, Any] | None:
    """Tell how to put again after a refusal; nothing where the object is in place already.

    A refusal may be the store's second answer, after the first one was lost on its way and botocore
    asked again; or the object may be an earlier attempt's.

    Raises:
        ClientError: the refusal itself, where it is meant.
    """
    replacing = "IfMatch" in condition
    if replacing and error_code(error) == "NotImplemented":
        # It was this job's own a moment ago: what could be lost is another's put in that moment.
        return {}
    if error_code(error) != "NoSuchUpload" and error_status(error) != _PRECONDITION_FAILED:
        raise error
    there = _head(client, location)
    if there is None or there.uid != metadata[_UID]:
        raise error
    if there.digest == metadata[_DIGEST]:
        return None
    if replacing or not condition:
        raise error
    return {"IfMatch": there.version}


@dataclass(frozen=True)
class _There:
    """An object that is there: its version, and who put what, as far as it says."""

    version: str
    uid: str | None
    digest: str | None


def _head(client: S3Client, location: S3Location) -> _There | None:
    try:
        answer = client.head_object(Bucket=location.bucket, Key=location.key)
    except botocore.exceptions.ClientError as error:
        # HEAD has no body: a missing object and a missing bucket are both a bare 404, and where
        # the credentials may only write it is 403 (Amazon S3 API, HeadObject). The put will tell.
        if error_status(error) in (403, 404):
            return None
        raise
    marks = answer.get("Metadata", {})
    return _There(answer.get("ETag", ""), marks.get(_UID), marks.get(_DIGEST))


def _send(
    client: S3Client,
    location: S3Location,
    content: IO[bytes],
    part_bytes: int,
    metadata: dict[str, str],
    condition: dict[str, Any],
) -> None:
    size = content.seek(0, os.SEEK_END)
    content.seek(0)
    if size > part_bytes:
        part = max(part_bytes, -(-size // _PARTS))
        _put_in_parts(client, location, content, part, metadata, condition)
        return
    client.put_object(
        Bucket=location.bucket,
        Key=location.key,
        Body=content.read(),
        Metadata=metadata,
        **condition,
    )


def _put_in_parts(
    client: S3Client,
    location: S3Location,
    content: IO[bytes],
    part_bytes: int,
    metadata: dict[str, str],
    condition: dict[str, Any],
) -> None:
    target: dict[str, Any] = {"Bucket": location.bucket, "Key": location.key}
    upload = ""
    try:
        # Begun at the store and not known here, it could not be ended.
        with sigterm_deferred():
            upload = client.create_multipart_upload(**target, Metadata=metadata)["UploadId"]
        parts: list[CompletedPartTypeDef] = []
        while piece := content.read(part_bytes):
            number = len(parts) + 1
            sent = client.upload_part(**target, UploadId=upload, PartNumber=number, Body=piece)
            parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        client.complete_multipart_upload(
            **target, UploadId=upload, MultipartUpload={"Parts": parts}, **condition
        )
    except BaseException:
        # Also on SIGTERM: an upload that nobody ends is stored, and paid for, for ever.
        if upload:
            _abort(client, target, upload)
        raise


def _abort(client: S3Client, target: dict[str, Any], upload: str) -> None:
    """End an upload and remove its parts; whoever calls has a worse failure to tell.

    A part that was on its way may arrive after the end, so that it is ended until the store knows
    nothing of it (Amazon S3 API, AbortMultipartUpload).
    """
    with suppress(botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
        for _ in range(_ABORTIONS):
            client.abort_multipart_upload(**target, UploadId=upload)


def _chunks(client: S3Client, location: S3Location) -> Generator[bytes, None, None]:
    position, version, pause = 0, "", _RESUME_SECONDS
    for resumption in range(_RESUMPTIONS + 1):
        try:
            body, version = _get(client, location, position, version)
            with closing(body):
                while chunk := body.read(_CHUNK_BYTES):
                    position += len(chunk)
                    yield chunk
                return
        except botocore.exceptions.ClientError as error:
            raise input_error(error, location) from None
        except (botocore.exceptions.BotoCoreError, OSError) as error:
            if resumption == _RESUMPTIONS or not version:
                raise input_error(error, location) from None
        time.sleep(pause)
        pause *= 2


def _get(
    client: S3Client, location: S3Location, position: int, version: str
) -> tuple[StreamingBody, str]:
    going_on: dict[str, Any] = {}
    if position:
        going_on = {"Range": f"bytes={position}-", "IfMatch": version}
    answer = client.get_object(Bucket=location.bucket, Key=location.key, **going_on)
    # A gateway has no version for files that were not put through it.
    return answer["Body"], answer.get("ETag", "")
