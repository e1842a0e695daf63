"""Whether a vector is one: it has its marker, opens, and shows its page."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import pikepdf

from vectors.contenders import program
from vectors.layout import SHOWN
from vectors.residue import is_in_an_object, is_left
from vectors.table import WHOLE, Vector

_BLANK = 250
"""Grey, of 255, from which on a sample is paper."""


class NoVectorError(Exception):
    """A vector that proves nothing: it has no marker, or shows no page."""


def check_vector(vector: Vector) -> None:
    """Look for a vector's marker by its objects, open it, and look at its page.

    Raises:
        NoVectorError: it has none, or does not show its page.
    """
    # What is hidden in a whole file may be in no object that is reached.
    look = is_left if vector.form == WHOLE else is_in_an_object
    if not look(vector.data, vector.marker):
        raise NoVectorError(f"{vector.name} has no marker")
    if not shows_its_page(vector.data):
        raise NoVectorError(f"{vector.name} has no page that shows anything")


def shows_its_page(data: bytes) -> bool:
    """Tell whether a document has the one page with the text of every vector."""
    with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as opened:
        return len(opened.pages) == 1 and SHOWN.encode() in _content_of(opened.pages[0])


def _content_of(page: pikepdf.Page) -> bytes:
    contents: Any = page.obj.get("/Contents", pikepdf.Array())
    parts = contents if isinstance(contents, pikepdf.Array) else [contents]
    return b"\n".join(part.read_bytes() for part in parts)


def checked(vector: Vector) -> Vector:
    """Give a vector that is one, and that poppler draws.

    Raises:
        NoVectorError: it is none.
    """
    check_vector(vector)
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(vector.data)
        file.flush()
        if not is_drawn(Path(file.name)):
            raise NoVectorError(f"{vector.name} is drawn as an empty page")
    return vector


def is_drawn(document: Path) -> bool:
    """Tell whether poppler draws anything on the first page."""
    done = program("pdftoppm", "-gray", "-r", "36", "-l", "1", document)
    # A header of three lines, then a byte a sample.
    return any(sample < _BLANK for sample in done.stdout.split(b"\n", 3)[-1])
