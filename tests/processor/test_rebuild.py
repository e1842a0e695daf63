"""What a rebuilt document holds, and what it does not: by its objects, its bytes and its pixels."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream, String

from pdf_security_processor import errors
from pdf_security_processor.rebuild import LeftOut, rebuild
from pdf_security_processor.rebuild.links import AllowedLinks
from pdf_security_processor.walk import reachable_places
from processor import documents

MARKER = b"MARKER-HIDDEN"

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description rdf:about="" xmlns:a="urn:a" a:b="' + MARKER + b'"/>'
    b"</rdf:RDF></x:xmpmeta>"
)

TEXT = b"BT /F1 12 Tf 20 100 Td (shown) Tj ET"


@pytest.fixture
def pdf() -> Iterator[Pdf]:
    """Give a page with text in a font, as the worker opens it."""
    with Pdf.new() as made:
        made.add_blank_page(page_size=(200, 200))
        page = made.pages[0].obj
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        page.Resources = Dictionary(Font=Dictionary(F1=made.make_indirect(font)))
        page.Contents = made.make_stream(TEXT)
        yield made


def _rebuilt(pdf: Pdf, *, keeps_links: bool = False) -> tuple[bytes, LeftOut]:
    with pikepdf.open(io.BytesIO(documents.saved(pdf)), conversion_mode="explicit") as opened:
        left_out = rebuild(opened, AllowedLinks() if keeps_links else None)
        target = io.BytesIO()
        opened.save(
            target,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )
        return target.getvalue(), left_out


def _everything_in(data: bytes) -> bytes:
    """Give all objects and decoded streams of a document."""
    with pikepdf.open(io.BytesIO(data)) as opened:
        found = [opened.trailer.unparse(resolved=True)]
        for item in opened.objects:
            if isinstance(item, Stream):
                found.append(item.stream_dict.unparse(resolved=True))
                found.append(item.read_bytes(pikepdf.StreamDecodeLevel.generalized))
            elif isinstance(item, Object):
                found.append(item.unparse(resolved=True))
    return b"\n".join(found)


def _stream(pdf: Pdf, data: bytes = MARKER, **entries: Any) -> Object:
    return pdf.make_stream(data, Dictionary(**entries))


def _marked() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=String(MARKER.decode()))


def _page(pdf: Pdf) -> Any:
    return pdf.pages[0].obj


def _font(pdf: Pdf) -> Any:
    return _page(pdf).Resources.Font.F1


def _form(pdf: Pdf, data: bytes = b"0 0 9 9 re f", **entries: Any) -> Object:
    box = Array([0, 0, 50, 50])
    return _stream(pdf, data, Type=Name.XObject, Subtype=Name.Form, BBox=box, **entries)


def _image(pdf: Pdf, **entries: Any) -> Object:
    fixed = {"Subtype": Name.Image, "Width": 1, "Height": 1, "BitsPerComponent": 8}
    return _stream(pdf, b"\x80", ColorSpace=Name.DeviceGray, **{**fixed, **entries})


def _drawn(pdf: Pdf, thing: Object) -> None:
    _page(pdf).Resources.XObject = Dictionary(X=thing)
    _page(pdf).Contents = pdf.make_stream(TEXT + b" /X Do")


HIDDEN: dict[str, Callable[[Pdf], object]] = {
    "catalog-unknown": lambda pdf: pdf.Root.__setattr__("Unheard", _marked()),
    "catalog-open-action": lambda pdf: pdf.Root.__setattr__("OpenAction", _marked()),
    "catalog-names": lambda pdf: pdf.Root.__setattr__(
        "Names", Dictionary(JavaScript=Dictionary(Names=Array([String("a"), _marked()])))
    ),
    "catalog-outlines": lambda pdf: pdf.Root.__setattr__(
        "Outlines", Dictionary(First=pdf.make_indirect(Dictionary(A=_marked())))
    ),
    "catalog-metadata": lambda pdf: pdf.Root.__setattr__("Metadata", _stream(pdf, XMP)),
    "catalog-structure": lambda pdf: pdf.Root.__setattr__(
        "StructTreeRoot", Dictionary(K=Dictionary(Alt=String(MARKER.decode())))
    ),
    "trailer-unknown": lambda pdf: pdf.trailer.__setattr__("Unheard", String(MARKER.decode())),
    "trailer-info": lambda pdf: pdf.trailer.__setattr__(
        "Info", pdf.make_indirect(Dictionary(Title=String(MARKER.decode())))
    ),
    "tree-unknown": lambda pdf: pdf.Root.Pages.__setattr__("Unheard", _marked()),
    "page-actions": lambda pdf: _page(pdf).__setattr__("AA", Dictionary(O=_marked())),
    "page-thumbnail": lambda pdf: _page(pdf).__setattr__("Thumb", _stream(pdf)),
    "page-steps": lambda pdf: _page(pdf).__setattr__("PresSteps", Dictionary(NA=_marked())),
    "annotation-action": lambda pdf: _page(pdf).__setattr__(
        "Annots", Array([Dictionary(Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=_marked())])
    ),
    "annotation-rich-text": lambda pdf: _page(pdf).__setattr__(
        "Annots", Array([Dictionary(Subtype=Name.Square, RC=String(MARKER.decode()))])
    ),
    "widget-only-on-the-page": lambda pdf: _page(pdf).__setattr__(
        "Annots", Array([Dictionary(Subtype=Name.Widget, FT=Name.Tx, AA=Dictionary(K=_marked()))])
    ),
    "resources-unknown": lambda pdf: _page(pdf).Resources.__setattr__("Unheard", _marked()),
    "resources-postscript": lambda pdf: _drawn(
        pdf, _stream(pdf, Type=Name.XObject, Subtype=Name.PS)
    ),
    "font-unknown": lambda pdf: _font(pdf).__setattr__("Unheard", _marked()),
    "font-encoding-with-text": lambda pdf: _font(pdf).__setattr__(
        "Encoding", Dictionary(Differences=Array([0, String(MARKER.decode())]))
    ),
    "form-reference": lambda pdf: _drawn(
        pdf, _form(pdf, Ref=Dictionary(F=String(MARKER.decode()), Page=0))
    ),
    "form-private-data": lambda pdf: _drawn(
        pdf, _form(pdf, PieceInfo=Dictionary(A=String(MARKER.decode())))
    ),
    "form-unknown": lambda pdf: _drawn(pdf, _form(pdf, Unheard=_marked())),
    "image-alternates": lambda pdf: _drawn(
        pdf, _image(pdf, Alternates=Array([Dictionary(Image=_stream(pdf))]))
    ),
    "image-metadata": lambda pdf: _drawn(pdf, _image(pdf, Metadata=_stream(pdf))),
    "image-prepress": lambda pdf: _drawn(
        pdf, _image(pdf, OPI=Dictionary(F=String(MARKER.decode())))
    ),
    "stream-external": lambda pdf: _drawn(pdf, _form(pdf, F=String(MARKER.decode()))),
    "halftone": lambda pdf: _page(pdf).Resources.__setattr__(
        "ExtGState", Dictionary(G=Dictionary(HT=_stream(pdf, HalftoneType=6)))
    ),
    "orphan": lambda pdf: pdf.make_indirect(String(MARKER.decode())),
    "behind-a-stream": lambda pdf: _page(pdf).__setattr__(
        "Contents",
        _stream(pdf, zlib.compress(TEXT) + MARKER, Filter=Name.FlateDecode),
    ),
    "calculator": lambda pdf: _page(pdf).Resources.__setattr__(
        "ColorSpace",
        Dictionary(
            C=Array(
                [
                    Name.Separation,
                    Name.Spot,
                    Name.DeviceGray,
                    _stream(
                        pdf,
                        b"{ (" + MARKER + b") run }",
                        FunctionType=4,
                        Domain=Array([0, 1]),
                        Range=Array([0, 1]),
                    ),
                ]
            )
        ),
    ),
}


@pytest.mark.filterwarnings("ignore:This document has 1 form widget")
@pytest.mark.parametrize("place", HIDDEN)
def test_nothing_hides(pdf: Pdf, place: str) -> None:
    """Would break: what nobody needs to see the page travels on with it."""
    HIDDEN[place](pdf)
    if place != "orphan":
        assert MARKER in documents.saved(pdf, compress_streams=False), "the vector is none"
    output, _ = _rebuilt(pdf)
    found = _everything_in(output)
    assert MARKER not in output + found
    assert b"JavaScript" not in found
    assert TEXT in found, "what is shown is gone"


def test_only_what_is_allowed_is_reachable(pdf: Pdf) -> None:
    """Would break: a key that nobody thought of gets through."""
    output, _ = _rebuilt(pdf)
    with pikepdf.open(io.BytesIO(output), conversion_mode="explicit") as opened:
        keys = {
            key
            for place in reachable_places(opened)
            if place.holder != "trailer" and isinstance(place.value, Dictionary)
            for key, _ in place.value.items()
        }
    assert keys == {
        *("/Type", "/Pages", "/Kids", "/Count", "/Parent", "/MediaBox", "/Resources", "/Contents"),
        *("/Font", "/F1", "/Subtype", "/BaseFont"),
    }


def test_left_out_is_told(pdf: Pdf) -> None:
    """Would break: nobody knows what their document lost."""
    _page(pdf).Unheard = 1
    _font(pdf).Unheard = 2
    pdf.Root.Lang = String("en")
    pdf.trailer.Info = pdf.make_indirect(Dictionary(Title=String("t")))
    _, left_out = _rebuilt(pdf)
    assert left_out.counts == {"/Unheard": 2, "/Lang": 1, "/Info": 1}
    assert left_out.places == [
        "page 1 /Resources/Font/F1/Unheard",
        "page 1 /Unheard",
        "catalog /Lang",
        "trailer /Info",
    ]


@pytest.mark.parametrize(
    ("address", "stays"),
    [
        ("https://example.com/a?b=c#d", True),
        ("http://example.com", True),
        ("mailto:a@example.com", True),
        ("HTTPS://example.com/", True),
        ("javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        (" https://example.com", False),
        ("https:///etc/passwd", False),
        ("file:///etc/passwd", False),
        ("//example.com", False),
        ("\\\\example.com\\share", False),
        ("ftp://example.com", False),
        ("http://[x", False),
        ("https://example.com/" + "a" * 3000, False),
        ("https://ex\u00e4mple.com", False),
    ],
)
def test_links_that_stay(pdf: Pdf, address: str, stays: bool) -> None:
    """Would break: a link that was let through runs a script or opens a file."""
    action = Dictionary(S=Name.URI, URI=String(address), Next=_marked(), IsMap=True)
    corners = Array([0, 0, 9, 0, 0, 9, 9, 9])
    rest: dict[str, Any] = {"PA": _marked(), "AA": Dictionary(D=_marked()), "QuadPoints": corners}
    link = Dictionary(Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action, **rest)
    _page(pdf).Annots = Array([link])
    assert b"/URI" not in _everything_in(_rebuilt(pdf)[0])
    output, _ = _rebuilt(pdf, keeps_links=True)
    found = _everything_in(output)
    assert MARKER not in found
    with pikepdf.open(io.BytesIO(output)) as opened:
        kept = [dict(one.items()) for one in opened.pages[0].obj.get("/Annots", [])]
    assert bool(kept) is stays
    for one in kept:
        assert set(one) == {"/Type", "/Subtype", "/Rect", "/Border", "/A", "/QuadPoints"}
        assert str(one["/A"].URI) == address
        assert set(one["/A"].keys()) == {"/Type", "/S", "/URI"}
    with pikepdf.open(io.BytesIO(output)) as opened:
        assert _rebuilt(opened, keeps_links=True)[0] == output


@pytest.mark.parametrize(
    "matrix",
    [
        Array([1, 0, 0, 1, 0, String("0]);alert(1)//")]),
        Array([1, 0, 0, 1, 0]),
        String("[1 0 0 1 0 0]"),
    ],
    ids=["text-in-it", "five", "text"],
)
def test_font_matrix_is_six_numbers(pdf: Pdf, matrix: Any) -> None:
    """Would break: a font runs a script in a browser's reader (CVE-2024-4367)."""
    procedures = Dictionary(a=pdf.make_stream(b"0 0 d0"))
    font: dict[str, Any] = {"Type": Name.Font, "Subtype": Name.Type3, "CharProcs": procedures}
    encoding = Dictionary(Differences=Array([0, Name.a]))
    _page(pdf).Resources.Font.F2 = Dictionary(**font, FontMatrix=matrix, Encoding=encoding)
    output, _ = _rebuilt(pdf)
    assert b"/FontMatrix" not in _everything_in(output)
    assert b"/F2" not in _everything_in(output)


