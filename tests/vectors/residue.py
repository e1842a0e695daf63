"""What is left of a marker in a document: looks everywhere, reachable or not. Changes nothing."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from functools import cache, partial
from itertools import chain
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, StreamDecodeLevel, String

_STREAM = re.compile(rb"stream\r?\n")


def is_left(data: bytes, marker: str) -> bool:
    """Tell whether a file has a marker anywhere, in any spelling.

    Raises:
        pikepdf.PdfError: the file does not open.
    """
    parts = chain((data,), _inflated(data), _texts_in(data))
    return any(map(partial(says, marker=marker), parts))


def is_in_an_object(data: bytes, marker: str) -> bool:
    """Tell whether an object of a file has a marker: not only its bytes.

    Raises:
        pikepdf.PdfError: the file does not open.
    """
    return any(map(partial(says, marker=marker), _texts_in(data)))


def says(text: bytes, marker: str) -> bool:
    """Tell whether a text has a marker, in any spelling."""
    lowered = text.lower()
    return any(spelling in lowered for spelling in _spellings_of(marker))


@cache
def _spellings_of(marker: str) -> frozenset[bytes]:
    """Give it in ASCII, in both orders of UTF-16, and in hexadecimal of each; in small letters."""
    plain = [marker.lower().encode(coding) for coding in ("ascii", "utf-16-be", "utf-16-le")]
    # A hexadecimal digit says nothing of the letter's case: of the marker as it is.
    digits = [
        marker.encode(coding).hex().encode() for coding in ("ascii", "utf-16-be", "utf-16-le")
    ]
    return frozenset((*plain, *digits))


def _texts_in(data: bytes) -> Iterator[bytes]:
    with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as opened:
        yield from _texts_of(opened.trailer)
        # Also those to which nothing refers.
        for item in opened.objects:
            yield from _texts_of(item)


def _inflated(data: bytes) -> Iterator[bytes]:
    """Give what decodes after each `stream` of the file, whether or not an object has it."""
    for found in _STREAM.finditer(data):
        decoder = zlib.decompressobj()
        try:
            yield decoder.decompress(data[found.end() :], 2**24)
        except zlib.error:
            continue
        yield decoder.unused_data[:64]


def _texts_of(root: Any) -> Iterator[bytes]:
    """Give the texts, names and data of one object, and of what is directly in it."""
    pending = [root]
    while pending:
        item = pending.pop()
        if isinstance(item, String):
            yield bytes(item)
        elif isinstance(item, Name):
            yield pikepdf.Object.unparse(item)
            yield str(item).encode("utf-8", "surrogateescape")
        elif isinstance(item, Array):
            pending.extend(child for child in item if not _is_elsewhere(child))
        elif isinstance(item, Stream | Dictionary):
            if isinstance(item, Stream):
                yield item.read_raw_bytes()
                yield _decoded(item)
            for key, child in item.items():
                yield key.encode("utf-8", "surrogateescape")
                if not _is_elsewhere(child):
                    pending.append(child)


def _is_elsewhere(item: Any) -> bool:
    return isinstance(item, pikepdf.Object) and item.is_indirect


def _decoded(stream: Any) -> bytes:
    try:
        return bytes(stream.read_bytes(StreamDecodeLevel.all))
    except pikepdf.PikepdfError:
        return b""
