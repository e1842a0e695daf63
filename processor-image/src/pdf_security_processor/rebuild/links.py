"""Links that may stay where a job asks for it: to web pages and mail addresses, and to no more."""

from __future__ import annotations

import re
from dataclasses import dataclass
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

_RECIPIENTS = frozenset(("cc", "bcc", "to"))

_CORNERS = 8 * 1000
"""Numbers of the areas of one link."""


@dataclass(frozen=True)
class AllowedLinks:
    """Which links may stay.

    Attributes:
        hosts: names of hosts in small letters; `*.` before one stands for all below it. None for
            all there are.
    """

    hosts: frozenset[str] | None = None

    def allow(self, host: str) -> bool:
        """Tell whether links to a host may stay."""
        if self.hosts is None:
            return True
        name = host.lower()
        labels = name.split(".")
        above = (f"*.{'.'.join(labels[start:])}" for start in range(1, len(labels)))
        return name in self.hosts or not self.hosts.isdisjoint(above)


def link_of(annotation: Object, allowed: AllowedLinks) -> Object | None:
    """Make a link anew that leads where the old one did; None where it may not stay."""
    action = annotation.get("/A")
    if annotation.get("/Subtype") != Name.Link or not isinstance(action, Dictionary):
        return None
    if action.get("/S") != Name.URI:
        return None
    address, rectangle = (
        address_of(action.get("/URI"), allowed),
        numbers_of(annotation.get("/Rect")),
    )
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


def address_of(value: Object | None, allowed: AllowedLinks) -> str | None:
    """Take an address as it is written, if it is one of `SCHEMES` and allowed; None otherwise.

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
        return address if _is_mail(parts, allowed) else None
    if parts.scheme not in SCHEMES:
        return None
    host = _plain_host_of(parts)
    return address if host and allowed.allow(host) else None


def _is_mail(parts: SplitResult, allowed: AllowedLinks) -> bool:
    asked = {field.partition("=")[0].lower() for field in parts.query.split("&")}
    if not parts.path or not asked <= _MAIL_FIELDS:
        return False
    if allowed.hosts is None:
        return True
    # A recipient may stand in either place, and its host behind a percent sign.
    recipients = parts.path.split(",")
    if asked & _RECIPIENTS or "%" in parts.path:
        return False
    return all(allowed.allow(each.rpartition("@")[2]) for each in recipients)


def _plain_host_of(parts: SplitResult) -> str | None:
    """Give the host that everybody takes out of an address; None where not everybody might."""
    try:
        port = parts.port
    except ValueError:
        return None
    host = parts.netloc if port is None else parts.netloc.rpartition(":")[0]
    return host if _HOST.fullmatch(host) else None
