"""Annotations become part of the page: what they show is drawn, and nothing of them stays.

What is drawn is the normal appearance, as readers draw it on a screen: ISO 32000-2, 12.5.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pikepdf import Array, Dictionary, Integer, Matrix, Name, Object, Pdf, Rectangle, Stream

from pdf_security_processor.rebuild import streams
from pdf_security_processor.rebuild.appearances import drawn, is_multiplied, numbers_of
from pdf_security_processor.rebuild.copier import Copier, Place
from pdf_security_processor.rebuild.graphics import FORM
from pdf_security_processor.rebuild.links import link_of
from pdf_security_processor.spelling import spelling

ANNOTATIONS = 100_000
"""Annotations of a page that are looked at."""

_HIDDEN, _NO_VIEW = 1 << 1, 1 << 5

_FARTHEST = 1e9
"""Points from a page's origin, and factors, beyond which nothing can be seen."""

_EDGE = 8.0
"""Points by which what is drawn may reach out of an annotation's rectangle."""


@dataclass(frozen=True)
class Drawing:
    """What an annotation shows.

    Attributes:
        form: a form XObject, copied.
        matrix: what is concatenated before it is drawn.
    """

    form: Object
    matrix: Matrix


def annotations_of(
    copier: Copier, page: Object, place: Place
) -> tuple[list[Drawing], list[Object]]:
    """Copy what the annotations of a page show, in the order in which they are drawn.

    Returns:
        What is drawn, and the links that stay.
    """
    annotations = page.get("/Annots")
    found: list[Drawing] = []
    links: list[Object] = []
    if not isinstance(annotations, Array):
        return found, links
    for number, annotation in enumerate(annotations):
        here = place.at("/Annots").at(number)
        if number == ANNOTATIONS:
            copier.leave_out(here, "further")
            break
        if not isinstance(annotation, Dictionary):
            continue
        found += _drawings(copier, annotation, here)
        link = link_of(annotation) if copier.keeps_links else None
        if link is None:
            copier.leave_out(here, spelling(annotation.get("/Subtype", Name.Annot)))
        else:
            links.append(copier.pdf.make_indirect(link))
    return found, links


def _drawings(copier: Copier, annotation: Object, place: Place) -> Iterator[Drawing]:
    if not _is_shown(annotation) or copier.layers.hides(annotation.get("/OC")):
        return
    rectangle = _rectangle_of(annotation.get("/Rect"))
    if rectangle is None:
        return
    if annotation.objgen in copier.framed:
        frame = _drawn(copier.pdf, annotation, rectangle)
        if frame is not None:
            yield Drawing(frame, Matrix())
    if isinstance(annotation.get("/AP"), Dictionary):
        appearance = _appearance_of(annotation)
        if appearance is not None and copier.layers.hides(appearance.get("/OC")):
            return
        form = None
        if appearance is not None:
            # Not by its truth: a stream without data is false.
            form = copier.stream(appearance, FORM, place.at("/AP").at("/N"))
        matrix = _placing(form, rectangle) if form is not None else None
    else:
        form, matrix = _drawn(copier.pdf, annotation, rectangle), Matrix()
    if form is not None and matrix is not None:
        yield Drawing(form, matrix)


def _drawn(pdf: Pdf, annotation: Object, rectangle: Rectangle) -> Object | None:
    """Draw what brings no appearance; None where there is nothing to draw."""
    data = drawn(annotation)
    if not data:
        return None
    # Lines at its edge reach out of it.
    left, bottom = rectangle.llx - _EDGE, rectangle.lly - _EDGE
    right, top = rectangle.urx + _EDGE, rectangle.ury + _EDGE
    resources = Dictionary()
    if is_multiplied(annotation):
        data = b"/M gs " + data
        resources["/ExtGState"] = Dictionary(M=Dictionary(Type=Name.ExtGState, BM=Name.Multiply))
    form = pdf.make_indirect(
        Stream(
            pdf,
            b"",
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([left, bottom, right, top]),
            Resources=resources,
        )
    )
    streams.write_compressed(form, data)
    return form


def _is_shown(annotation: Object) -> bool:
    flags = annotation.get("/F")
    hidden = isinstance(flags, Integer) and flags.as_int() & (_HIDDEN | _NO_VIEW)
    return not hidden and annotation.get("/Subtype") != Name.Popup


def _appearance_of(annotation: Object) -> Object | None:
    """Find the normal appearance, of the state that the annotation is in."""
    appearances = annotation.get("/AP")
    normal = appearances.get("/N") if isinstance(appearances, Dictionary) else None
    if isinstance(normal, Dictionary):
        state = annotation.get("/AS")
        normal = normal.get(state) if isinstance(state, Name) else None
    return normal if isinstance(normal, Stream) else None


def _rectangle_of(value: Object | None) -> Rectangle | None:
    """Give four numbers as a rectangle, whichever of its corners they begin with."""
    numbers = numbers_of(value)
    if len(numbers) != 4:
        return None
    left, right = sorted(numbers[0::2])
    bottom, top = sorted(numbers[1::2])
    return Rectangle(left, bottom, right, top)


def _placing(form: Object, rectangle: Rectangle) -> Matrix | None:
    """Give the matrix that puts a form's box where the annotation is: 12.5.5, algorithm 8."""
    given = form.get("/Matrix")
    own = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0] if given is None else numbers_of(given)
    unplaced = _rectangle_of(form.get("/BBox"))
    if unplaced is None or len(own) != 6:
        return None
    matrix = Matrix(*own)
    box = matrix.transform(unplaced)
    if not (box.width and box.height):
        return None
    scale_x, scale_y = rectangle.width / box.width, rectangle.height / box.height
    placed = (
        float(scale_x),
        0.0,
        0.0,
        float(scale_y),
        float(rectangle.llx - box.llx * scale_x),
        float(rectangle.lly - box.lly * scale_y),
    )
    # Also false for what is no number.
    return Matrix(*placed) if all(abs(each) < _FARTHEST for each in placed) else None
