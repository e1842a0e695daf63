"""The document under work as pdfium sees it, and pages that become pictures of themselves."""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from pdf_security_processor.errors import InputDamagedError, OutputDamagedError
from pdf_security_processor.page_views import SAMPLES, CannotBeOpenedError, Rectangle, size_of
from pdf_security_processor.rebuild.copier import overwrite
from pdf_security_processor.rebuild.streams import write_compressed

if TYPE_CHECKING:
    from pdf_security_processor.pdfium import Page, PdfiumDocument

PIXELS = 24_000_000
"""Of one picture: a page of a newspaper at 150 dots an inch. Larger ones are coarser."""

_NAME = "/Picture"

_WRITING = 0.8
"""Share of a page that is paper or ink from which on it is writing."""

_FEWER_SHADES = bytes((value >> 4) * 17 for value in range(256))
"""Sixteen of each colour: enough for the edges of letters, in half of the bytes."""

_KEPT = ("/Type", "/Parent", "/UserUnit")


@contextmanager
def as_drawn(pdf: Pdf) -> Iterator[PdfiumDocument]:
    """Have a document as it is now open in pdfium, within the block.

    Raises:
        OutputDamagedError: it does not open, or has another number of pages there.
    """
    # A library of six megabytes, which only this needs; a worker that draws has loaded it before.
    from pdf_security_processor.pdfium import PdfiumDocument

    saved = io.BytesIO()
    pdf.save(saved, encryption=False, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    with saved.getbuffer() as view:
        address = ctypes.addressof(ctypes.c_char.from_buffer(view))
        try:
            document = PdfiumDocument(address, view.nbytes)
        except CannotBeOpenedError:
            raise OutputDamagedError("The pages cannot be drawn; nothing was put.") from None
        try:
            if document.pages != len(pdf.pages):
                raise OutputDamagedError(
                    f"{document.pages} pages can be drawn, of {len(pdf.pages)}; nothing was put."
                )
            yield document
        finally:
            document.close()


@contextmanager
def opened_page(document: PdfiumDocument, number: int) -> Iterator[Page]:
    """Have one page open.

    Raises:
        InputDamagedError: it cannot be.
    """
    try:
        with document.page(number) as page:
            yield page
    except CannotBeOpenedError:
        raise _cannot_be_drawn(number) from None


def become_picture(
    pdf: Pdf,
    document: PdfiumDocument,
    number: int,
    dots_an_inch: int,
    black: Iterable[Rectangle] = (),
) -> None:
    """Let a page be a picture of itself, and hold nothing else.

    Args:
        pdf: the document under work.
        document: the same in pdfium; the page is drawn as it was when that was opened.
        number: of the page, from 0.
        dots_an_inch: of the picture.
        black: what is painted over, in the page's coordinates.

    Raises:
        InputDamagedError: it cannot be drawn.
    """
    with opened_page(document, number) as page:
        width, height = size_of(page.width, page.height, dots_an_inch, PIXELS)
        drawn = page.drawn(width, height)
        if drawn is None:
            raise _cannot_be_drawn(number)
        pixels = bytearray(drawn)
        for rectangle in black:
            _blacken(pixels, page.pixels_of(rectangle, width, height), width, height)
        box = Array([0, 0, round(page.width, 4), round(page.height, 4)])
    target = pdf.pages[number].obj
    kept = {key: target[key] for key in _KEPT if key in target}
    made = Dictionary(kept)
    made["/MediaBox"] = box
    made["/Resources"] = Dictionary(XObject=Dictionary({_NAME: _image(pdf, pixels, width, height)}))
    drawing = b"%s 0 0 %s 0 0 cm %s Do" % (
        str(box[2]).encode(),
        str(box[3]).encode(),
        _NAME.encode(),
    )
    made["/Contents"] = pdf.make_indirect(Stream(pdf, b""))
    write_compressed(made["/Contents"], drawing)
    overwrite(target, made)


def _cannot_be_drawn(number: int) -> InputDamagedError:
    return InputDamagedError(f"Page {number + 1} cannot be drawn.")


def _blacken(pixels: bytearray, box: tuple[int, int, int, int], width: int, height: int) -> None:
    """Paint a box over, and a pixel more on each side, which what is in it may have touched."""
    left, top, right, bottom = box
    left, right = max(0, left - 1), min(width, right + 2)
    if left >= right:
        return
    bar = bytes((right - left) * SAMPLES)
    for row in range(max(0, top - 1), min(height, bottom + 2)):
        start = (row * width + left) * SAMPLES
        pixels[start : start + len(bar)] = bar


def _image(pdf: Pdf, pixels: bytearray, width: int, height: int) -> Object:
    """Make an image of pixels in blue, green and red; of gray alone where all are gray."""
    if _is_writing(pixels):
        pixels = pixels.translate(_FEWER_SHADES)
    blue, green, red = pixels[0::SAMPLES], pixels[1::SAMPLES], pixels[2::SAMPLES]
    if blue == green == red:
        samples, space = bytes(blue), Name.DeviceGray
    else:
        pixels[0::SAMPLES], pixels[2::SAMPLES] = red, blue
        samples, space = bytes(pixels), Name.DeviceRGB
    image = pdf.make_indirect(
        Stream(
            pdf,
            b"",
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=width,
            Height=height,
            ColorSpace=space,
            BitsPerComponent=8,
        )
    )
    write_compressed(image, samples)
    return image


def _is_writing(pixels: bytearray) -> bool:
    """Tell whether most is paper and ink, and shades are the edges of letters."""
    sample = pixels[1::SAMPLES]
    return sample.count(0) + sample.count(255) > _WRITING * len(sample)