def test_what_is_shared_stays_shared(pdf: Pdf) -> None:
    """Would break: a font that a thousand pages share is written a thousand times."""
    for _ in range(3):
        pdf.pages.append(pdf.pages[0])
    output, _ = _rebuilt(pdf)
    with pikepdf.open(io.BytesIO(output)) as opened:
        fonts = {page.obj.Resources.Font.F1.objgen for page in opened.pages}
    assert len(fonts) == 1


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(
            lambda pdf: _stream(pdf, zlib.compress(bytes(600 * 1024**2)), Filter=Name.FlateDecode),
            "decodes to more",
            id="flate",
        ),
        pytest.param(
            lambda pdf: _stream(
                pdf,
                zlib.compress(zlib.compress(bytes(600 * 1024**2))),
                Filter=Array([Name.FlateDecode, Name.FlateDecode]),
            ),
            "decodes to more",
            id="flate-in-flate",
        ),
        pytest.param(
            lambda pdf: _image(pdf, Width=100_000, Height=100_000), "bits a component", id="image"
        ),
    ],
)
def test_bombs(pdf: Pdf, make: Callable[[Pdf], Object], said: str) -> None:
    """Would break: a document of a few kilobytes takes its readers' memory."""
    thing = make(pdf)
    if Name.Subtype in thing:
        _drawn(pdf, thing)
    else:
        _page(pdf).Contents = thing
    with pytest.raises(errors.LimitExceededError, match=said):
        _rebuilt(pdf)


