"""All vectors: each place in each form, with a marker of its own. Runs nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from vectors import actions, content, fields, files, hidden, names, streams, taken
from vectors.layout import Form, laid_out
from vectors.place import File, Place

GROUPS: Mapping[str, Mapping[str, Place | File]] = {
    "kinds of actions": actions.KINDS,
    "places of actions": actions.PLACES,
    "name trees": names.NAME_TREES,
    "catalog": names.CATALOG,
    "fields": fields.FIELDS,
    "signatures": fields.SIGNATURES,
    "annotations": fields.ANNOTATIONS,
    "streams": streams.STREAMS,
    "forms and images": streams.DRAWN,
    "fonts": streams.FONTS,
    "colours and states": streams.COLOURS,
    "layers": hidden.LAYERS,
    "pages": hidden.PAGES,
    "metadata": hidden.METADATA,
    "files": files.FILES,
    "content": content.CONTENT,
    "taken as it is": taken.TAKEN,
}

TAKEN = "taken as it is"
"""The group of what is painted, where nobody sees it."""

WHOLE = "whole file"
"""The form of what is no object of a document."""


@dataclass(frozen=True)
class Vector:
    """One document with one thing hidden in it.

    Attributes:
        group, place: where.
        form: how the file is written.
        marker: what is hidden, and nowhere else.
        data: the file.
    """

    group: str
    place: str
    form: str
    marker: str
    data: bytes

    @property
    def name(self) -> str:
        """All of it in one line."""
        return f"{self.group}: {self.place} ({self.form})"


def vectors() -> Iterator[Vector]:
    """Make all vectors, each with a number of its own in its marker."""
    number = 0
    for group, places in GROUPS.items():
        for place, what in places.items():
            for form, make in _forms_of(what).items():
                number += 1
                marker = _marker_of(number, place)
                yield Vector(group, place, form, marker, make(marker))


def _forms_of(content: Place | File) -> dict[str, File]:
    """Give how to write it in each form; of forms that give the same file, the first."""
    if not isinstance(content, Place):
        return {WHOLE: content}
    forms: dict[bytes, Form] = {}
    for form in Form:
        forms.setdefault(laid_out(content, form, "MARKER"), form)
    return {form: partial(laid_out, content, form) for form in forms.values()}


def _marker_of(number: int, place: str) -> str:
    """Give a marker that is no part of another, and that nobody else writes."""
    return f"MARKER-{number:04d}-{re.sub('[^a-z0-9]+', '-', place.lower())}"
