"""Images, and what may stand in them: ISO 32000-2, 8.9.5. Their codecs are not decoded."""

from __future__ import annotations

from pikepdf import Boolean, Integer, Object

from pdf_security_processor.errors import LimitExceededError
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

BITS = 8 * 3 * 10**8
"""Bits of one component of one image; an A3 page at 1,200 dots an inch, eight bits each, has 280
million times eight."""


def _data(copier: Copier, value: Object, place: Place) -> bool:
    width, height = (value.get(key) for key in ("/Width", "/Height"))
    if isinstance(width, Integer) and isinstance(height, Integer):
        count = width.as_int() * height.as_int() * _bits_of(value)
        if count > BITS:
            raise LimitExceededError(
                f"sanitize: an image has {count} bits a component, more than {BITS}; it is most "
                "likely made to exhaust its readers."
            )
    return streams.image(copier, value, place)


def _bits_of(image: Object) -> int:
    bits = image.get("/BitsPerComponent")
    if isinstance(bits, Integer):
        return max(1, bits.as_int())
    is_mask = image.get("/ImageMask")
    return 1 if isinstance(is_mask, Boolean) and is_mask.as_bool() else 8


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