def test_forms_in_forms_end(pdf: Pdf) -> None:
    """Would break: nesting, or a form that draws itself, ends the worker."""
    itself = _form(pdf)
    itself.Resources = Dictionary(XObject=Dictionary(X=itself))
    _drawn(pdf, itself)
    output, left_out = _rebuilt(pdf)
    assert left_out.counts == {"/X": 1}
    assert b"/Form" in _everything_in(output)
    deep = _form(pdf)
    for _ in range(60):
        deep = _form(pdf, Resources=Dictionary(XObject=Dictionary(X=deep)))
    _drawn(pdf, deep)
    with pytest.raises(errors.LimitExceededError, match="nested more than"):
        _rebuilt(pdf)


@pytest.mark.parametrize(
    ("flags", "shown"),
    [(0, True), (4, True), (2, False), (32, False)],
    ids=["none", "print", "hidden", "no-view"],
)
def test_annotations_are_drawn_as_readers_draw_them(pdf: Pdf, flags: int, shown: bool) -> None:
    """Would break: a filled form comes out empty, or what was hidden is shown."""
    appearance = Dictionary(N=_form(pdf, b"0 0 50 50 re f (%b) Tj" % MARKER))
    annotation = Dictionary(
        Subtype=Name.Stamp, Rect=Array([100, 100, 150, 125]), AP=appearance, F=flags
    )
    _page(pdf).Annots = Array([annotation])
    output, _ = _rebuilt(pdf)
    found = _everything_in(output)
    assert b"/Annots" not in found
    assert (MARKER in found) is shown
    # Half as high as its box.
    assert (b"q 1 0 0 0.5 100 100 cm /PdfSecurityAnnotation0 Do Q" in found) is shown


