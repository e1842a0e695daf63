"""The size of an image, as its dictionary tells it: ISO 32000-2, 8.9.5."""

from __future__ import annotations

from pikepdf import Boolean, Integer, Object

from pdf_security_processor.errors import LimitExceededError

BITS = 8 * 3 * 10**8
"""Bits of one component of one image; an A3 page at 1,200 dots an inch, eight bits each, has 280
million times eight."""


def check_image(image: Object) -> None:
    """Make sure that an image is none that a reader has no memory for.

    Raises:
        LimitExceededError: it has more samples than any page is printed with.
    """
    width, height = image.get("/Width"), image.get("/Height")
    if not isinstance(width, Integer) or not isinstance(height, Integer):
        return
    count = width.as_int() * height.as_int() * _bits_of(image)
    if count > BITS:
        raise LimitExceededError(
            f"An image has {count} bits a component, more than {BITS}; it is most likely made to "
            "exhaust its readers."
        )


def _bits_of(image: Object) -> int:
    bits = image.get("/BitsPerComponent")
    if isinstance(bits, Integer):
        return max(1, bits.as_int())
    is_mask = image.get("/ImageMask")
    return 1 if isinstance(is_mask, Boolean) and is_mask.as_bool() else 8
