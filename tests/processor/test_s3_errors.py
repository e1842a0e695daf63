"""What stores answer, and what becomes of a job by it: above all, whether it is tried again."""

from __future__ import annotations

import pytest
from botocore import exceptions

from pdf_security_processor.contract import ExitCode, S3Location
from pdf_security_processor.stores.s3_errors import input_error, output_error

LOCATION = S3Location(
    endpoint="https://s3.test", bucket="documents", key="a.pdf", credentials_secret="s3"
)


def _answer(code: str, status: int) -> exceptions.ClientError:
    return exceptions.ClientError(
        {
            "Error": {"Code": code, "Message": "Signature=MARKER"},
            "ResponseMetadata": {  # type: ignore[typeddict-item]
                "HTTPStatusCode": status
            },
        },
        "Operation",
    )


def _tls(text: str) -> exceptions.SSLError:
    return exceptions.SSLError(endpoint_url="https://s3.test", error=Exception(text))


_SILENT = exceptions.EndpointConnectionError(endpoint_url="https://s3.test")


@pytest.mark.parametrize(
    ("error", "as_input", "as_output"),
    [
        pytest.param(
            _answer("NoSuchKey", 404),
            ExitCode.INPUT_NOT_FOUND,
            ExitCode.STORAGE_UNAVAILABLE,
            id="no-key",
        ),
        pytest.param(
            _answer("NoSuchBucket", 404),
            ExitCode.INPUT_NOT_FOUND,
            ExitCode.OUTPUT_NOT_FOUND,
            id="no-bucket",
        ),
        pytest.param(
            _answer("PreconditionFailed", 412),
            ExitCode.INPUT_CHANGED,
            ExitCode.OUTPUT_EXISTS,
            id="precondition",
        ),
        pytest.param(
            _answer("InvalidRange", 416),
            ExitCode.INPUT_CHANGED,
            ExitCode.INVALID_REQUEST,
            id="range",
        ),
        *[
            pytest.param(_answer(code, status), expected, expected, id=f"{code}-{status}")
            for code, status, expected in (
                ("AccessDenied", 403, ExitCode.ACCESS_DENIED),
                ("InvalidAccessKeyId", 403, ExitCode.ACCESS_DENIED),
                ("InvalidToken", 400, ExitCode.ACCESS_DENIED),
                ("XAdminUserNotFound", 404, ExitCode.ACCESS_DENIED),
                ("ConditionalRequestConflict", 409, ExitCode.STORAGE_UNAVAILABLE),
                ("NoSuchUpload", 404, ExitCode.STORAGE_UNAVAILABLE),
                ("SlowDown", 503, ExitCode.STORAGE_UNAVAILABLE),
                ("SlowDown", 400, ExitCode.STORAGE_UNAVAILABLE),
                ("RequestTimeout", 400, ExitCode.STORAGE_UNAVAILABLE),
                ("IncompleteBody", 400, ExitCode.STORAGE_UNAVAILABLE),
                ("BadDigest", 400, ExitCode.STORAGE_UNAVAILABLE),
                ("Throttling", 400, ExitCode.STORAGE_UNAVAILABLE),
                ("ThrottlingException", 400, ExitCode.STORAGE_UNAVAILABLE),
                ("RequestTimeTooSkewed", 403, ExitCode.STORAGE_UNAVAILABLE),
                ("ExpiredToken", 400, ExitCode.STORAGE_UNAVAILABLE),
                ("Other", 408, ExitCode.STORAGE_UNAVAILABLE),
                ("TooManyRequests", 429, ExitCode.STORAGE_UNAVAILABLE),
                ("InternalError", 500, ExitCode.STORAGE_UNAVAILABLE),
                ("AuthorizationHeaderMalformed", 400, ExitCode.INVALID_REQUEST),
                ("PermanentRedirect", 301, ExitCode.INVALID_REQUEST),
            )
        ],
        pytest.param(
            _answer("QuotaExceeded", 403), ExitCode.ACCESS_DENIED, ExitCode.OUTPUT_FULL, id="quota"
        ),
        pytest.param(
            _answer("XMinioAdminBucketQuotaExceeded", 400),
            ExitCode.INVALID_REQUEST,
            ExitCode.OUTPUT_FULL,
            id="minio-quota",
        ),
        *[
            pytest.param(error, expected, expected, id=name)
            for name, error, expected in (
                ("silent", _SILENT, ExitCode.STORAGE_UNAVAILABLE),
                ("broken", ConnectionResetError("x"), ExitCode.STORAGE_UNAVAILABLE),
                ("tls-ended", _tls("EOF occurred"), ExitCode.STORAGE_UNAVAILABLE),
                ("tls", _tls("CERTIFICATE_VERIFY_FAILED"), ExitCode.CERTIFICATE_REFUSED),
            )
        ],
    ],
)
def test_answers(error: Exception, as_input: ExitCode, as_output: ExitCode) -> None:
    """A passing fault would end a job for good, or a lasting one be retried for ever."""
    read, put = input_error(error, LOCATION), output_error(error, LOCATION)
    assert (read.exit_code, put.exit_code) == (as_input, as_output)
    assert "MARKER" not in read.message + put.message
    assert "s3.test" in read.message or "documents" in read.message
