"""Says what an answer means, and where it leads, in the processor's errors. Pure.

No message repeats a token, a query or what a source says in its own words.
"""

import re
import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import urljoin

from pdf_security_processor.contract import HttpLocation
from pdf_security_processor.contract.urls import is_https_url
from pdf_security_processor.errors import (
    AccessDeniedError,
    CertificateRefusedError,
    InputNotFoundError,
    ProcessorError,
    SourceRefusedError,
    StorageUnavailableError,
)
from pdf_security_processor.stores.exchange import Answer, CutOffError

_OK, _DENIED, _GONE = 200, (401, 403), (404, 410)
_REDIRECTIONS = (301, 302, 303, 307, 308)
_PASSING = (408, 425, 429)
_SERVER_ERROR = 500

_SCHEME = re.compile("[A-Za-z][A-Za-z0-9+.-]*:")

_DATE = "%a, %d %b %Y %H:%M:%S GMT"
"""The one form of dates that may be sent (RFC 9110, 5.6.7)."""


class PassingError(StorageUnavailableError):
    """A failure after which the same may be asked again.

    Attributes:
        wait: seconds that the source asks to be left alone; none where it says nothing of it.
    """

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


def check_status(answer: Answer, location: HttpLocation) -> None:
    """Pass an answer that has the document.

    Raises:
        PassingError: the source cannot answer now.
        AccessDeniedError, InputNotFoundError, SourceRefusedError: it never will.
    """
    status = answer.status
    if status == _OK:
        return
    if status in _DENIED:
        raise AccessDeniedError(
            f"The source refuses access to {location} ({status}); check {_token(location)}."
        )
    if status in _GONE:
        raise InputNotFoundError(f"There is no document at {location} ({status}); check the URL.")
    if status in _PASSING or status >= _SERVER_ERROR:
        raise PassingError(f"The source failed at {location} ({status}).", _wait_of(answer))
    raise SourceRefusedError(
        f"The source answers {status} for {location}, and no document; check the URL."
    )


def redirection_of(answer: Answer, url: str) -> str | None:
    """Give the URL that an answer leads on to; None where it does not.

    Raises:
        SourceRefusedError: it leads to something else than a plain https URL.
    """
    place = answer.only("location") if answer.status in _REDIRECTIONS else None
    if place is None:
        return None
    target = place.partition("#")[0]
    # With a scheme as it is: urljoin would put what is refused into a form that is not.
    if not _SCHEME.match(target):
        with suppress(ValueError):
            target = urljoin(url, target)
    if not is_https_url(target):
        raise SourceRefusedError(
            "The source redirects to something else than a plain https URL; nothing was read from "
            "there."
        )
    return target


def connection_error(error: OSError, url: str) -> ProcessorError:
    """Say what went wrong with a connection."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return CertificateRefusedError(
            f"The certificate of {url} is not trusted; check its name and the class's CA bundle."
        )
    kinds = {
        TimeoutError: "no answer in time",
        CutOffError: "cut off before the end",
        socket.gaierror: "its name cannot be resolved",
    }
    kind = kinds.get(type(error), type(error).__name__)
    return PassingError(f"The connection to {url} failed ({kind}); look at the source.")


def _wait_of(answer: Answer) -> float | None:
    """Read Retry-After: seconds, or a date (RFC 9110, 10.2.3)."""
    text = next(iter(answer.fields.get("retry-after", ())), "")
    if text.isascii() and text.isdigit():
        return float(text[:9])
    with suppress(ValueError):
        date = datetime.strptime(text, _DATE).replace(tzinfo=UTC)
        return max(0.0, (date - datetime.now(UTC)).total_seconds())
    return None


def _token(location: HttpLocation) -> str:
    reference = location.bearer_token
    return f"Secret {reference.name!r}" if reference else "whether it asks for a bearer token"
