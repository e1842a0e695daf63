"""The renderer: one sealed process that draws one document, which it has only as memory.

Never opens a path or a socket, and never sees a credential. What it says is pictures.
"""

import ctypes
import io
import os
import sys

import pypdfium2.raw as pdfium

from pdf_security_processor import sandbox
from pdf_security_processor.contract import Limits
from pdf_security_processor.kernel import map_for_reading
from pdf_security_processor.scratch import write_all
from pdf_security_processor.visual.frames import COUNT, SAMPLES, SIZE, read_order, size_of
from pdf_security_processor.worker_arguments import parse

_WHITE = 0xFFFFFFFF

_FORM_INFORMATION = pdfium.FPDF_FORMFILLINFO(version=2)
"""No callback at all. pdfium keeps the address for as long as the process lives."""


def main(arguments: list[str]) -> int:
    """Seal the process, then draw what it is told to; return 0 where the document opened."""
    given = parse(arguments)
    size = os.fstat(given.input).st_size
    # A mapping, for the rest to open no file; the document's bytes are looked at after the seal.
    address = map_for_reading(given.input, size)
    pdfium.FPDF_InitLibrary()
    descriptors = {0, 1, 2, given.input, given.report}
    bounds = Limits.model_validate_json(given.limits)
    seal = sandbox.seal(bounds, descriptors, given.broker, lambda: None)
    with io.FileIO(given.report, "w", closefd=False) as pipe:
        write_all(pipe, seal.model_dump_json(by_alias=True).encode() + b"\n")
        order = read_order(sys.stdin.buffer)
        if order is None:
            return 0
        password = order.password.reveal().encode()
        document = pdfium.FPDF_LoadMemDocument64(ctypes.c_void_p(address), size, password)
        if not document:
            return 1
        form = _form_of(document)
        count = pdfium.FPDF_GetPageCount(document)
        write_all(pipe, COUNT.pack(count))
        for number in range(min(count, order.pages)):
            width, height, picture = _drawn(document, form, number)
            write_all(pipe, SIZE.pack(width, height) + picture)
    return 0


def _form_of(document: object) -> object:
    """Let fields be drawn, without the colour that marks them on a screen."""
    form = pdfium.FPDFDOC_InitFormFillEnvironment(document, _FORM_INFORMATION)
    if form:
        pdfium.FPDF_SetFormFieldHighlightAlpha(form, 0)
    return form


def _drawn(document: object, form: object, number: int) -> tuple[int, int, bytes]:
    """Draw one page; give width and height in pixels, both 0 where it cannot be, and the pixels."""
    page = pdfium.FPDF_LoadPage(document, number)
    if not page:
        return 0, 0, b""
    width, height = size_of(pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page))
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_BGR, None, 0)
    try:
        if not bitmap:
            return 0, 0, b""
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, _WHITE)
        place = (bitmap, page, 0, 0, width, height, 0, pdfium.FPDF_ANNOT)
        pdfium.FPDF_RenderPageBitmap(*place)
        if form:
            pdfium.FPDF_FFLDraw(form, *place)
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        rows = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * height)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
        pdfium.FPDF_ClosePage(page)
    row_bytes = width * SAMPLES
    if stride != row_bytes:
        # Rows are padded to four bytes.
        starts = range(0, len(rows), stride)
        rows = b"".join(rows[start : start + row_bytes] for start in starts)
    return width, height, rows


if __name__ == "__main__":
    # Without the interpreter's teardown, as the worker ends.
    os._exit(main(sys.argv[1:]))
