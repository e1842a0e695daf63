"""One object at its store: by what it is reached, and what is there under its name now.

Never reads or puts content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import botocore.exceptions

from pdf_security_processor.contract import S3Location
from pdf_security_processor.secret_files import Password, read_customer_key
from pdf_security_processor.stores.context import StoreContext
from pdf_security_processor.stores.s3_client import s3_client
from pdf_security_processor.stores.s3_encryption import AtRest, check_encryption
from pdf_security_processor.stores.s3_errors import error_status

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

UID, DIGEST = "job-uid", "sha256"
"""Metadata by which a retry knows what an earlier attempt of its own job put."""

_BAD_REQUEST = 400


@dataclass(frozen=True)
class StoredObject:
    """An object that may be there or not: its store's client, its place and its encryption."""

    client: S3Client
    location: S3Location
    at_rest: AtRest

    @property
    def target(self) -> dict[str, Any]:
        """The arguments that name it."""
        return {"Bucket": self.location.bucket, "Key": self.location.key}


@dataclass(frozen=True)
class There:
    """What is there: its version, who put what, as far as it says, and the whole answer."""

    version: str
    uid: str | None
    digest: str | None
    answer: Mapping[str, Any]


def stored_object(location: S3Location, context: StoreContext) -> StoredObject:
    """Give the object of a location, with the client and the customer's key as first read.

    Raises:
        InvalidRequestError: see `s3_client` and `check_encryption`.
        StoreError: see `s3_client`; a customer's key that cannot be used.
    """
    check_encryption(location)
    client = s3_client(location, context)
    key = _customer_key(location, context)
    return StoredObject(client, location, AtRest(location.server_side_encryption, key))


def look(stored: StoredObject, *, with_key: bool = True) -> There | None:
    """Ask what is there; nothing where there is none, or the credentials may not know.

    Args:
        stored: the object.
        with_key: whether to show the customer's key, where it has one.

    Raises:
        BotoCoreError: the store does not answer.
        ClientError: it refuses otherwise.
    """
    key = stored.at_rest.key_arguments if with_key else {}
    try:
        answer = stored.client.head_object(**stored.target, **key)
    except botocore.exceptions.ClientError as error:
        # HEAD has no body: a missing object and a missing bucket are both a bare 404, and where
        # the credentials may only write it is 403 (Amazon S3 API, HeadObject). The put will tell.
        if error_status(error) in (403, 404):
            return None
        # What was put without a key is not shown to those who bring one.
        if key and error_status(error) == _BAD_REQUEST:
            return look(stored, with_key=False)
        raise
    marks = answer.get("Metadata", {})
    return There(answer.get("ETag", ""), marks.get(UID), marks.get(DIGEST), answer)


def _customer_key(location: S3Location, context: StoreContext) -> Password | None:
    wanted = location.server_side_encryption
    reference = wanted.customer_key_secret_ref if wanted else None
    if reference is None:
        return None
    name = (reference.name, reference.key)
    if name not in context.customer_keys:
        context.customer_keys[name] = read_customer_key(context.secrets, reference)
    return context.customer_keys[name]
