"""Links that may stay where a job asks for it: to web pages and mail addresses, and to no more."""

from __future__ import annotations

from urllib.parse import urlsplit

from pikepdf import Array, Dictionary, Name, Object, String

from pdf_security_processor.rebuild.appearances import numbers_of

SCHEMES = frozenset(("http", "https", "mailto"))

_CHARACTERS = 2048
"""Longest address; browsers take no longer ones everywhere."""

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

    In RFC 3986 it is printable ASCII without spaces; what readers would mend is refused, for they
    do it each in their way.
    """
    if not isinstance(value, String):
        return None
    data = bytes(value)
    if not data or len(data) > _CHARACTERS or any(not 0x21 <= byte <= 0x7E for byte in data):
        return None
    address = data.decode("ascii")
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in SCHEMES or (parts.scheme != "mailto" and not parts.hostname):
        return None
    return address
