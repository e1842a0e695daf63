"""Fonts that text is made in: which codes they show it by, and how wide it is. Changes nothing.

Simple fonts, and those whose codes are UTF-16: ISO 32000-2, 9.6 and 9.7.5.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from pikepdf import Array, Dictionary, Name, Object, String

from pdf_security_processor.rebuild.metrics import FIRST, WIDTHS
from pdf_security_processor.rebuild.painting import number_of, numbers_of
from pdf_security_processor.spelling import spelling

CHARACTERS = 10_000
"""Of one text that are drawn."""

_UNKNOWN_WIDTH = 500.0

_SUBSET = re.compile(r"[A-Z]{6}\+")
_CODED_IN_UTF_16 = re.compile(r"/Uni[A-Z0-9]{2,5}-UTF16-H")

_FAMILIES = (
    (re.compile(r"zapf|zadb|zadi|dingbats", re.IGNORECASE), "ZapfDingbats"),
    (re.compile(r"cour|mono", re.IGNORECASE), "Courier"),
    (re.compile(r"tim|tiro|serif\b", re.IGNORECASE), "Times"),
    (re.compile(r""), "Helvetica"),
)
"""What is in a name -> the standard font that is meant."""

_BOLD = re.compile(r"bold|black|heavy|bo$", re.IGNORECASE)
_ITALIC = re.compile(r"italic|oblique", re.IGNORECASE)


class Face:
    """A font, as one that text is written in.

    Attributes:
        font: its dictionary.
    """

    def __init__(self, font: Object) -> None:
        self.font = font
        self._is_wide = bool(_CODED_IN_UTF_16.fullmatch(spelling(font.get("/Encoding"))))

    def codes(self, text: str) -> bytes:
        """Give the codes that show a text; what the font has no code for is left out."""
        shown = "".join(each for each in text if each >= " ")
        return shown.encode("utf-16-be" if self._is_wide else self._encoding, "ignore")

    def width(self, text: str) -> float:
        """Tell how wide a text is, in sizes of the font."""
        codes = self.codes(text)
        if self._is_wide:
            return len(codes) / 2
        first, widths = self._widths
        known = range(first, first + len(widths))
        return sum(widths[code - first] if code in known else self._missing for code in codes) / 1e3

    @cached_property
    def _encoding(self) -> str:
        encoding = self.font.get("/Encoding")
        if isinstance(encoding, Dictionary):
            # Acrobat's own, for fields.
            return "pdfdoc" if "/Differences" in encoding else "cp1252"
        return "mac-roman" if encoding == Name.MacRomanEncoding else "cp1252"

    @cached_property
    def _widths(self) -> tuple[int, list[float]]:
        first = number_of(self.font.get("/FirstChar"))
        widths = numbers_of(self.font.get("/Widths"))
        if widths and first is not None:
            return int(first), widths
        return FIRST, list(map(float, WIDTHS[_standard(spelling(self.font.get("/BaseFont")))]))

    @cached_property
    def _missing(self) -> float:
        descriptor = self.font.get("/FontDescriptor")
        if not isinstance(descriptor, Dictionary):
            return _UNKNOWN_WIDTH
        width = number_of(descriptor.get("/MissingWidth"))
        return _UNKNOWN_WIDTH if width is None else width


def face_of(name: Name, resources: Iterable[Object | None]) -> Face:
    """Find the font of a name in the first resources that have one; else the standard one meant."""
    for each in resources:
        fonts = each.get("/Font") if isinstance(each, Dictionary) else None
        font = fonts.get(name) if isinstance(fonts, Dictionary) else None
        if isinstance(font, Dictionary) and _is_usable(font):
            return Face(font)
    return Face(standard_font(spelling(name)))


def _is_usable(font: Object) -> bool:
    subtype = spelling(font.get("/Subtype"))
    if subtype == "/Type0":
        return bool(_CODED_IN_UTF_16.fullmatch(spelling(font.get("/Encoding"))))
    return subtype in ("/Type1", "/MMType1", "/TrueType")


def standard_font(name: str) -> Object:
    """Make the standard font that a name means."""
    base = _standard(name)
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name(f"/{base}"))
    if base != "ZapfDingbats":
        font["/Encoding"] = Name.WinAnsiEncoding
    return font


def _standard(name: str) -> str:
    plain = _SUBSET.sub("", name.lstrip("/"))
    family = next(family for pattern, family in _FAMILIES if pattern.search(plain))
    if family in ("ZapfDingbats", "Courier"):
        return family
    bold, italic = bool(_BOLD.search(plain)), bool(_ITALIC.search(plain))
    if family == "Helvetica":
        return "Helvetica-Bold" if bold else "Helvetica"
    return f"Times-{_TIMES[bold, italic]}"


_TIMES = {
    (False, False): "Roman",
    (True, False): "Bold",
    (False, True): "Italic",
    (True, True): "BoldItalic",
}


def text_of(value: Object | None) -> str:
    """Read a text string, or the first of several, up to so many characters."""
    if isinstance(value, Array):
        value = value[0] if len(value) else None
    if isinstance(value, Name):
        return spelling(value).lstrip("/")
    if not isinstance(value, String):
        return ""
    try:
        return str(value)[:CHARACTERS]
    except UnicodeDecodeError:
        return bytes(value).decode("latin-1")[:CHARACTERS]
