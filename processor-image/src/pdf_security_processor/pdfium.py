"""A document as pdfium sees it: pages as pixels, and the characters on them. Changes nothing.

The only module that calls pdfium; imported before a process is sealed, for it loads a library.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2.raw as pdfium

from pdf_security_processor.page_views import (
    SAMPLES,
    CannotBeOpenedError,
    Character,
    Rectangle,
)

_WHITE = 0xFFFFFFFF

_FORM_INFORMATION = pdfium.FPDF_FORMFILLINFO(version=2)
"""No callback at all. pdfium keeps the address for as long as the process lives."""


class Page:
    """One page that is open."""

    def __init__(self, page: Any, form: Any) -> None:
        self._page = page
        self._form = form
        self.width: float = pdfium.FPDF_GetPageWidthF(page)
        """In points, as the page is shown: turned, and cut to its crop box."""
        self.height: float = pdfium.FPDF_GetPageHeightF(page)

    def drawn(self, width: int, height: int) -> bytes | None:
        """Draw the page, with what its annotations and fields show.

        Args:
            width: of the picture, in pixels.
            height: of the picture, in pixels.

        Returns:
            `SAMPLES` bytes a pixel, row by row; None where it cannot be drawn.
        """
        bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_BGR, None, 0)
        if not bitmap:
            return None
        try:
            pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, _WHITE)
            place = (bitmap, self._page, 0, 0, width, height, 0, pdfium.FPDF_ANNOT)
            pdfium.FPDF_RenderPageBitmap(*place)
            if self._form:
                pdfium.FPDF_FFLDraw(self._form, *place)
            stride = pdfium.FPDFBitmap_GetStride(bitmap)
            rows = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * height)
        finally:
            pdfium.FPDFBitmap_Destroy(bitmap)
        row_bytes = width * SAMPLES
        if stride == row_bytes:
            return rows
        # Rows are padded to four bytes.
        return b"".join(rows[start : start + row_bytes] for start in range(0, len(rows), stride))

    def pixels_of(self, rectangle: Rectangle, width: int, height: int) -> tuple[int, int, int, int]:
        """Tell which pixels of a picture of the page a rectangle of it is.

        Args:
            rectangle: in the page's coordinates.
            width: of the picture, in pixels.
            height: of the picture, in pixels.

        Returns:
            Left, top, right, bottom; the picture need not have all of them.
        """
        left, bottom, right, top = rectangle
        corners = [self._device(x, y, width, height) for x in (left, right) for y in (bottom, top)]
        xs, ys = zip(*corners, strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    def _device(self, x: float, y: float, width: int, height: int) -> tuple[int, int]:
        at_x, at_y = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDF_PageToDevice(self._page, 0, 0, width, height, 0, x, y, at_x, at_y)
        return at_x.value, at_y.value

    def characters(self) -> list[Character]:
        """List the characters in the order in which pdfium reads them.

        Raises:
            CannotBeOpenedError: the page's text cannot be read.
        """
        text = pdfium.FPDFText_LoadPage(self._page)
        if not text:
            raise CannotBeOpenedError
        try:
            count = pdfium.FPDFText_CountChars(text)
            if count < 0:
                raise CannotBeOpenedError
            return list(map(_Text(text).character, range(count)))
        finally:
            pdfium.FPDFText_ClosePage(text)


class _Text:
    """The text of a page. There are thousands of characters: what each is asked into is reused."""

    def __init__(self, text: Any) -> None:
        self._text = text
        self._numbers = [ctypes.c_double() for _ in range(4)]
        self._loose = pdfium.FS_RECTF()

    def character(self, index: int) -> Character:
        text = self._text
        unknown = pdfium.FPDFText_HasUnicodeMapError(text, index) == 1
        code = 0 if unknown else pdfium.FPDFText_GetUnicode(text, index)
        made_up = pdfium.FPDFText_IsGenerated(text, index) == 1
        return Character(
            text=chr(code) if 0 < code <= sys.maxunicode else "",
            box=None if made_up else self._box(index),
            is_hyphen=pdfium.FPDFText_IsHyphen(text, index) == 1,
        )

    def _box(self, index: int) -> Rectangle | None:
        """Give the box of a character's ink and that of its font's height, together."""
        left, right, bottom, top = self._numbers
        tight = pdfium.FPDFText_GetCharBox(self._text, index, left, right, bottom, top)
        loose = self._loose
        if not pdfium.FPDFText_GetLooseCharBox(self._text, index, loose):
            return (left.value, bottom.value, right.value, top.value) if tight else None
        if not tight:
            return loose.left, loose.bottom, loose.right, loose.top
        return (
            min(left.value, loose.left),
            min(bottom.value, loose.bottom),
            max(right.value, loose.right),
            max(top.value, loose.top),
        )


class PdfiumDocument:
    """A document that is open."""

    def __init__(self, address: int, size: int, password: bytes = b"") -> None:
        """Open a document.

        Args:
            address: of its bytes, which stay there for as long as it is open.
            size: of them.
            password: that opens it.

        Raises:
            CannotBeOpenedError: pdfium does not.
        """
        self._document = pdfium.FPDF_LoadMemDocument64(ctypes.c_void_p(address), size, password)
        if not self._document:
            raise CannotBeOpenedError
        self._form = pdfium.FPDFDOC_InitFormFillEnvironment(self._document, _FORM_INFORMATION)
        if self._form:
            # Fields are drawn without the colour that marks them on a screen.
            pdfium.FPDF_SetFormFieldHighlightAlpha(self._form, 0)
        self.pages: int = pdfium.FPDF_GetPageCount(self._document)
        """How many it has."""

    def close(self) -> None:
        """Give back what it takes."""
        if self._form:
            pdfium.FPDFDOC_ExitFormFillEnvironment(self._form)
        pdfium.FPDF_CloseDocument(self._document)

    @contextmanager
    def page(self, number: int) -> Iterator[Page]:
        """Have a page open in the block.

        Args:
            number: from 0.

        Raises:
            CannotBeOpenedError: pdfium does not open it.
        """
        page = pdfium.FPDF_LoadPage(self._document, number)
        if not page:
            raise CannotBeOpenedError
        try:
            yield Page(page, self._form)
        finally:
            pdfium.FPDF_ClosePage(page)


def prepare() -> None:
    """Let pdfium do now what it does once."""
    pdfium.FPDF_InitLibrary()
