"""What a renderer is told, and what it says: the number of pages, then each page's picture.

Plain data; no process, no PDF.
"""

import struct
from dataclasses import dataclass
from typing import IO

from pdf_security_processor import control
from pdf_security_processor.secret_files import Password

DOTS_AN_INCH = 72
"""Enough for a changed digit to be seen, and small enough for hundreds of pages."""

PIXELS = 2_000_000
"""Pixels of one picture; larger pages are drawn smaller."""

COUNT = struct.Struct(">I")
"""Number of pages."""

SIZE = struct.Struct(">II")
"""Width and height in pixels; both 0 for a page that could not be drawn."""

EVERY_PAGE = 2**31 - 1
"""More pages than a document has."""


@dataclass(frozen=True)
class DrawingOrder:
    """What a renderer is told over its standard input.

    Attributes:
        password: that opens the document; an empty one where none is needed.
        pages: how many it draws at most.
    """

    password: Password
    pages: int

    def to_bytes(self) -> bytes:
        """Serialize with its length in front. The result holds the password."""
        return control.build_order({"password": self.password.reveal(), "pages": self.pages})


def read_order(stream: IO[bytes]) -> DrawingOrder | None:
    """Read the one order; nothing when the broker closed the pipe without one.

    Raises:
        ValueError: the order is cut short or malformed.
    """
    values = control.read_order(stream)
    if values is None:
        return None
    return DrawingOrder(Password(values["password"]), int(values["pages"]))
