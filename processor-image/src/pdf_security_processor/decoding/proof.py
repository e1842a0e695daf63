"""Proves of a stream that decoding it exhausts nobody, and takes as little as that needs.

Image codecs are not decoded: an image's size is in its dictionary.
"""

from __future__ import annotations

from pikepdf import Name, Stream

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


def prove(stream: Stream, budget: Budget) -> None:
    """Make sure that a stream, and the image that it may be, is within bounds.

    What cannot exceed the budget of one stream, small as it is, is not decoded, and does not count
    for the document's either.

    Raises:
        LimitExceededError: it is not; names the object.
    """
    try:
        if stream.get("/Subtype") == Name.Image:
            check_image(stream)
        filters = filters_of(stream)
        if filters:
            _prove(filters, memoryview(stream.get_raw_stream_buffer()), budget)
    except LimitExceededError as error:
        number, generation = stream.objgen
        raise LimitExceededError(f"Object {number} {generation}: {error.message}") from None


def _prove(filters: list[Filter], data: memoryview, budget: Budget) -> None:
    for place, each in enumerate(filters):
        # What follows a codec, or a filter that nobody knows, nobody decodes.
        if each.name in IMAGE_CODECS or each.name not in DECODERS:
            return
        factor = 1
        for following in filters[place:]:
            factor *= _EXPANSION.get(following.name, 1)
        if len(data) * factor <= budget.stream_bytes:
            return
        if place == len(filters) - 1 and each.name == "/FlateDecode":
            budget.take(clean_flate_bytes(data, budget.stream_bytes) or 0)
            return
        data = memoryview(DECODERS[each.name](data, each.parameters, budget.held_bytes))
    budget.take(len(data))
