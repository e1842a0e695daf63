"""How a URL that documents are read from may be written, and whose it is. Pure text.

Stricter than RFC 3986: what two programs could read differently is refused, not normalized.
"""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

PORT = (
    r"(:([1-9][0-9]{0,3}|[1-5][0-9]{4}"
    r"|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
)
"""A port from 1 to 65535 with its colon, or nothing."""

_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_LABEL_END = "([-a-z0-9]{0,61}[a-z0-9])?"
# A last label that begins with a digit would be a number to inet_aton: 0x7f.1, 2130706433, 127.1.
_NAME = rf"([a-z0-9]{_LABEL_END}\.)*[a-z]{_LABEL_END}"
_ORIGIN = rf"https://({_NAME}|{_OCTET}(\.{_OCTET}){{3}}){PORT}"
_CHARACTER = r"[-A-Za-z0-9._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2}"

_URL_LENGTH = 2048
_URL = rf"{_ORIGIN}/({_CHARACTER})*(\?({_CHARACTER}|\?)*)?"

HttpsOrigin = Annotated[str, Field(max_length=300, pattern=f"^{_ORIGIN}$")]
"""Scheme, host and port, and no more."""

HttpsUrl = Annotated[str, Field(max_length=_URL_LENGTH, pattern=f"^{_URL}$")]
"""Of a document: an origin, a path, perhaps a query; no user information and no fragment."""

_HTTPS_PORT = 443


def is_https_url(text: str) -> bool:
    """Tell whether a text is what `HttpsUrl` takes."""
    return len(text) <= _URL_LENGTH and re.fullmatch(_URL, text) is not None


def origin_of(url: str) -> str:
    """Give the origin of an `HttpsUrl`, as it is written there."""
    return "/".join(url.split("/", 3)[:3])


def host_and_port_of(url: str) -> tuple[str, int]:
    """Give host and port of an `HttpsUrl` or `HttpsOrigin`: what makes two origins the same."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _HTTPS_PORT


def without_query(url: str) -> str:
    """Give the part of a URL that may be shown: queries hold the signatures of signed URLs."""
    return url.partition("?")[0]
