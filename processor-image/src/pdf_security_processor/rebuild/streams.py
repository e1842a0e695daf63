"""What becomes of streams' data: taken as it is where it is proven within bounds, or written anew.

Image codecs are not decoded here; their sizes are `images`' to judge.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from pikepdf import Name, Object

from pdf_security_processor.decoding import decoders
from pdf_security_processor.decoding.budget import Budget
from pdf_security_processor.decoding.filters import IMAGE_CODECS, Filter, filters_of
from pdf_security_processor.errors import LimitExceededError
from pdf_security_processor.rebuild import content, rules
from pdf_security_processor.rebuild.copier import Copier, Place
from pdf_security_processor.rebuild.lexer import without_comments
from pdf_security_processor.rebuild.plain import is_well_written, plain
from pdf_security_processor.rebuild.rules import Kind

COMPRESSED_BYTES = 64 * 1024**2
"""Data without a filter are compressed up to this size; larger ones stay as they are."""

READ_BYTES = 64 * 1024**2
"""Of the content of a page, of a form, or of what else is written like it."""

_COLUMNS = 2**24
"""Samples of a row: a predictor holds one in memory."""

_PREDICTION = {
    "/Predictor": rules.integer(1, 15),
    "/Colors": rules.integer(1, 64),
    "/BitsPerComponent": rules.integer(1, 16),
    "/Columns": rules.integer(1, _COLUMNS),
}

PARAMETERS: dict[str, Kind] = {
    "/FlateDecode": Kind("FlateParameters", _PREDICTION),
    "/LZWDecode": Kind("LzwParameters", _PREDICTION | {"/EarlyChange": rules.integer(0, 1)}),
    "/CCITTFaxDecode": Kind(
        "CcittParameters",
        {
            "/K": rules.integer(-1, 2**16),
            "/EndOfLine": rules.BOOLEAN,
            "/EncodedByteAlign": rules.BOOLEAN,
            "/Columns": rules.integer(1, _COLUMNS),
            "/Rows": rules.integer(0, _COLUMNS),
            "/EndOfBlock": rules.BOOLEAN,
            "/BlackIs1": rules.BOOLEAN,
            "/DamagedRowsBeforeError": rules.integer(0, 2**16),
        },
    ),
    "/DCTDecode": Kind("DctParameters", {"/ColorTransform": rules.integer(0, 1)}),
    "/JBIG2Decode": Kind("Jbig2Parameters", {"/JBIG2Globals": rules.stream(lambda: GLOBALS)}),
}
"""What parameters of filters may hold: ISO 32000-2, 7.4."""


def general(copier: Copier, stream: Object, place: Place) -> bool:
    """Take data of any use but an image's: proven, or written anew."""
    return _taken(copier, stream, place, codecs=frozenset())


def image(copier: Copier, stream: Object, place: Place) -> bool:
    """Take an image's data: its codec stays."""
    return _taken(copier, stream, place, codecs=IMAGE_CODECS)


def _taken(copier: Copier, stream: Object, place: Place, codecs: frozenset[str]) -> bool:
    filters = filters_of(stream)
    if filters is None:
        return False
    data = memoryview(stream.get_raw_stream_buffer())
    if not filters:
        # As large as it is in the file: nothing to prove.
        _strip(stream)
        if len(data) <= COMPRESSED_BYTES:
            write_compressed(stream, data)
        return True
    return _decoded(copier, stream, place, filters, data, codecs)


def _decoded(
    copier: Copier,
    stream: Object,
    place: Place,
    filters: Sequence[Filter],
    data: memoryview,
    codecs: frozenset[str],
) -> bool:
    *outer, last = filters
    for each in outer:
        peeled = _peeled(each, data, copier.budget)
        if peeled is None:
            return False
        data = memoryview(peeled)
    if last.name in IMAGE_CODECS:
        if last.name not in codecs:
            return False
        _write(copier, stream, place, last, data if outer else None)
        return True
    if last.name == "/FlateDecode":
        count = decoders.clean_flate_bytes(data, copier.budget.stream_bytes)
        if count is not None:
            copier.budget.take(count)
            _write(copier, stream, place, last, data if outer else None)
            return True
    decode = decoders.DECODERS.get(last.name)
    if decode is None:
        return False
    decoded = decode(data, last.parameters, copier.budget.held_bytes)
    copier.budget.take(len(decoded))
    predicted = Filter("/FlateDecode", last.parameters if last.name in _PREDICTED else None)
    _write(copier, stream, place, predicted, memoryview(zlib.compress(decoded)))
    return True


