"""Translates what botocore raises to the processor's errors. Pure.

No message repeats a header or a signature.
"""

from botocore.exceptions import BotoCoreError, ClientError, SSLError

from pdf_security_processor.contract import S3Location
from pdf_security_processor.errors import (
    AccessDeniedError,
    CertificateRefusedError,
    InputChangedError,
    InputNotFoundError,
    InvalidRequestError,
    OutputExistsError,
    OutputFullError,
    OutputNotFoundError,
    ProcessorError,
    StorageUnavailableError,
)

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT = 401, 403, 404, 409
_PRECONDITION_FAILED, _BAD_RANGE, _TOO_MANY, _SERVER_ERROR = 412, 416, 429, 500

_REQUEST_TIMEOUT = 408

_FULL = {
    "InsufficientStorage",
    "QuotaExceeded",
    "XMinioAdminBucketQuotaExceeded",
    "XMinioStorageFull",
    "EntityTooLarge",
}
_NO_OBJECT = {"NoSuchKey", "NoSuchVersion", "404"}
_NO_ACCESS = {
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidToken",
    "XAdminUserNotFound",
}
"""Refusals whose status differs among stores; the last is versitygw's, a 404 for an unknown key."""

_PASSING = {
    "BadDigest",
    "ExpiredToken",
    "IncompleteBody",
    "RequestTimeTooSkewed",
    "RequestTimeout",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
}
"""Refusals that pass, whatever their status: what was sent broke on its way, the store is busy, a
clock is being set, a Secret's token is being renewed."""

_CERTIFICATE = ("CERTIFICATE_VERIFY_FAILED", "certificate verify failed", "doesn't match")


def input_error(error: Exception, location: S3Location) -> ProcessorError:
    """Say what went wrong while an object was read."""
    if not isinstance(error, ClientError):
        return _connection_error(error, location)
    code, status = error_code(error), error_status(error)
    if status in (_PRECONDITION_FAILED, _BAD_RANGE):
        return InputChangedError(f"{location} was replaced while it was read; it is tried again.")
    if code == "NoSuchBucket":
        return InputNotFoundError(f"There is no bucket {location.bucket!r}; check the name.")
    if status == _NOT_FOUND and code in _NO_OBJECT:
        return InputNotFoundError(f"There is no object {location}; check bucket and key.")
    return _common_error(code, status, location)


def output_error(error: Exception, location: S3Location) -> ProcessorError:
    """Say what went wrong while an object was put."""
    if not isinstance(error, ClientError):
        return _connection_error(error, location)
    code, status = error_code(error), error_status(error)
    if status == _PRECONDITION_FAILED:
        return OutputExistsError(
            f"{location} exists already; remove it, choose another key, or set overwrite."
        )
    if code in _FULL:
        return OutputFullError(f"The store has no room for {location} ({code}); enlarge its quota.")
    if code == "NoSuchBucket":
        return OutputNotFoundError(f"There is no bucket {location.bucket!r}; make it first.")
    return _common_error(code, status, location)


def _common_error(code: str, status: int, location: S3Location) -> ProcessorError:
    if code in _PASSING or status == _REQUEST_TIMEOUT:
        return StorageUnavailableError(
            f"The store cannot take the request for {location} now ({code}); if that stays, look "
            f"at the store, the clocks and Secret {location.credentials_secret!r}."
        )
    if status in (_UNAUTHORIZED, _FORBIDDEN) or code in _NO_ACCESS:
        return AccessDeniedError(
            f"The store refuses access to {location} ({code}); check Secret "
            f"{location.credentials_secret!r}, the bucket's policy{_customer_key_of(location)}."
        )
    # 409 is another writer at this instant; what became of it shows when it is tried again.
    if status >= _SERVER_ERROR or status in (_TOO_MANY, _CONFLICT, _NOT_FOUND):
        return StorageUnavailableError(f"The store failed at {location} ({code}).")
    return InvalidRequestError(
        f"The store does not accept the request for {location} ({code}); check endpoint, region, "
        "bucket and serverSideEncryption."
    )


def _customer_key_of(location: S3Location) -> str:
    """Name the key that an object may have been put with another than."""
    wanted = location.server_side_encryption
    reference = wanted.customer_key_secret_ref if wanted else None
    if reference is None:
        return ""
    return f", and whether key {reference.key!r} of Secret {reference.name!r} is the object's"


def _connection_error(error: Exception, location: S3Location) -> ProcessorError:
    # The text names host and reason; anything but a refused certificate may pass by itself.
    if isinstance(error, SSLError) and any(mark in str(error) for mark in _CERTIFICATE):
        return CertificateRefusedError(
            f"The certificate of {location.endpoint} is not trusted; check the endpoint's name and "
            "the class's CA bundle."
        )
    kind = type(error).__name__ if isinstance(error, BotoCoreError) else "connection broken"
    return StorageUnavailableError(f"The store {location.endpoint} does not answer ({kind}).")


def error_code(error: ClientError) -> str:
    """Give the store's word for what went wrong, fit to be shown."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return "".join(c for c in code if c.isalnum())[:64] or "no code"


def error_status(error: ClientError) -> int:
    """Give the status of an answer."""
    return error.response["ResponseMetadata"]["HTTPStatusCode"]
