"""Images, and what may stand in them: ISO 32000-2, 8.9.5. Their codecs are not decoded."""

from __future__ import annotations

from pikepdf import Name, Object

from pdf_security_processor.decoding.images import check_image
from pdf_security_processor.rebuild import streams
from pdf_security_processor.rebuild.copier import Copier, Place
from pdf_security_processor.rebuild.functions import COLOUR_SPACE
from pdf_security_processor.rebuild.rules import (
    BOOLEAN,
    NAME,
    NUMBERS,
    Kind,
    Rule,
    array,
    either,
    integer,
    stream,
)

SIDE = 2**17
"""Samples of a side."""


_JPEG = b"\xff\xd8"
"""How a JPEG begins: ITU-T T.81, B.1.1.3."""

_BEFORE = 4096
"""Bytes that may stand before it."""


def _data(copier: Copier, value: Object, place: Place) -> bool:
    check_image(value)
    return streams.image(copier, value, place) and _is_image(value)


def _is_image(value: Object) -> bool:
    """Tell whether data that are said to be a JPEG are one; take off what stands before it."""
    if value.get("/Filter") != Name.DCTDecode:
        return True
    data = bytes(memoryview(value.get_raw_stream_buffer())[:_BEFORE])
    at = data.find(_JPEG)
    if at > 0:
        # Readers look for its beginning, and qpdf does not.
        whole = bytes(memoryview(value.get_raw_stream_buffer())[at:])
        parameters = value.get("/DecodeParms")
        value.write(whole, type_check=False)
        value["/Filter"] = Name.DCTDecode
        if parameters is not None:
            value["/DecodeParms"] = parameters
    return at >= 0


_KEYS: dict[str, Rule] = {
    "/Width": integer(1, SIDE),
    "/Height": integer(1, SIDE),
    "/ColorSpace": COLOUR_SPACE,
    "/BitsPerComponent": integer(1, 16),
    "/Intent": NAME,
    "/ImageMask": BOOLEAN,
    "/Decode": NUMBERS,
    "/Interpolate": BOOLEAN,
}
IMAGE: Kind = Kind(
    "Image",
    _KEYS
    | {
        # A mask is an image, and the same one may be drawn elsewhere.
        "/Mask": either(stream(lambda: IMAGE), array(integer(0, 65535), most=64)),
        "/SMask": stream(lambda: IMAGE),
        "/SMaskInData": integer(0, 2),
        "/Matte": NUMBERS,
    },
    frozenset(("/Width", "/Height")),
    {"/Type": "/XObject", "/Subtype": "/Image"},
    data=_data,
)
