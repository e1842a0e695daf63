"""Links that may stay where a job asks for it: to web pages and mail addresses, and to no more."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from pikepdf import Array, Dictionary, Name, Object, String

from pdf_security_processor.rebuild.painting import numbers_of

SCHEMES = frozenset(("http", "https", "mailto"))

_CHARACTERS = 2048
"""Longest address; browsers take no longer ones everywhere."""

_PLAIN = re.compile(rb"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")

_HOST = re.compile(r"[A-Za-z0-9.\-_]+|\[[0-9A-Fa-f:.]+\]")
"""A name, or an address of IP."""

_MAIL_FIELDS = frozenset(("", "subject", "body", "cc", "bcc", "to"))
"""Of RFC 6068; not what has files sent."""

_CORNERS = 8 * 1000
"""Numbers of the areas of one link."""


def link_of(annotation: Object) -> Object | None:
    """Make a link anew that leads where the old one did; None where it may not stay."""
    action = annotation.get("/A")
    if annotation.get("/Subtype") != Name.Link or not isinstance(action, Dictionary):
        return None
    if action.get("/S") != Name.URI:
        return None
    address, rectangle = address_of(action.get("/URI")), numbers_of(annotation.get("/Rect"))
    if address is None or len(rectangle) != 4:
        return None
    made = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Link,
        Rect=Array(rectangle),
        # Its border is drawn on the page as it was.
        Border=Array([0, 0, 0]),
        A=Dictionary(Type=Name.Action, S=Name.URI, URI=String(address)),
    )
    corners = numbers_of(annotation.get("/QuadPoints"))
    if corners and len(corners) % 8 == 0 and len(corners) <= _CORNERS:
        made["/QuadPoints"] = Array(corners)
    return made


def address_of(value: Object | None) -> str | None:
    """Take an address as it is written, if it is one of `SCHEMES`; None otherwise.

    It has the characters of RFC 3986, and no user's name; what readers would mend is refused, for
    they do it each in their way.
    """
    if not isinstance(value, String):
        return None
    data = bytes(value)
    if len(data) > _CHARACTERS or not _PLAIN.fullmatch(data):
        return None
    address = data.decode("ascii")
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme == "mailto":
        asked = {field.partition("=")[0].lower() for field in parts.query.split("&")}
        return address if parts.path and asked <= _MAIL_FIELDS else None
    return address if parts.scheme in SCHEMES and _has_plain_host(parts) else None


def _has_plain_host(parts: SplitResult) -> bool:
    """Tell whether everybody takes the same host out of an address."""
    try:
        port = parts.port
    except ValueError:
        return False
    host = parts.netloc if port is None else parts.netloc.rpartition(":")[0]
    return _HOST.fullmatch(host) is not None
