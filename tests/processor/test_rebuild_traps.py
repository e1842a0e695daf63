"""Where an allow-list was seen to let something through, to lose something, or to give up."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream, String

from pdf_security_processor.errors import LimitExceededError
from pdf_security_processor.rebuild import rebuild
from pdf_security_processor.rebuild.functions import program_of
from pdf_security_processor.rebuild.links import AllowedLinks, address_of
from processor import documents

MARKER = "MARKER-HIDDEN"
SCRIPT = Dictionary(S=Name.JavaScript, JS=String(MARKER))


@pytest.fixture
def pdf() -> Iterator[Pdf]:
    with Pdf.new() as made:
        for _ in range(2):
            made.add_blank_page(page_size=(200, 200))
        yield made


def _rebuilt(pdf: Pdf) -> bytes:
    with pikepdf.open(
        io.BytesIO(documents.saved(pdf)),
        conversion_mode="explicit",
        inherit_page_attributes=True,
    ) as opened:
        rebuild(opened)
        return documents.saved(opened, deterministic_id=True, compress_streams=False)


def _contents(data: bytes) -> list[bytes]:
    with pikepdf.open(io.BytesIO(data)) as opened:
        texts = []
        for item in opened.objects:
            if isinstance(item, Stream):
                texts.append(item.read_bytes())
            elif isinstance(item, Object):
                texts.append(item.unparse(resolved=True))
        return texts


def _page(pdf: Pdf, number: int = 0) -> Any:
    return pdf.pages[number].obj


@pytest.mark.parametrize(
    "parent",
    [
        lambda pdf: pdf.make_stream(MARKER.encode()),
        lambda pdf: pdf.make_indirect(Dictionary(Type=Name.Pages, AA=Dictionary(O=SCRIPT))),
        lambda pdf: Dictionary(AA=SCRIPT),
        lambda pdf: String(MARKER),
    ],
    ids=["stream", "node", "dictionary", "string"],
)
def test_nothing_hangs_on_the_page_tree(pdf: Pdf, parent: Callable[[Pdf], Object]) -> None:
    """Readers and qpdf never look at where a page's parent leads; what is saved does."""
    _page(pdf).Parent = parent(pdf)
    between = pdf.make_indirect(
        Dictionary(Type=Name.Pages, Kids=Array([_page(pdf, 1)]), Count=1, Parent=parent(pdf))
    )
    pdf.Root.Pages.Kids[1] = between
    assert not any(MARKER.encode() in text for text in _contents(_rebuilt(pdf)))


def test_every_parent_is_the_node_that_lists_it(pdf: Pdf) -> None:
    with pikepdf.open(io.BytesIO(_rebuilt(pdf))) as opened:
        tree = opened.Root.Pages
        assert [page.obj.Parent.objgen for page in opened.pages] == [tree.objgen] * 2
        assert set(tree.keys()) == {"/Type", "/Kids", "/Count"}


def _layered(pdf: Pdf) -> Dictionary:
    """Give resources with a layer that is off, and content in it to both pages."""
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("off")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary(OFF=Array([group])))
    return Dictionary(Properties=Dictionary(L=group))


SECTION = b"/OC /L BDC (" + MARKER.encode() + b") Tj EMC"


def test_layers_of_shared_resources_stay_hidden(pdf: Pdf) -> None:
    """The second page would find the names gone, and what is hidden would be shown."""
    shared = pdf.make_indirect(_layered(pdf))
    for page in pdf.pages:
        page.obj.Resources = shared
        page.obj.Contents = pdf.make_stream(SECTION)
    assert not any(MARKER.encode() in text for text in _contents(_rebuilt(pdf)))


@pytest.mark.parametrize("own", [True, False])
def test_layers_of_forms_stay_hidden(pdf: Pdf, *, own: bool) -> None:
    resources = _layered(pdf)
    form = pdf.make_stream(
        SECTION, Dictionary(Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
    )
    if own:
        form.Resources = pdf.make_indirect(resources)
    _page(pdf).Resources = Dictionary(XObject=Dictionary(F=form))
    if not own:
        _page(pdf).Resources.Properties = resources.Properties
    _page(pdf).Contents = pdf.make_stream(b"/F Do")
    assert not any(MARKER.encode() in text for text in _contents(_rebuilt(pdf)))


def test_appearances_that_are_off_stay_hidden(pdf: Pdf) -> None:
    layer = _layered(pdf).Properties.L
    look = pdf.make_stream(
        MARKER.encode(),
        Dictionary(Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]), OC=layer),
    )
    stamp = Dictionary(
        Type=Name.Annot, Subtype=Name.Stamp, Rect=Array([0, 0, 9, 9]), AP=Dictionary(N=look)
    )
    _page(pdf).Annots = Array([pdf.make_indirect(stamp)])
    assert not any(MARKER.encode() in text for text in _contents(_rebuilt(pdf)))


