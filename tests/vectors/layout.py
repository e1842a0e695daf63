"""Lays places out as files, in each of their forms. Knows no particular place."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from enum import StrEnum
from itertools import count

from vectors.place import Data, Place


class Form(StrEnum):
    """How the same document is written."""

    DIRECT = "direct"
    """Each thing where it belongs."""
    INDIRECT = "indirect"
    """Each dictionary and each text is an object of its own."""
    OBJECT_STREAM = "object-stream"
    """The same, and all objects that can be are in a compressed object stream."""
    ESCAPED = "escaped"
    """Each name is spelled with a number sign."""


SHOWN = "shown"
"""The text that each page shows."""

Objects = Mapping[int, str | Data]
"""Bodies of indirect objects by number; 1 is the catalog."""

_CATALOG, _TREE, _PAGE, _CONTENT, _FONT, _ANNOTATION, _DRAWN, _MORE, _FREE = range(1, 10)

_TEXT = r"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)"
_TEXT_OR_NAME = re.compile(rf"({_TEXT})|/([A-Za-z0-9])(?=([^\s()<>\[\]{{}}/%]*))", re.DOTALL)
_STRING = re.compile(_TEXT, re.DOTALL)
_INNERMOST = re.compile(r"<<(?:(?!<<|>>).)*>>", re.DOTALL)


def laid_out(place: Place, form: Form, marker: str) -> bytes:
    """Write a place's document.

    Args:
        place: what is hidden, and where.
        form: how.
        marker: what is written in its stead; letters, digits and hyphens.
    """
    objects = {number: _filled(body, place, marker) for number, body in _bodies(place).items()}
    trailer = _marked(_referring(place.trailer, place), marker)
    if form in (Form.INDIRECT, Form.OBJECT_STREAM):
        objects = _apart(objects)
    if form is Form.ESCAPED:
        objects = {number: _changed(body, _escaped) for number, body in objects.items()}
    if form is Form.OBJECT_STREAM:
        return with_object_stream(objects, trailer)
    return with_table(objects, trailer)


def with_table(objects: Objects, trailer: str = "") -> bytes:
    """Write objects with a cross-reference table."""
    parts, offsets = _parts(objects)
    at, size = sum(map(len, parts)), max(objects) + 1
    rows = (
        b"%010d 00000 n \n" % offsets[number] if number in offsets else b"0000000000 00001 f \n"
        for number in range(1, size)
    )
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, b"".join(rows))
    last = f"trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{at}\n%%EOF\n"
    return b"".join((*parts, table, last.encode("latin-1")))


def with_object_stream(objects: Objects, trailer: str = "", slack: bytes = b"") -> bytes:
    """Write objects with a cross-reference stream, all but streams in an object stream.

    Args:
        objects: by number.
        trailer: entries that are added.
        slack: bytes of the object stream that belong to no object.
    """
    inside = {number: body for number, body in objects.items() if isinstance(body, str)}
    outside = {number: body for number, body in objects.items() if isinstance(body, Data)}
    holder = max(objects) + 1
    head, content = "", ""
    for number, body in inside.items():
        head += f"{number} {len(content)} "
        content += body + "\n"
    packed = Data(
        f"/Type /ObjStm /N {len(inside)} /First {len(head)}",
        head + content + slack.decode("latin-1"),
        is_compressed=True,
    )
    parts, offsets = _parts({**outside, holder: packed})
    at, size = sum(map(len, parts)), holder + 2
    rows = bytearray(9)
    places = {number: place for place, number in enumerate(inside)}
    for number in range(1, size - 1):
        if number in places:
            rows += b"\2" + holder.to_bytes(4, "big") + places[number].to_bytes(4, "big")
        elif number in offsets:
            rows += b"\1" + offsets[number].to_bytes(4, "big") + bytes(4)
        else:
            rows += bytes(9)
    rows += b"\1" + at.to_bytes(4, "big") + bytes(4)
    entries = f"/Type /XRef /Size {size} /Root 1 0 R /W [1 4 4] {trailer}"
    own = _object(size - 1, Data(entries, rows.decode("latin-1"), is_compressed=True))
    return b"".join((*parts, own, b"startxref\n%d\n%%%%EOF\n" % at))


def plain_objects() -> dict[int, str | Data]:
    """Give a page with text and nothing hidden, as bodies by number."""
    place = Place()
    return {number: _filled(body, place, "") for number, body in _bodies(place).items()}


def _bodies(place: Place) -> dict[int, str | Data]:
    annotations, drawn, contents = "", "", f"{_CONTENT} 0 R"
    bodies: dict[int, str | Data] = {}
    if place.annotation:
        bodies[_ANNOTATION] = f"<< /Type /Annot /Rect [9 9 30 30] {place.annotation} >>"
        annotations = "/Annots [@annotation]"
    if place.drawn:
        bodies[_DRAWN] = place.drawn
        drawn = f"/XObject << /X {_DRAWN} 0 R >>"
    if place.more:
        bodies[_MORE] = place.more
        contents = f"[{_CONTENT} 0 R {_MORE} 0 R]"
    text = f"BT /F1 12 Tf 20 100 Td ({SHOWN}) Tj ET {place.content} {'/X Do' if drawn else ''}"
    resources = f"/Font << /F1 @font >> {drawn} {place.resources}"
    return {
        _CATALOG: f"<< /Type /Catalog /Pages {_TREE} 0 R {place.catalog} >>",
        _TREE: f"<< /Type /Pages /Kids [@page] /Count 1 {place.tree} >>",
        _PAGE: f"<< /Type /Page /Parent {_TREE} 0 R /MediaBox [0 0 200 200] {annotations} "
        f"/Contents {contents} /Resources << {resources} >> {place.page} >>",
        _CONTENT: Data("", text),
        _FONT: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        **bodies,
        **dict(zip(count(_FREE), place.objects.values(), strict=False)),
    }


def _filled(body: str | Data, place: Place, marker: str) -> str | Data:
    if isinstance(body, str):
        return _marked(_referring(body, place), marker)
    entries = _marked(_referring(body.entries, place), marker)
    data, behind = _marked(body.data, marker), _marked(body.behind, marker)
    return Data(entries, data, body.is_compressed, behind)


def _referring(text: str, place: Place) -> str:
    numbers = {
        "page": _PAGE,
        "font": _FONT,
        "annotation": _ANNOTATION,
        **{name: _FREE + index for index, name in enumerate(place.objects)},
    }
    return re.sub(r"@([a-z]+)", lambda found: f"{numbers[found[1]]} 0 R", text)


def _marked(text: str, marker: str) -> str:
    wide = marker.encode("utf-16-be").hex()
    return (
        text.replace("WIDE", wide)
        .replace("HEXADECIMAL", marker.encode().hex())
        .replace("MARKER", marker)
    )


def _changed(body: str | Data, change: Callable[[str], str]) -> str | Data:
    if isinstance(body, str):
        return change(body)
    return Data(change(body.entries), body.data, body.is_compressed, body.behind)


def _escaped(text: str) -> str:
    def spelled(found: re.Match[str]) -> str:
        if found[1] is not None:
            return found[1]
        return f"/{found[2]}" if "#" in found[3] else f"/#{ord(found[2]):02x}"

    return _TEXT_OR_NAME.sub(spelled, text)


def _apart(objects: Objects) -> dict[int, str | Data]:
    """Make each text and each dictionary within an object one of its own."""
    made: dict[int, str | Data] = {}
    numbers = count(max(objects) + 1)

    def moved(found: re.Match[str]) -> str:
        number = next(numbers)
        made[number] = found[0]
        return f"{number} 0 R"

    def without_parts(text: str) -> str:
        text = _STRING.sub(moved, text)
        while _INNERMOST.search(text):
            text = _INNERMOST.sub(moved, text)
        return text

    for number, body in objects.items():
        if isinstance(body, str) and body.startswith("<<"):
            made[number] = f"<<{without_parts(body[2:-2])}>>"
        elif isinstance(body, str) and body.startswith("("):
            made[number] = body
        else:
            made[number] = _changed(body, without_parts)
    return dict(sorted(made.items()))


def _parts(objects: Objects) -> tuple[list[bytes], dict[int, int]]:
    parts, offsets, at = [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"], {}, 15
    for number, body in sorted(objects.items()):
        offsets[number] = at
        parts.append(_object(number, body))
        at += len(parts[-1])
    return parts, offsets


def _object(number: int, body: str | Data) -> bytes:
    if isinstance(body, str):
        return f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    data, entries = body.data.encode("latin-1"), body.entries
    if body.is_compressed:
        data, entries = zlib.compress(data), f"/Filter /FlateDecode {entries}"
    data += body.behind.encode("latin-1")
    head = f"{number} 0 obj\n<< /Length {len(data)} {entries} >>\nstream\n".encode("latin-1")
    return head + data + b"\nendstream\nendobj\n"
