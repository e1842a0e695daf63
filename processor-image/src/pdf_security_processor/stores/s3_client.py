"""Makes the one S3 client of a location, from nothing but the location and its Secret.

botocore looks at some forty environment variables, two files in the home folder, proxies and the
cloud's metadata service; each could send a document, or a signature, elsewhere. None of it is used.
"""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import botocore.config
import botocore.loaders
import botocore.session

from pdf_security_processor.contract import S3Location
from pdf_security_processor.errors import InvalidRequestError
from pdf_security_processor.scratch import scratch_errors
from pdf_security_processor.secret_files import Credentials, read_credentials
from pdf_security_processor.stores.certificates import system_certificates, trusting
from pdf_security_processor.stores.context import StoreContext

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONNECT_SECONDS = 10
_READ_SECONDS = 60
"""Longest silence of a store; a slow transfer that goes on is not silent."""

_ATTEMPTS = 4
"""Tries of one request in all; botocore waits between them, up to 20 seconds."""


def s3_client(location: S3Location, context: StoreContext) -> S3Client:
    """Give the client of a location; the same one each time.

    Raises:
        InvalidRequestError: the endpoint is no http or https URL.
        CredentialsIncompleteError: the Secret lacks a key.
        CertificateRefusedError: the CA bundle holds no certificate.
        ScratchFullError: no room for the CA bundle.
    """
    identity = (
        location.endpoint,
        location.region,
        location.credentials_secret,
        location.ca_bundle,
    )
    if identity not in context.clients:
        _check_endpoint(location.endpoint)
        credentials = read_credentials(context.secrets, location.credentials_secret)
        verify = _certificates(location, context)
        with _empty_environment():
            context.clients[identity] = _make(location, credentials, verify)
    client: S3Client = context.clients[identity]
    return client


def _make(location: S3Location, credentials: Credentials, verify: str | bool) -> S3Client:
    session = botocore.session.Session()
    session.set_config_variable("config_file", os.devnull)
    session.set_config_variable("credentials_file", os.devnull)
    # The default loader also takes service models from ~/.aws/models.
    loader = botocore.loaders.Loader(
        extra_search_paths=[botocore.loaders.Loader.BUILTIN_DATA_PATH],
        include_default_search_paths=False,
    )
    session.register_component("data_loader", loader)
    config = botocore.config.Config(
        signature_version="s3v4",
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        # None would mean the environment's.
        proxies={},
        s3={"addressing_style": "path"},
        # Stores other than Amazon's refuse the checksum trailers that are the default since 1.36.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    token = credentials.session_token
    client = session.create_client(
        "s3",
        region_name=location.region,
        endpoint_url=location.endpoint,
        verify=verify,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key.reveal(),
        aws_session_token=token.reveal() if token else None,
        config=config,
    )
    return cast("S3Client", client)


def _check_endpoint(endpoint: str) -> None:
    try:
        parts = urllib.parse.urlsplit(endpoint)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname)
        valid = valid and "@" not in parts.netloc
    except ValueError:
        valid = False
    if not valid:
        raise InvalidRequestError("s3.endpoint must be an http or https URL without credentials.")


def _certificates(location: S3Location, context: StoreContext) -> str | bool:
    if location.ca_bundle is None:
        system = system_certificates()
        return str(system) if system else True
    trusting(location.ca_bundle, location.endpoint)
    file = context.scratch / f"ca-{len(context.clients)}.pem"
    with scratch_errors(context.scratch.parent):
        file.write_text(location.ca_bundle, encoding="utf-8")
    return str(file)


@contextmanager
def _empty_environment() -> Iterator[None]:
    # botocore reads it while session and client are made, and has no switch for that. This process
    # has no other thread that could miss it meanwhile.
    kept = dict(os.environ)
    os.environ.clear()
    try:
        yield
    finally:
        os.environ.update(kept)