def test_property_lists_in_hidden_sections_go(pdf: Pdf) -> None:
    """They may hold the text that is hidden."""
    _page(pdf).Resources = _layered(pdf)
    inner = b"/P << /ActualText (" + MARKER.encode() + b") >> BDC (x) Tj EMC"
    _page(pdf).Contents = pdf.make_stream(b"/OC /L BDC " + inner + b" EMC 0 g")
    texts = _contents(_rebuilt(pdf))
    assert not any(MARKER.encode() in text for text in texts)
    assert any(b"0 g" in text for text in texts)


def test_too_many_layers_are_refused(pdf: Pdf) -> None:
    """To take them for none would show all of them."""
    layer = _layered(pdf).Properties.L
    pdf.Root.OCProperties.D.OFF = Array([layer] * 100_001)
    with pytest.raises(LimitExceededError, match="layers"):
        _rebuilt(pdf)


def test_shared_parts_of_a_visibility_expression_are_counted(pdf: Pdf) -> None:
    """Two to the power of its depth would be evaluated."""
    resources = _layered(pdf)
    part = resources.Properties.L
    for _ in range(30):
        part = pdf.make_indirect(Array([Name.And, part, part]))
    resources.Properties.M = pdf.make_indirect(Dictionary(Type=Name.OCMD, VE=part))
    pdf.Root.OCProperties.D.OFF = Array()
    _page(pdf).Resources = resources
    with pytest.raises(LimitExceededError, match="visibility"):
        _rebuilt(pdf)


ODD: Any = Object.parse(b"/Gew#E4hlt")
"""A name in Latin-1, as many writers have them."""


def _odd_colour(pdf: Pdf) -> None:
    _page(pdf).Resources = Dictionary(ColorSpace=Dictionary(C=ODD))


def _odd_font(pdf: Pdf) -> None:
    font = Dictionary(Type=Name.Font, Subtype=Name.TrueType, BaseFont=pdf.make_indirect(ODD))
    _page(pdf).Resources = Dictionary(Font=Dictionary(F=font))


def _odd_filter(pdf: Pdf) -> None:
    _page(pdf).Contents = pdf.make_stream(b"0 g")
    _page(pdf).Contents.Filter = ODD


def _odd_annotation(pdf: Pdf) -> None:
    look = pdf.make_stream(
        b"0 g", Dictionary(Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
    )
    states = Object.parse(b"<< /Gew#E4hlt null >>")
    states[ODD] = look
    widget = Dictionary(Subtype=ODD, Rect=Array([0, 0, 9, 9]), AS=ODD, AP=Dictionary(N=states))
    _page(pdf).Annots = Array([pdf.make_indirect(widget)])


def _odd_field(pdf: Pdf) -> None:
    widget = pdf.make_indirect(
        Dictionary(Subtype=Name.Widget, Rect=Array([0, 0, 9, 9]), FT=ODD, T=String("f"))
    )
    _page(pdf).Annots = Array([widget])
    pdf.Root.AcroForm = Dictionary(Fields=Array([widget]))


def _odd_subtype(pdf: Pdf) -> None:
    thing = pdf.make_stream(b"", Dictionary(Subtype=String(b"\xe9")))
    _page(pdf).Resources = Dictionary(XObject=Dictionary(X=thing))


def _odd_operator(pdf: Pdf) -> None:
    _page(pdf).Resources = _layered(pdf)
    _page(pdf).Contents = pdf.make_stream(b"\xe9\xff 0 g")


@pytest.mark.parametrize(
    "make",
    [
        _odd_colour,
        _odd_font,
        _odd_filter,
        _odd_annotation,
        _odd_field,
        _odd_subtype,
        _odd_operator,
    ],
)
def test_names_of_any_bytes(pdf: Pdf, make: Callable[[Pdf], None]) -> None:
    """One name in another writer's alphabet would fail the whole document."""
    make(pdf)
    assert _rebuilt(pdf)


def _text_field(pdf: Pdf, flags: int, *, looks: bool) -> None:
    widget = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Widget,
        Rect=Array([0, 0, 90, 20]),
        FT=Name.Tx,
        T=String("f"),
        V=String(MARKER),
        DA=String("/Helv 9 Tf 0 g"),
        Ff=flags,
    )
    if looks:
        look = pdf.make_stream(
            b"(as it was) Tj",
            Dictionary(Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 90, 20])),
        )
        widget.AP = Dictionary(N=look)
    field = pdf.make_indirect(widget)
    _page(pdf).Annots = Array([field])
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    pdf.Root.AcroForm = Dictionary(
        Fields=Array([field]),
        NeedAppearances=True,
        DR=Dictionary(Font=Dictionary(Helv=font)),
    )


