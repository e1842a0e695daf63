"""`redact`: pages with words or areas to be taken out become pictures, black where those were.

What is found is what pdfium reads on the page, and so what a reader could search or copy; text that
is part of a picture is not, and areas are for it. Nothing of such a page is left but its pixels.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pikepdf import Dictionary, Name, Object

from pdf_security_processor.contract import Operation, Redact, Sanitize
from pdf_security_processor.drawn import as_drawn, become_picture, opened_page
from pdf_security_processor.errors import InternalError, InvalidRequestError, OutputDamagedError
from pdf_security_processor.operations.document import Document
from pdf_security_processor.operations.sanitize import sanitize
from pdf_security_processor.page_views import Rectangle
from pdf_security_processor.terms import Terms

if TYPE_CHECKING:
    from pdf_security_processor.pdfium import PdfiumDocument

_ABOVE, _BESIDE = 0.12, 0.06
"""Of a box's height: how far ink may stand over the box that a font names."""

_PAGES_NAMED = 20


def redact(document: Document, operation: Operation) -> None:
    """Take words and areas out for good, and look whether any is left.

    Raises:
        InvalidRequestError: an area is on a page that the document does not have, or the document
            was sanitized before.
        InputDamagedError: a page cannot be drawn or read.
        OutputDamagedError: a page that had any still has text.
    """
    wanted = operation.redact
    if wanted is None:
        raise InternalError("redact: called for another operation")
    if document.is_rebuilt:
        raise InvalidRequestError(
            "redact: must come before sanitize, which takes out text that it would find."
        )
    # What scans have to be searched by is searched.
    sanitize(document, Operation(sanitize=Sanitize(invisible_text="keep")))
    terms = Terms(wanted.texts or [], wanted.patterns or [])
    black = _areas_of(wanted, len(document.pdf.pages))
    with as_drawn(document.pdf) as drawn:
        found = _found(document, drawn, terms)
        for number, boxes in found.items():
            black.setdefault(number, []).extend(map(_padded, boxes))
        for number in sorted(black):
            become_picture(document.pdf, drawn, number, operation.dots_an_inch, black[number])
    if black:
        with as_drawn(document.pdf) as drawn:
            _check_gone(drawn, black)
    document.removed["Redaction"] = sum(map(len, found.values())) + len(wanted.areas or ())
    document.removed["RedactedPage"] = len(black)
    if not black:
        document.warnings.append("redact: nothing of what was to be taken out was found")


def _areas_of(wanted: Redact, pages: int) -> dict[int, list[Rectangle]]:
    areas: dict[int, list[Rectangle]] = {}
    for area in wanted.areas or ():
        if area.page > pages:
            raise InvalidRequestError(
                f"redact: an area is on page {area.page}, and the document has {pages} pages."
            )
        left, bottom, right, top = area.rectangle
        corners = (min(left, right), min(bottom, top), max(left, right), max(bottom, top))
        areas.setdefault(area.page - 1, []).append(corners)
    return areas


def _found(document: Document, drawn: PdfiumDocument, terms: Terms) -> dict[int, list[Rectangle]]:
    """Find terms, page by page; warn of what could not be looked at."""
    found: dict[int, list[Rectangle]] = {}
    if terms.are_none:
        return found
    unreadable = []
    for number in range(drawn.pages):
        with opened_page(drawn, number) as page:
            characters = page.characters()
        boxes = terms.boxes_in(characters)
        if boxes:
            found[number] = boxes
        if any(not each.text for each in characters):
            unreadable.append(number + 1)
    _warn(document, unreadable)
    return found


def _check_gone(drawn: PdfiumDocument, numbers: Iterable[int]) -> None:
    for number in numbers:
        with opened_page(drawn, number) as page:
            if page.characters():
                raise OutputDamagedError(
                    f"redact: page {number + 1} still has text; nothing was put."
                )


def _warn(document: Document, unreadable: list[int]) -> None:
    if unreadable:
        document.warnings.append(
            "redact: pages with text of which the document does not say what it is, and which was "
            f"not searched: {_listed(unreadable)}"
        )
    pictures = [
        number + 1
        for number, page in enumerate(document.pdf.pages)
        if _has_image(page.obj["/Resources"], set())
    ]
    if pictures:
        document.warnings.append(
            f"redact: pages with pictures, in which no words are found: {_listed(pictures)}"
        )


def _has_image(resources: Object, seen: set[tuple[int, int]]) -> bool:
    """Tell whether resources have an image, or a form that has one."""
    for each in resources.get("/XObject", Dictionary()).values():
        if each.objgen in seen:
            continue
        seen.add(each.objgen)
        if each.get("/Subtype") == Name.Image:
            return True
        if _has_image(each.get("/Resources", Dictionary()), seen):
            return True
    return False


def _listed(pages: list[int]) -> str:
    more = len(pages) - _PAGES_NAMED
    named = ", ".join(map(str, pages[:_PAGES_NAMED]))
    return f"{named} and {more} more" if more > 0 else named


def _padded(box: Rectangle) -> Rectangle:
    left, bottom, right, top = box
    height = top - bottom
    above, beside = _ABOVE * height, _BESIDE * height
    return left - beside, bottom - above, right + beside, top + above
