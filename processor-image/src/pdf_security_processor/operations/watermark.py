"""`watermark`: a text on each page, such as for whom the copy is. Whoever edits can take it off."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from pdf_security_processor.contract import Operation, Watermark
from pdf_security_processor.errors import InternalError, InvalidRequestError
from pdf_security_processor.operations.document import Document
from pdf_security_processor.rebuild.faces import Face, standard_font
from pdf_security_processor.rebuild.painting import number_of, numbers_of, written
from pdf_security_processor.rebuild.texts import string_of

OPACITY_PERCENT = 20

_LETTER = (0.0, 0.0, 612.0, 792.0)

_LARGEST = 0.12
"""Size of a diagonal text, of the page's diagonal, at most."""

_LENGTH = 0.75
"""Of a diagonal text, of the page's diagonal."""

_SMALL_SIZE, _EDGE = 9.0, 12.0
"""Points of a text along an edge, and from that edge."""

_MIDDLE = 0.35
"""Of a size: where the middle of capital letters is above their foot."""

_GRAY = "0.5 g"

_TURNS = 4

_CORNERS = 4


@dataclass(frozen=True)
class _Sheet:
    """A page as it is shown.

    Attributes:
        box: left, bottom, right, top of what is shown, in the page's coordinates.
        turns: by 90 degrees, clockwise.
    """

    box: tuple[float, float, float, float]
    turns: int

    @property
    def size(self) -> tuple[float, float]:
        """Width and height as shown."""
        left, bottom, right, top = self.box
        across, up = right - left, top - bottom
        return (up, across) if self.turns % 2 else (across, up)

    @property
    def matrix(self) -> tuple[float, ...]:
        """From coordinates with their origin at the lower left as shown, to the page's."""
        left, bottom, right, top = self.box
        return (
            (1, 0, 0, 1, left, bottom),
            (0, 1, -1, 0, right, bottom),
            (-1, 0, 0, -1, right, top),
            (0, -1, 1, 0, left, top),
        )[self.turns]


def watermark(document: Document, operation: Operation) -> None:
    """Draw the text over each page.

    Raises:
        InvalidRequestError: the text has letters that the font does not have.
    """
    wanted = operation.watermark
    if wanted is None:
        raise InternalError("watermark: called for another operation")
    face = Face(standard_font("Helvetica-Bold"))
    if len(face.codes(wanted.text)) != len(wanted.text):
        raise InvalidRequestError(
            "watermark: the text has letters that are not in Windows code page 1252; write it in "
            "letters of Western European languages."
        )
    forms: dict[_Sheet, Object] = {}
    for page in document.pdf.pages:
        sheet = _sheet_of(page.obj)
        if sheet not in forms:
            forms[sheet] = _form(document.pdf, wanted, face, sheet)
        _draw(document.pdf, page.obj, forms[sheet])


def _sheet_of(page: Object) -> _Sheet:
    boxes = (_box_of(page.get(key)) for key in ("/CropBox", "/MediaBox"))
    turned = number_of(page.get("/Rotate")) or 0.0
    return _Sheet(next(filter(None, boxes), _LETTER), int(turned // 90) % _TURNS)


def _box_of(value: Object | None) -> tuple[float, float, float, float] | None:
    corners = numbers_of(value)
    if len(corners) != _CORNERS:
        return None
    left, bottom, right, top = corners
    box = (min(left, right), min(bottom, top), max(left, right), max(bottom, top))
    return box if box[0] < box[2] and box[1] < box[3] else None


def _form(pdf: Pdf, wanted: Watermark, face: Face, sheet: _Sheet) -> Object:
    """Make what is drawn over pages of one size."""
    width, height = sheet.size
    size, x, y, angle = _placed(wanted, face.width(wanted.text), width, height)
    across, up = math.cos(angle), math.sin(angle)
    content = (
        f"/Artifact <</Type /Pagination /Subtype /Watermark>> BDC /G gs {_GRAY} BT "
        f"/F {written(size)} Tf {written(across, up, -up, across, x, y)} Tm "
        f"{string_of(face.codes(wanted.text))} Tj ET EMC"
    )
    opacity = (wanted.opacity_percent or OPACITY_PERCENT) / 100
    state = Dictionary(Type=Name.ExtGState, ca=round(opacity, 2))
    return pdf.make_indirect(
        Stream(
            pdf,
            content.encode(),
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([0, 0, round(width, 4), round(height, 4)]),
            Matrix=Array([round(each, 4) for each in sheet.matrix]),
            Resources=Dictionary(Font=Dictionary(F=face.font), ExtGState=Dictionary(G=state)),
        )
    )


def _placed(
    wanted: Watermark, wide: float, width: float, height: float
) -> tuple[float, float, float, float]:
    """Give size, x and y of the text's beginning, and its angle.

    Args:
        wanted: says where.
        wide: the text, in sizes of the font.
        width: of the page as shown.
        height: of the page as shown.
    """
    if wanted.position in ("top", "bottom"):
        size = min(_SMALL_SIZE, max(width - 2 * _EDGE, 1) / wide)
        y = _EDGE if wanted.position == "bottom" else height - _EDGE - size
        return size, (width - wide * size) / 2, y, 0.0
    diagonal, angle = math.hypot(width, height), math.atan2(height, width)
    size = min(_LARGEST * diagonal, _LENGTH * diagonal / wide)
    along, across = wide * size / 2, _MIDDLE * size
    x = width / 2 - along * math.cos(angle) + across * math.sin(angle)
    y = height / 2 - along * math.sin(angle) - across * math.cos(angle)
    return size, x, y, angle


def _draw(pdf: Pdf, page: Object, form: Object) -> None:
    resources = page.get("/Resources")
    if not isinstance(resources, Dictionary):
        resources = page["/Resources"] = Dictionary()
    objects = resources.get("/XObject")
    if not isinstance(objects, Dictionary):
        objects = resources["/XObject"] = Dictionary()
    name = _name_of(objects, form)
    objects[name] = form
    contents = page.get("/Contents", Array())
    own = (
        [contents]
        if isinstance(contents, Stream)
        else list(contents)
        if isinstance(contents, Array)
        else []
    )
    # Whatever state the page's own content leaves is not the watermark's.
    before = pdf.make_indirect(Stream(pdf, b"q"))
    after = pdf.make_indirect(Stream(pdf, b"Q q %s Do Q" % name.encode()))
    page["/Contents"] = Array([before, *own, after])


def _name_of(objects: Object, form: Object) -> str:
    """Give the name that pages which share resources have for it, or one that is free."""
    number = 0
    while (name := f"/PdfSecurityWatermark{number}") in objects:
        if objects[name].objgen == form.objgen:
            break
        number += 1
    return name