def test_layers_that_are_off_are_gone(pdf: Pdf) -> None:
    """Would break: what an author hid is one click away, or found by any search."""
    off, on = (
        pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String(name))) for name in ("off", "on")
    )
    pdf.Root.OCProperties = Dictionary(OCGs=Array([off, on]), D=Dictionary(OFF=Array([off])))
    _page(pdf).Resources.Properties = Dictionary(A=off, B=on)
    hidden = b"/OC /A BDC BT (" + MARKER + b") Tj ET 1 0 0 rg EMC "
    _page(pdf).Contents = pdf.make_stream(hidden + b"/OC /B BDC " + TEXT + b" EMC")
    output, _ = _rebuilt(pdf)
    found = _everything_in(output)
    assert MARKER not in found
    assert b"(shown) Tj" in found
    # What it changes of the state holds for what comes after it.
    assert b"1 0 0 rg" in found


@pytest.mark.parametrize(
    ("membership", "shown"),
    [
        pytest.param({}, False, id="any-on"),
        pytest.param({"P": Name.AllOff}, True, id="all-off"),
        pytest.param({"P": Name.AnyOff}, True, id="any-off"),
        pytest.param({"P": Name.AllOn}, False, id="all-on"),
        pytest.param({"VE": [Name.Not, "off"]}, True, id="expression-not"),
        pytest.param({"VE": [Name.Or, "off", [Name.And, "off"]]}, False, id="expression-or"),
        pytest.param({"OCGs": None}, True, id="of-none"),
    ],
)
def test_membership(pdf: Pdf, membership: dict[str, Any], shown: bool) -> None:
    """Would break: what readers show is gone, or what they hide is shown."""
    off = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("off")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([off]), D=Dictionary(OFF=Array([off])))
    content = {"Type": Name.OCMD, "OCGs": off, **membership}
    given = {key: _with(value, off) for key, value in content.items() if value is not None}
    _drawn(pdf, _form(pdf, b"(%b) Tj" % MARKER, OC=pdf.make_indirect(Dictionary(**given))))
    output, _ = _rebuilt(pdf)
    assert (MARKER in _everything_in(output)) is shown


def _with(value: Any, off: Object) -> Any:
    """Put the group where a word stands for it."""
    if isinstance(value, list):
        return Array([_with(item, off) for item in value])
    return off if value == "off" else value


def test_layers_that_show_while_others_are_off(pdf: Pdf) -> None:
    """Would break: of a picture and its plain stand-in, both are drawn over one another."""
    on = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("on")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([on]), D=Dictionary(ON=Array([on])))
    stand_in = Dictionary(Type=Name.OCMD, OCGs=Array([on]), P=Name.AllOff)
    _drawn(pdf, _form(pdf, b"(%b) Tj" % MARKER, OC=pdf.make_indirect(stand_in)))
    assert MARKER not in _everything_in(_rebuilt(pdf)[0])


@pytest.mark.parametrize("make", [documents.with_active_content, documents.with_form])
def test_twice_gives_the_same_bytes(make: Callable[[], bytes]) -> None:
    """Would break: nobody could tell whether a document has been through it."""
    with pikepdf.open(io.BytesIO(make())) as opened:
        first, _ = _rebuilt(opened)
    with pikepdf.open(io.BytesIO(first)) as opened:
        second, left_out = _rebuilt(opened)
    assert second == first
    assert left_out.counts == {}
