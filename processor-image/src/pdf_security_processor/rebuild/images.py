"""Images, and what may stand in them: ISO 32000-2, 8.9.5. Their codecs are not decoded."""

from __future__ import annotations

from pikepdf import Object

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


def _data(copier: Copier, value: Object, place: Place) -> bool:
    check_image(value)
    return streams.image(copier, value, place)


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