@pytest.mark.parametrize("looks", [True, False])
def test_passwords_in_fields_are_not_drawn(pdf: Pdf, *, looks: bool) -> None:
    _text_field(pdf, 1 << 13, looks=looks)
    assert not any(MARKER.encode() in text for text in _contents(_rebuilt(pdf)))


def test_fields_of_one_line_are_drawn_anew(pdf: Pdf) -> None:
    """With NeedAppearances what is there may be older than the value."""
    _text_field(pdf, 0, looks=True)
    assert any(MARKER.encode() in text for text in _contents(_rebuilt(pdf)))


def test_huge_rows_of_predictors_are_refused(pdf: Pdf) -> None:
    """Each key would be within its bound, and the row two gibibytes."""
    content = Stream(pdf, b"")
    content.write(
        zlib.compress(b"0 g"),
        filter=Name.FlateDecode,
        decode_parms=Dictionary(Predictor=12, Colors=64, BitsPerComponent=16, Columns=2**24),
    )
    _page(pdf).Contents = pdf.make_indirect(content)
    with pytest.raises(LimitExceededError, match="predictor"):
        _rebuilt(pdf)


def test_pages_with_shared_resources_share_what_is_added(pdf: Pdf) -> None:
    """A copy for each page would make a document of pages times objects."""
    count = 300
    shared = pdf.make_indirect(Dictionary(XObject=Dictionary()))
    for number in range(count):
        shared.XObject[f"/X{number}"] = pdf.make_stream(
            b"", Dictionary(Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
        )
    for _ in range(count):
        pdf.add_blank_page(page_size=(200, 200))
        page = pdf.pages[-1].obj
        page.Resources = shared
        square = Dictionary(
            Type=Name.Annot, Subtype=Name.Square, Rect=Array([9, 9, 50, 50]), C=Array([1, 0, 0])
        )
        page.Annots = Array([pdf.make_indirect(square)])
    with pikepdf.open(io.BytesIO(_rebuilt(pdf))) as opened:
        resources = {page.obj.Resources.XObject.objgen for page in opened.pages[2:]}
        holders = {page.obj.Resources.objgen for page in opened.pages[2:]}
        assert len(holders) == 1 or len(resources) == 1
        assert len(opened.pages[2].obj.Resources.XObject) == 2 * count


def test_an_appearance_without_data_is_copied_by_rule(pdf: Pdf) -> None:
    """A stream without data is false, and was taken for none, with all that it had."""
    look = pdf.make_stream(
        b"",
        Dictionary(Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]), Unheard=SCRIPT),
    )
    stamp = Dictionary(
        Type=Name.Annot, Subtype=Name.Stamp, Rect=Array([0, 0, 9, 9]), AP=Dictionary(N=look)
    )
    _page(pdf).Annots = Array([pdf.make_indirect(stamp)])
    assert not any(MARKER.encode() in text for text in _contents(_rebuilt(pdf)))


