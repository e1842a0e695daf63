"""Pages, and what may stand in them: ISO 32000-2, 7.7.3. What annotations show is drawn on them."""

from __future__ import annotations

from collections.abc import Sequence

from pikepdf import Array, Dictionary, Integer, Name, Object, Pdf, Stream

from pdf_security_processor.rebuild import streams
from pdf_security_processor.rebuild.annotations import Drawing, annotations_of
from pdf_security_processor.rebuild.content import without_hidden
from pdf_security_processor.rebuild.copier import Copier, Place
from pdf_security_processor.rebuild.graphics import GROUP, RESOURCES
from pdf_security_processor.rebuild.rules import (
    NUMBER,
    RECTANGLE,
    Kind,
    either,
    scalar,
    stream,
    those,
)

_CONTENT = Kind("Content", {}, data=streams.general)

_LETTER = (0, 0, 612, 792)
"""What readers take a page for that does not say how large it is."""

_PAGE = Kind(
    "Page",
    {
        **dict.fromkeys(("/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox"), RECTANGLE),
        "/Rotate": scalar(Integer),
        "/UserUnit": NUMBER,
        "/Resources": RESOURCES,
        "/Group": GROUP,
        "/Contents": either(stream(_CONTENT), those(stream(_CONTENT))),
    },
    fixed={"/Type": "/Page"},
)

_PREFIX = "/PdfSecurityAnnotation"


def page_of(copier: Copier, page: Object, place: Place) -> Object:
    """Make a page's dictionary anew, without its parent."""
    hidden = copier.hidden = copier.layers.hidden_names(page.get("/Resources"))
    drawings, kept = annotations_of(copier, page, place)
    made = copier.filled(page, _PAGE, place) or Dictionary(Type=Name.Page)
    if "/MediaBox" not in made:
        made["/MediaBox"] = Array(_LETTER)
    if "/Resources" not in made:
        made["/Resources"] = Dictionary()
    if hidden is not None and "/Contents" in made:
        # Of all its streams together: a section may begin in one and end in another.
        shown = without_hidden(Dictionary(Type=Name.Page, Contents=made["/Contents"]), hidden)
        made["/Contents"] = _stream(copier.pdf, shown)
    _make_plain(copier, made, place)
    if drawings:
        _draw(copier, made, drawings)
    if kept:
        made["/Annots"] = Array(kept)
    return made


def _make_plain(copier: Copier, page: Object, place: Place) -> None:
    """Write a page's content anew where there is something in it that does not paint."""
    written = streams.made_plain(copier, _parts(page), place.at("/Contents"))
    if written is not None:
        page["/Contents"] = _stream(copier.pdf, written)


def _parts(page: Object) -> list[Object]:
    contents = page.get("/Contents", Array())
    return [contents] if isinstance(contents, Stream) else list(contents)


def _draw(copier: Copier, page: Object, drawings: Sequence[Drawing]) -> None:
    pdf, resources = copier.pdf, page["/Resources"]
    # They may be those of other pages, too, which do not mind a name more.
    objects = resources["/XObject"] = resources.get("/XObject", Dictionary())
    lines = []
    for drawing in drawings:
        name = _free_name(objects, copier)
        objects[name] = drawing.form
        lines.append(b"q %s cm %s Do Q" % (drawing.matrix.encode(), name.encode()))
    own = _parts(page)
    # Whatever state the page's own content leaves is not the annotations'.
    page["/Contents"] = Array([_stream(pdf, b"q"), *own, _stream(pdf, b"Q\n" + b"\n".join(lines))])


def _free_name(objects: Object, copier: Copier) -> str:
    while (name := f"{_PREFIX}{next(copier.numbers)}") in objects:
        pass
    return name


def _stream(pdf: Pdf, data: bytes) -> Object:
    made = pdf.make_indirect(Stream(pdf, b""))
    streams.write_compressed(made, data)
    return made
