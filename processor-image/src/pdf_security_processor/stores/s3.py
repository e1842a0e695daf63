"""Objects in S3-compatible stores: opened for reading, and put whole or not at all.

Knows no PDF. Takes nothing from the environment or a home folder: endpoint, region, credentials
and certificates are the location's.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import IO, TYPE_CHECKING, Any

import botocore.exceptions

from pdf_security_processor.contract import S3Location
from pdf_security_processor.errors import OutputExistsError
from pdf_security_processor.stores.context import StoreContext
from pdf_security_processor.stores.s3_encryption import not_encrypted, says_something
from pdf_security_processor.stores.s3_errors import (
    error_code,
    error_status,
    input_error,
    output_error,
)
from pdf_security_processor.stores.s3_object import (
    DIGEST,
    UID,
    StoredObject,
    There,
    look,
    stored_object,
)
from pdf_security_processor.stores.s3_upload import send

if TYPE_CHECKING:
    from botocore.response import StreamingBody

_CHUNK_BYTES = 1024**2

PART_BYTES = 16 * 1024**2
"""Size of one part, held in memory while it is sent; larger for outputs of many parts."""

_RESUMPTIONS = 4
"""Times that a download goes on after the connection broke, besides botocore's own retries."""

_RESUME_SECONDS = 0.5
"""Pause before the first resumption; doubled for each further one."""

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
    with closing(_chunks(stored_object(location, context))) as chunks:
        yield chunks


def refuse_existing_object(location: S3Location, context: StoreContext) -> None:
    """Make sure, early, that no other's output is there. `put_object` does again when it counts.

    Raises:
        OutputExistsError: there is one, and no earlier attempt of this job put it.
        StoreError: see `s3_errors` and `s3_client`.
    """
    stored = stored_object(location, context)
    try:
        there = look(stored)
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
        OutputNotEncryptedError: the store does not confirm the location's encryption.
        StoreError: see `s3_errors` and `s3_client`.
    """
    content.seek(0)
    digest = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
    metadata = {UID: context.uid, DIGEST: digest}
    stored = stored_object(location, context)
    # Two jobs may pass the early check together; the store lets only one of them through.
    condition: dict[str, Any] | None = {} if overwrite else {"IfNoneMatch": "*"}
    try:
        answer: Mapping[str, Any] = {}
        while condition is not None:
            try:
                answer = send(stored, content, part_bytes, metadata, condition)
            except botocore.exceptions.ClientError as error:
                condition = _next_condition(stored, metadata, condition, error)
            else:
                break
        if stored.at_rest.wanted:
            _check_in_place(stored, answer, context.uid)
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        raise output_error(error, location) from None


def _next_condition(
    stored: StoredObject,
    metadata: dict[str, str],
    condition: dict[str, Any],
    error: botocore.exceptions.ClientError,
) -> dict[str, Any] | None:
    """Tell how to put again after a refusal; nothing where the content is in place already.

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
    there = look(stored)
    if there is None or there.uid != metadata[UID]:
        raise error
    may_replace = bool(condition) and not replacing
    # An earlier attempt may have been asked for less encryption than this one is.
    is_earlier = may_replace and bool(stored.at_rest.problem_of(there.answer))
    if there.digest == metadata[DIGEST] and not is_earlier:
        return None
    if not may_replace:
        raise error
    return {"IfMatch": there.version}


def _check_in_place(stored: StoredObject, completed: Mapping[str, Any], uid: str) -> None:
    """Make sure of what was put, and take it away again where it is not encrypted as it is to be.

    Raises:
        OutputNotEncryptedError: the store's last answer or what is there now contradicts.
    """
    problem = stored.at_rest.problem_of(completed) if says_something(completed) else ""
    there = look(stored)
    own = there if there and there.uid == uid else None
    if own:
        problem = problem or stored.at_rest.problem_of(own.answer)
    if problem:
        removed = own is not None and _is_removed(stored, own)
        what_became = "it was removed" if removed else "what is there could not be removed"
        raise not_encrypted(stored.location, problem, what_became)


def _is_removed(stored: StoredObject, there: There) -> bool:
    """Remove what this job put, and no other's that took its place meanwhile; tell whether it went.

    In a bucket with versions it is this one that goes; without its name it would only be hidden.
    """
    version = there.answer.get("VersionId")
    # Where a store knows no condition: it was this job's own a moment ago.
    ways: list[dict[str, Any]] = [{"IfMatch": there.version}, {}]
    if version:
        ways = [{"VersionId": version}]
    for which in ways:
        try:
            stored.client.delete_object(**stored.target, **which)
        except botocore.exceptions.ClientError as error:
            if error_code(error) != "NotImplemented":
                return False
        except botocore.exceptions.BotoCoreError:
            return False
        else:
            return True
    return False


def _chunks(stored: StoredObject) -> Generator[bytes, None, None]:
    location = stored.location
    position, version, pause = 0, "", _RESUME_SECONDS
    for resumption in range(_RESUMPTIONS + 1):
        try:
            body, version = _get(stored, position, version)
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


def _get(stored: StoredObject, position: int, version: str) -> tuple[StreamingBody, str]:
    going_on: dict[str, Any] = {}
    if position:
        going_on = {"Range": f"bytes={position}-", "IfMatch": version}
    key = stored.at_rest.key_arguments
    answer = stored.client.get_object(**stored.target, **going_on, **key)
    # A gateway has no version for files that were not put through it.
    return answer["Body"], answer.get("ETag", "")