@pytest.mark.parametrize("where", ["Rect", "Matrix"])
def test_numbers_that_nobody_can_draw(pdf: Pdf, where: str) -> None:
    """A number of 400 digits would fail the document, or be written as nan."""
    huge = Object.parse(b"9" * 400 + b".5")
    look = pdf.make_stream(
        b"0 g", Dictionary(Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
    )
    stamp = Dictionary(
        Type=Name.Annot, Subtype=Name.Stamp, Rect=Array([0, 0, 9, 9]), AP=Dictionary(N=look)
    )
    if where == "Rect":
        stamp.Rect = Array([0, 0, huge, 9])
    else:
        look.Matrix = Array([huge, 0, 0, 1, 0, 0])
    _page(pdf).Annots = Array([pdf.make_indirect(stamp)])
    assert not any(b"nan" in text for text in _contents(_rebuilt(pdf)))


def test_the_catalog_is_nothing_else(pdf: Pdf) -> None:
    """What refers to it as a font would have it overwritten, and the document lost."""
    _page(pdf).Resources = Dictionary(Font=pdf.Root, XObject=_page(pdf, 1))
    with pikepdf.open(io.BytesIO(_rebuilt(pdf))) as opened:
        assert len(opened.pages) == 2


def test_content_without_its_bad_parts(pdf: Pdf) -> None:
    """One part that is not there would take the whole page with it."""
    _page(pdf).Contents = Array([pdf.make_stream(b"0 g"), None, String("x")])
    with pikepdf.open(io.BytesIO(_rebuilt(pdf))) as opened:
        assert b"0 g" in opened.pages[0].Contents[0].read_bytes()


def test_forms_may_use_the_resources_that_hold_them(pdf: Pdf) -> None:
    """They would be left with none, and show other fonts."""
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Courier)
    shared = pdf.make_indirect(Dictionary(Font=Dictionary(F1=font)))
    shared.XObject = Dictionary(
        F=pdf.make_stream(
            b"BT /F1 9 Tf (x) Tj ET",
            Dictionary(
                Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]), Resources=shared
            ),
        )
    )
    _page(pdf).Resources = shared
    with pikepdf.open(io.BytesIO(_rebuilt(pdf))) as opened:
        form = opened.pages[0].obj.Resources.XObject.F
        assert form.Resources.Font.F1.BaseFont == Name.Courier


@pytest.mark.parametrize(
    "program",
    [
        b"1" * 60_000 + b"x",
        b"{" * 40 + b"}" * 40,
        b"}{",
        b"{ 1 } { 2 }",
        b"{ 1 } add",
        b"{ (x) }",
        b"{ 1 " + b" " * 65_536 + b"}",
        b"",
    ],
    ids=range(8),
)
def test_what_is_no_calculator(program: bytes) -> None:
    assert program_of(program) is None


def test_calculators_without_comments() -> None:
    """A comment holds anything at all."""
    assert program_of(b"{ 2 copy%MARKER\nadd{1.5 -.5}if }") == b"{ 2 copy add { 1.5 -.5 } if }"


@pytest.mark.parametrize(
    "address",
    [
        "http://good.example\\@evil.example/",
        "http://good.example@evil.example/",
        'https://a.example/"<script>',
        "http://%00/",
        "http://a.example:99999/",
        "mailto:",
        "mailto:a@b.example?attach=/etc/passwd",
    ],
)
def test_addresses_that_readers_take_differently(address: str) -> None:
    assert address_of(String(address), AllowedLinks()) is None


@pytest.mark.parametrize(
    "address",
    [
        "https://a.example:8443/b?c=d#e",
        "http://[2001:db8::1]/",
        "mailto:a@b.example?subject=Hello%20you&cc=c@d.example",
    ],
)
def test_plain_addresses(address: str) -> None:
    assert address_of(String(address), AllowedLinks()) == address


@pytest.mark.parametrize(
    ("address", "stays"),
    [
        ("https://example.com/a", True),
        ("https://EXAMPLE.com:8443/a", True),
        ("https://www.example.com/", False),
        ("https://a.b.example.org/", True),
        ("https://example.org/", False),
        ("https://notexample.org/", False),
        ("https://example.com.evil.test/", False),
        ("https://example.com@evil.test/", False),
        ("https://evil.test/?example.com", False),
        ("mailto:a@example.com", True),
        ("mailto:a@example.com,b@mail.example.org?subject=x", True),
        ("mailto:a@example.com,b@evil.test", False),
        ("mailto:a@example.com?cc=b@evil.test", False),
        ("mailto:a@example.com%2Cb@evil.test", False),
        ("mailto:example.com", True),
        ("mailto:a@evil.test", False),
    ],
)
def test_links_to_listed_hosts_only(address: str, stays: bool) -> None:
    """A link would lead to where nobody allowed it."""
    allowed = AllowedLinks(frozenset(("example.com", "*.example.org")))
    assert (address_of(String(address), allowed) == address) == stays
