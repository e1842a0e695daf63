"""Writes what form fields show that bring no appearance: ISO 32000-2, 12.7.4.3 and 12.7.5.

What it writes goes the way of every appearance afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream, String

from pdf_security_processor import limits
from pdf_security_processor.errors import LimitExceededError
from pdf_security_processor.rebuild import choices
from pdf_security_processor.rebuild.faces import Face, standard_font, text_of
from pdf_security_processor.rebuild.frames import (
    Frame,
    clipped,
    drawn_frame,
    frame_of,
    mark,
    turned,
)
from pdf_security_processor.rebuild.painting import box_of, number_of
from pdf_security_processor.rebuild.texts import (
    Style,
    in_cells,
    one_line,
    several_lines,
    style_of,
)

_WITH_TEXT = ("/Tx", "/Ch")

_PASSWORD, _SEVERAL_LINES = 1 << 13, 1 << 12
_COMB, _RICH = 1 << 24, 1 << 25
_PUSH_BUTTON, _RADIO = 1 << 16, 1 << 15
"""Tables 229 and 231."""

_CELLS = 1000
"""Of a comb."""

_CHECK = "3"
"""In ZapfDingbats."""


def complete_appearances(pdf: Pdf) -> None:
    """Give an appearance to the fields that lack one, or whose own is out of date.

    Raises:
        LimitExceededError: more widgets than are looked at.
        MemoryError: something may be lacking for want of memory.
    """
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, Dictionary):
        return
    are_out_of_date = pdf.acroform.needs_appearances
    for annotation in _widgets(pdf):
        field = pdf.acroform.get_field_for_annotation(annotation)
        if field.is_null or not annotation.obj.is_indirect:
            continue
        kind = _type_of(field)
        widget = annotation.obj
        if not _has_appearance(widget) or (are_out_of_date and _is_rewritten(widget, field, kind)):
            _complete(pdf, widget, field, kind, form)
    # What is odd about a form that goes is no damage.
    if pdf.get_warnings() and limits.memory_was_short():
        raise MemoryError


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


def _has_appearance(widget: Object) -> bool:
    appearances = widget.get("/AP")
    normal = appearances.get("/N") if isinstance(appearances, Dictionary) else None
    return isinstance(normal, Dictionary | Stream)


def _is_rewritten(widget: Object, field: pikepdf.AcroFormField, kind: str) -> bool:
    """Tell whether readers write anew what a field shows when the form says that it is out of date.

    Rich text, and buttons that are off or name no mark, have looks of their own.
    """
    if kind == "/Btn":
        looks, state = widget.get("/MK"), widget.get("/AS")
        is_on = isinstance(state, Name) and state != Name.Off
        return is_on and isinstance(looks, Dictionary) and "/CA" in looks
    return kind in _WITH_TEXT and not (kind == "/Tx" and field.flags & _RICH)


def _complete(
    pdf: Pdf, widget: Object, field: pikepdf.AcroFormField, kind: str, form: Object
) -> None:
    box = box_of(widget.get("/Rect"))
    if box is None:
        return
    width, height = box[2] - box[0], box[3] - box[1]
    looks = widget.get("/MK")
    angle = number_of(looks.get("/R")) if isinstance(looks, Dictionary) else None
    turning, across, up = turned(int(angle or 0), width, height)
    frame = frame_of(widget, (0.0, 0.0, across, up), is_round=_is_radio(field, kind, looks))
    content, face = _content(widget, field, kind, frame, form)
    drawn = f"{drawn_frame(frame)}{clipped(frame, content)}"
    entries = Dictionary(Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, width, height]))
    if face is not None:
        entries["/Resources"] = Dictionary(Font=Dictionary(F=face.font))
    appearance = Stream(pdf, f"{turning}{drawn}".encode(), entries)
    widget["/AP"] = Dictionary(N=appearance)


def _is_radio(field: pikepdf.AcroFormField, kind: str, looks: Object | None) -> bool:
    has_caption = isinstance(looks, Dictionary) and "/CA" in looks
    return kind == "/Btn" and bool(field.flags & _RADIO) and not has_caption


def _content(
    widget: Object, field: pikepdf.AcroFormField, kind: str, frame: Frame, form: Object
) -> tuple[str, Face | None]:
    """Draw what stands in a field's frame; give the font that it needs, too."""
    style = _style_of(field, form)
    if kind == "/Btn":
        return _button(widget, field, frame, style)
    if style is None or kind not in _WITH_TEXT:
        return "", None
    draw = choices.drawn if kind == "/Ch" else _written
    content = draw(field, frame, style)
    return content, style.face if content else None


def _style_of(field: pikepdf.AcroFormField, form: Object) -> Style | None:
    """Read how a field's text looks; where its own word names no font, the form's."""
    resources = (choices.inherited(field, "/DR"), form.get("/DR"))
    given = form.get("/DA")
    general = bytes(given) if isinstance(given, String) else b""
    return style_of(field.default_appearance, resources, field.quadding) or style_of(
        general, resources, field.quadding
    )


def _written(field: pikepdf.AcroFormField, frame: Frame, style: Style) -> str:
    """Set the value of a text field."""
    text = text_of(choices.inherited(field, "/V"))
    _, _, width, height = frame.box
    if field.flags & _PASSWORD:
        # What is typed there is not to be read (table 231).
        text = "*" * len(text)
    if field.flags & _SEVERAL_LINES:
        return several_lines(text, style, width, height, frame.width)
    cells = number_of(choices.inherited(field, "/MaxLen"))
    if field.flags & _COMB and cells and 0 < cells <= _CELLS:
        return in_cells(text, style, width, height, frame.width, int(cells))
    return one_line(text, style, width, height, frame.width)


def _button(
    widget: Object, field: pikepdf.AcroFormField, frame: Frame, style: Style | None
) -> tuple[str, Face | None]:
    """Draw the caption of a button, or the mark of one that is on."""
    looks = widget.get("/MK")
    caption = text_of(looks.get("/CA")) if isinstance(looks, Dictionary) else ""
    state = widget.get("/AS")
    is_push_button = bool(field.flags & _PUSH_BUTTON)
    if not is_push_button:
        if not isinstance(state, Name) or state == Name.Off:
            return "", None
        if frame.is_round:
            return mark(frame), None
        caption = caption or _CHECK
    if style is None or not caption:
        return "", None
    face = style.face if is_push_button else Face(standard_font("ZapfDingbats"))
    _, _, width, height = frame.box
    centred = replace(style, face=face, quadding=1)
    return one_line(caption, centred, width, height, frame.width), face


def _type_of(field: pikepdf.AcroFormField) -> str:
    try:
        return field.field_type
    except UnicodeDecodeError:
        return ""