_PREDICTED = ("/FlateDecode", "/LZWDecode")


def _peeled(each: Filter, data: memoryview, budget: Budget) -> bytes | bytearray | None:
    """Decode one of several filters; None where nobody uses it so."""
    decode = decoders.DECODERS.get(each.name)
    if decode is None or (each.parameters is not None and "/Predictor" in each.parameters):
        return None
    return decode(data, each.parameters, budget.held_bytes)


def _write(
    copier: Copier, stream: Object, place: Place, last: Filter, data: memoryview | None
) -> None:
    """Leave a stream with one filter, and with other data where some is given."""
    kind = PARAMETERS.get(last.name)
    parameters = None
    if last.parameters is not None and kind:
        parameters = copier.dictionary(last.parameters, kind, place.at("/DecodeParms"))
    _strip(stream)
    if data is not None:
        stream.write(bytes(data), type_check=False)
    stream["/Filter"] = Name(last.name)
    if parameters is not None and len(parameters):
        stream["/DecodeParms"] = parameters


def made_plain(copier: Copier, parts: Sequence[Object], place: Place) -> bytes | None:
    """Write content of several streams, taken before, without what does not paint.

    Returns:
        None where nothing of that is in it.

    Raises:
        LimitExceededError: it is longer than content is looked at.
    """
    data, left = [], READ_BYTES
    for part in parts:
        data.append(_read(part, left))
        left -= len(data[-1])
    # A token does not go on in the next part.
    whole = b"\n".join(data)
    keeps_invisible_text = copier.keeps_invisible_text
    if is_well_written(whole, keeps_invisible_text=keeps_invisible_text):
        return None
    readable = content.readable(whole)
    if readable is not None:
        copier.leave_out(place, "unreadable")
    written = whole if readable is None else readable
    painting = plain(written, keeps_invisible_text=keeps_invisible_text)
    if painting is not written:
        copier.leave_out(place, "unpainted")
    return None if painting is whole else painting


def glyph(copier: Copier, stream: Object, place: Place) -> bool:
    """Take what draws a glyph, without what paints nothing."""
    if not general(copier, stream, place):
        return False
    written = made_plain(copier, [stream], place)
    if written is not None:
        write_compressed(stream, written)
    return True


def code(copier: Copier, stream: Object, place: Place) -> bool:
    """Take data that are written like content, without comments."""
    if not general(copier, stream, place):
        return False
    data = _read(stream, READ_BYTES)
    if b"%" in data:
        write_compressed(stream, without_comments(data))
    return True


def _read(stream: Object, most: int) -> bytes:
    """Read the data of a stream that was taken before.

    Raises:
        LimitExceededError: they are more than content is looked at.
    """
    raw = memoryview(stream.get_raw_stream_buffer())
    if "/Filter" not in stream:
        data: bytes | None = bytes(raw) if len(raw) <= most else None
    elif "/DecodeParms" in stream:
        size = decoders.clean_flate_bytes(raw, most)
        data = None if size is None else stream.read_bytes()
    else:
        data = decoders.clean_flate(raw, most)
    if data is None or len(data) > most:
        raise LimitExceededError(
            f"sanitize: content has more than {READ_BYTES} bytes; it is most likely made to "
            "exhaust its readers."
        )
    return data


def write_compressed(stream: Object, data: bytes | memoryview) -> None:
    """Write a stream's data anew; the same data give the same bytes."""
    stream.write(zlib.compress(data), filter=Name.FlateDecode)


def _strip(stream: Object) -> None:
    for key in list(stream.keys()):
        if key != "/Length":
            del stream[key]


GLOBALS: Kind = Kind("Jbig2Globals", {}, data=general)
