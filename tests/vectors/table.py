"""All vectors: each place in each form, with a marker of its own. Runs nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vectors import actions, fields, files, hidden, names, streams, taken
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
    "taken as it is": taken.TAKEN,
}

TAKEN = "taken as it is"
"""The group of what is within data that a rebuild does not take apart."""

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
    """Make all vectors. Of forms of a place that give the same file, only the first."""
    number = 0
    for group, places in GROUPS.items():
        for place, content in places.items():
            seen: set[bytes] = set()
            for form in Form if isinstance(content, Place) else (WHOLE,):
                if isinstance(content, Place) and _is_known(content, Form(form), seen):
                    continue
                number += 1
                marker = _marker_of(number, place)
                data = (
                    laid_out(content, marker, Form(form))
                    if isinstance(content, Place)
                    else content(marker)
                )
                yield Vector(group, place, str(form), marker, data)


def _marker_of(number: int, place: str) -> str:
    """Give a marker that is no part of another, and that nobody else writes."""
    return f"MARKER-{number:04d}-{re.sub('[^a-z0-9]+', '-', place.lower())}"


def _is_known(place: Place, form: Form, seen: set[bytes]) -> bool:
    data = laid_out(place, "MARKER", form)
    known = data in seen
    seen.add(data)
    return known
