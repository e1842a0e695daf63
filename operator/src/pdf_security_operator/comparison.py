"""Compares all that is listed with all that is remembered, and tells of what differs.

Repairs whatever the watches missed. Knows no kind of object, and decides nothing.
"""

from typing import Any, Protocol

import structlog

from pdf_security_operator.identity import key_of, uid_of, version_of
from pdf_security_operator.listing import Listing
from pdf_security_operator.mirror import Mirror

Object = dict[str, Any]

logger = structlog.get_logger()


class Seen(Protocol):
    """Takes in the state of an object, or that it is gone."""

    def __call__(self, body: Object, /, *, deleted: bool) -> None:
        """Take it in."""


async def compare(mirror: Mirror, listing: Listing, seen: Seen) -> str:
    """Take in all that is listed, and as deleted what was remembered before and is not.

    A list may be older than what is remembered: what is newer than the list is not missing in it.

    Returns:
        The version of the list, from which on a watch follows.
    """
    before = mirror.values()
    present = set()
    async for body in listing:
        present.add(uid_of(body))
        try:
            seen(body, deleted=False)
        except Exception:
            # One object that nobody foresaw must not keep the operator from all the others.
            namespace, name = key_of(body)
            logger.exception("object.passed-over", namespace=namespace, name=name)
    for body in before:
        if uid_of(body) not in present and version_of(body) <= int(listing.version):
            seen(body, deleted=True)
    return listing.version
