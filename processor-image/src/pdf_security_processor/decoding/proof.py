"""Proves of a stream that decoding it exhausts nobody, and takes as little as that needs.

Image codecs are not decoded: an image's size is in its dictionary.
"""

from __future__ import annotations

from pikepdf import Integer, Name, Stream

from pdf_security_processor.decoding.budget import Budget
from pdf_security_processor.decoding.decoders import DECODERS, clean_flate_bytes
from pdf_security_processor.decoding.filters import IMAGE_CODECS, Filter, filters_of
from pdf_security_processor.decoding.images import check_image
from pdf_security_processor.errors import LimitExceededError

_EXPANSION = {
    # "Maximum Compression Factor" of zlib's technical details: 1,032.
    "/FlateDecode": 1032,
    # A code has at least nine bits and gives at most as many bytes as there are codes.
    "/LZWDecode": 4096,
    "/RunLengthDecode": 64,
    "/ASCII85Decode": 4,
    "/ASCIIHexDecode": 1,
}
"""How many bytes a byte can become at most."""


def prove(stream: Stream, budget: Budget, *, has_length: bool = False) -> None:
    """Make sure that a stream, and the image that it may be, is within bounds.

    What cannot exceed the budget of one stream, small as it is, is not decoded, and does not count
    for the document's either.

    Args:
        stream: as it was read.
        budget: of the document.
        has_length: whether its length is known to be what it says, as qpdf makes sure that it is
            where it does not mend; then most are not even read.

    Raises:
        LimitExceededError: it is not; names the object.
    """
    try:
        if stream.get("/Subtype") == Name.Image:
            check_image(stream)
        filters = filters_of(stream)
        if not filters:
            return
        length = stream.get("/Length") if has_length else None
        if isinstance(length, Integer) and _is_within(filters, length.as_int(), budget):
            return
        _prove(filters, memoryview(stream.get_raw_stream_buffer()), budget)
    except LimitExceededError as error:
        number, generation = stream.objgen
        raise LimitExceededError(f"Object {number} {generation}: {error.message}") from None


def _prove(filters: list[Filter], data: memoryview, budget: Budget) -> None:
    for place, each in enumerate(filters):
        if _is_within(filters[place:], len(data), budget):
            return
        if place == len(filters) - 1 and each.name == "/FlateDecode":
            budget.take(clean_flate_bytes(data, budget.stream_bytes) or 0)
            return
        data = memoryview(DECODERS[each.name](data, each.parameters, budget.held_bytes))
    budget.take(len(data))


def _is_within(filters: list[Filter], length: int, budget: Budget) -> bool:
    """Tell whether so many bytes cannot become more than a stream may have."""
    # What follows a codec, or a filter that nobody knows, nobody decodes.
    if filters[0].name in IMAGE_CODECS or filters[0].name not in DECODERS:
        return True
    factor = 1
    for each in filters:
        factor *= _EXPANSION.get(each.name, 1)
    return length * factor <= budget.stream_bytes
