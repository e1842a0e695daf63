"""What choice fields show: ISO 32000-2, 12.7.5.4. Changes nothing."""

from __future__ import annotations

from dataclasses import replace

import pikepdf
from pikepdf import Array, Integer, Object

from pdf_security_processor.rebuild.faces import text_of
from pdf_security_processor.rebuild.frames import Frame
from pdf_security_processor.rebuild.painting import filling, rectangle
from pdf_security_processor.rebuild.texts import MARGIN, Style, in_rows, one_line

OPTIONS = 10_000
"""Of one field that are looked at."""

_COMBINED = 1 << 17
"""Table 233: one that is shown closed."""

_CHOSEN_GROUND, _CHOSEN_TEXT = (0.0,), (1.0,)
"""Colours of what is chosen: dark with light text, as poppler and pdfium have it."""

_LINE = 1.1
"""Of a size, from one option to the next."""

_FOOT = 0.2
"""Of a size, that the ground of an option reaches below its foot."""


def drawn(field: pikepdf.AcroFormField, frame: Frame, style: Style) -> str:
    """Draw what is chosen, or the options with what is chosen marked."""
    options = _options_of(field)
    _, _, width, height = frame.box
    value = inherited(field, "/V")
    if field.flags & _COMBINED:
        chosen = text_of(value)
        shown = next((name for export, name in options if chosen in (export, name)), chosen)
        return one_line(shown, style, width, height, frame.width)
    return _list(field, options, frame, style)


def _list(
    field: pikepdf.AcroFormField, options: list[tuple[str, str]], frame: Frame, style: Style
) -> str:
    _, _, width, height = frame.box
    size = style.size or _fitting(options, frame, style)
    chosen = _chosen(inherited(field, "/V"))
    top = inherited(field, "/TI")
    first = top.as_int() if isinstance(top, Integer) and 0 <= top.as_int() < len(options) else 0
    rows, marked, grounds = [], [], ""
    for number, (export, name) in enumerate(options[first:]):
        y = height - (number + 1) * _LINE * size
        if y + size < 0:
            break
        if export in chosen or name in chosen:
            foot = y - _FOOT * size
            area = (frame.width, foot, width - frame.width, foot + _LINE * size)
            grounds += f"{rectangle(area)}f "
            marked.append((y, name))
        else:
            rows.append((y, name))
    margin = frame.width + MARGIN
    shown = in_rows(rows, style, size, width, margin)
    if not marked:
        return shown
    light = replace(style, colour=_CHOSEN_TEXT)
    text = in_rows(marked, light, size, width, margin)
    return f"{filling(_CHOSEN_GROUND)}{grounds}{shown}{text}"


def _fitting(options: list[tuple[str, str]], frame: Frame, style: Style) -> float:
    _, _, width, height = frame.box
    widest = max((style.face.width(name) for _, name in options), default=0.0)
    room = width - 2 * MARGIN - 2 * frame.width
    fitting = room / widest if widest else height
    return max(1.0, float(int(min(height - 2 * frame.width, fitting))))


def _options_of(field: pikepdf.AcroFormField) -> list[tuple[str, str]]:
    """List the options, each as it is exported and as it is shown."""
    given = inherited(field, "/Opt")
    options: list[tuple[str, str]] = []
    for each in given if isinstance(given, Array) else ():
        if len(options) == OPTIONS:
            break
        if isinstance(each, Array) and len(each) > 1:
            options.append((text_of(each[0]), text_of(each[1])))
        else:
            options.append((text_of(each), text_of(each)))
    return options


def inherited(field: pikepdf.AcroFormField, key: str) -> Object | None:
    """Give what a field has under a key, or the next above it that has something."""
    value = field.get_inheritable_field_value(key)
    # The stubs know no explicit conversion, in which numbers are objects, too.
    return value if isinstance(value, Object) else None


def _chosen(value: Object | None) -> frozenset[str]:
    """Give what is chosen: one text, or several."""
    if isinstance(value, Array):
        return frozenset(text_of(each) for each in list(value)[:OPTIONS])
    return frozenset((text_of(value),)) - {""}
