"""Annotations become part of the page: what they show is drawn, and nothing of them stays.

What is drawn is the normal appearance, as readers draw it on a screen: ISO 32000-2, 12.5.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pikepdf import Array, Dictionary, Integer, Matrix, Name, Object, Pdf, Rectangle, Stream

from pdf_security_processor.rebuild.appearances import Look, look_of
from pdf_security_processor.rebuild.copier import Copier, Place
from pdf_security_processor.rebuild.graphics import FORM
from pdf_security_processor.rebuild.links import link_of
from pdf_security_processor.rebuild.painting import box_of, numbers_of
from pdf_security_processor.spelling import spelling

ANNOTATIONS = 100_000
"""Annotations of a page that are looked at."""

_HIDDEN, _NO_ROTATE, _NO_VIEW = 1 << 1, 1 << 4, 1 << 5
"""Table 167."""

_FARTHEST = 1e9
"""Points from a page's origin, and factors, beyond which nothing can be seen."""


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
        What is drawn, and what stays: links and fields, where they may.
    """
    annotations = page.get("/Annots")
    found: list[Drawing] = []
    kept: list[Object] = []
    if not isinstance(annotations, Array):
        return found, kept
    for number, annotation in enumerate(annotations):
        here = place.at("/Annots").at(number)
        if number == ANNOTATIONS:
            copier.leave_out(here, "further")
            break
        if not isinstance(annotation, Dictionary):
            continue
        widget = _kept_widget(copier, annotation, here)
        if widget is not None:
            kept.append(widget)
            continue
        found += [
            replace(each, matrix=each.matrix @ _upright(annotation, page.get("/Rotate")))
            for each in _drawings(copier, annotation, here)
        ]
        link = link_of(annotation, copier.links) if copier.links else None
        if link is None:
            copier.leave_out(here, spelling(annotation.get("/Subtype", Name.Annot)))
        else:
            kept.append(copier.pdf.make_indirect(link))
    return found, kept


def _kept_widget(copier: Copier, annotation: Object, place: Place) -> Object | None:
    if copier.fields is None or not _is_shown(annotation):
        return None
    if copier.layers.hides(annotation.get("/OC")):
        return None
    return copier.fields.widget_of(copier, annotation, place)


def _drawings(copier: Copier, annotation: Object, place: Place) -> Iterator[Drawing]:
    if not _is_shown(annotation) or copier.layers.hides(annotation.get("/OC")):
        return
    rectangle = _rectangle_of(annotation.get("/Rect"))
    if rectangle is None:
        return
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
        form, matrix = _drawn(copier, annotation, place), Matrix()
    if form is not None and matrix is not None:
        yield Drawing(form, matrix)


def _drawn(copier: Copier, annotation: Object, place: Place) -> Object | None:
    """Draw what brings no appearance; None where there is nothing to draw."""
    look = look_of(annotation, copier.form_resources)
    if look is None:
        return None
    form = _form(copier.pdf, look.content.encode(), look)
    if look.font is not None:
        form["/Resources"] = Dictionary(Font=Dictionary(F=look.font))
    if look.is_multiplied or look.opacity < 1:
        # As one thing: where its own lines and areas lie on each other, they do not shine through.
        form["/Group"] = Dictionary(S=Name.Transparency)
        state = Dictionary(CA=look.opacity, ca=look.opacity)
        if look.is_multiplied:
            state["/BM"] = Name.Multiply
        inner, form = form, _form(copier.pdf, b"/G gs /X Do", look)
        form["/Resources"] = Dictionary(ExtGState=Dictionary(G=state), XObject=Dictionary(X=inner))
    return copier.stream(form, FORM, place)


def _form(pdf: Pdf, content: bytes, look: Look) -> Object:
    entries = Dictionary(Type=Name.XObject, Subtype=Name.Form, BBox=Array(look.box))
    return Stream(pdf, content, entries)


def _is_shown(annotation: Object) -> bool:
    is_hidden = _flags_of(annotation) & (_HIDDEN | _NO_VIEW)
    return not is_hidden and annotation.get("/Subtype") != Name.Popup


def _flags_of(annotation: Object) -> int:
    flags = annotation.get("/F")
    return flags.as_int() if isinstance(flags, Integer) else 0


def _upright(annotation: Object, rotation: Object | None) -> Matrix:
    """Give the matrix that turns an annotation back that does not turn with its page: 12.5.3.

    Its upper left corner stays where it is.
    """
    rectangle = _rectangle_of(annotation.get("/Rect"))
    angle = rotation.as_int() % 360 if isinstance(rotation, Integer) else 0
    if not _flags_of(annotation) & _NO_ROTATE or rectangle is None or angle not in _TURNS:
        return Matrix()
    cosine, sine = _TURNS[angle]
    x, y = float(rectangle.llx), float(rectangle.ury)
    return Matrix(cosine, sine, -sine, cosine, x - cosine * x + sine * y, y - sine * x - cosine * y)


_TURNS = {90: (0.0, 1.0), 180: (-1.0, 0.0), 270: (0.0, -1.0)}
"""Degrees that a page is turned by, clockwise -> cosine and sine of turning back."""


def _appearance_of(annotation: Object) -> Object | None:
    """Find the normal appearance, of the state that the annotation is in."""
    appearances = annotation.get("/AP")
    normal = appearances.get("/N") if isinstance(appearances, Dictionary) else None
    if isinstance(normal, Dictionary):
        state = annotation.get("/AS")
        normal = normal.get(state) if isinstance(state, Name) else None
    return normal if isinstance(normal, Stream) else None


def _rectangle_of(value: Object | None) -> Rectangle | None:
    box = box_of(value)
    return Rectangle(*box) if box else None


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
