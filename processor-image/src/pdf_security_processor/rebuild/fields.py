"""Lets qpdf write the text of form fields that bring no appearance: ISO 32000-2, 12.7.4.3.

What it writes goes the way of every appearance afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator

import pikepdf
from pikepdf import Dictionary, Pdf

from pdf_security_processor import limits
from pdf_security_processor.errors import LimitExceededError

_WITH_TEXT = ("/Tx", "/Ch")

_PASSWORD = 1 << 13
_SET_BY_WRITERS = 1 << 12 | 1 << 24 | 1 << 25
"""Of several lines, in boxes, or rich: table 231."""


def complete_appearances(pdf: Pdf) -> frozenset[tuple[int, int]]:
    """Give text to the widgets that lack it; return these, whose frames are still to be drawn.

    Raises:
        LimitExceededError: more widgets than are looked at.
        MemoryError: something may be lacking for want of memory.
    """
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, Dictionary):
        return frozenset()
    all_of_them = pdf.acroform.needs_appearances
    completed = frozenset(
        annotation.obj.objgen
        for annotation in _widgets(pdf)
        if (all_of_them or "/AP" not in annotation.obj) and _is_completed(pdf, annotation)
    )
    # What is odd about a form that goes is no damage.
    if pdf.get_warnings() and limits.memory_was_short():
        raise MemoryError
    return completed


def _widgets(pdf: Pdf) -> Iterator[pikepdf.Annotation]:
    count = 0
    for page in pdf.pages:
        for annotation in pdf.acroform.get_widget_annotations_for_page(page):
            count += 1
            if count > limits.FORM_FIELDS:
                raise LimitExceededError(
                    f"The document has more than {limits.FORM_FIELDS} form fields."
                )
            yield annotation


def _is_completed(pdf: Pdf, annotation: pikepdf.Annotation) -> bool:
    field = pdf.acroform.get_field_for_annotation(annotation)
    if field.is_null or not annotation.obj.is_indirect or _type_of(field) not in _WITH_TEXT:
        return False
    if "/AP" in annotation.obj and field.flags & (_PASSWORD | _SET_BY_WRITERS):
        # qpdf writes the value itself, and on one line, in one piece.
        return False
    if field.flags & _PASSWORD:
        # What is typed there is not to be read (table 231).
        annotation.obj["/AP"] = Dictionary()
        return True
    if not isinstance(annotation.obj.get("/AP"), Dictionary):
        annotation.obj["/AP"] = Dictionary()
    elif "/N" in annotation.obj["/AP"]:
        del annotation.obj["/AP"]["/N"]
    try:
        field.generate_appearance(annotation)
    except pikepdf.PikepdfError:
        # A field that qpdf cannot make sense of shows its frame.
        del annotation.obj["/AP"]
    return True


def _type_of(field: pikepdf.AcroFormField) -> str:
    try:
        return field.field_type
    except UnicodeDecodeError:
        return ""
