"""What annotations show that bring no appearance, as readers draw them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String

from processor import documents
from processor.here import rebuilt

QUAD = [10, 30, 50, 30, 10, 10, 50, 10]
LINE = [20, 50, 120, 50]


@pytest.fixture
def pdf() -> Iterator[Pdf]:
    with Pdf.new() as made:
        made.add_blank_page(page_size=(200, 200))
        yield made


@contextmanager
def _form(pdf: Pdf, **entries: Any) -> Iterator[Any]:
    """Give the only form of a page with one annotation, rebuilt, and rebuilt again."""
    fixed: dict[str, Any] = {
        "Type": Name.Annot,
        "Rect": Array([10, 10, 110, 60]),
        "C": Array([1, 0, 0]),
    }
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(Dictionary(**{**fixed, **entries}))])
    once = rebuilt(documents.saved(pdf))
    assert rebuilt(once) == once, "sanitized twice it is not the same"
    with pikepdf.open(io.BytesIO(once)) as opened:
        yield next(iter(opened.pages[0].obj.Resources.XObject.values()))


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"Subtype": Name.Square}, b"1 0 0 RG 1 w 10.5 10.5 99 49 re s"),
        ({"Subtype": Name.Square, "C": Array([])}, b"0 G 1 w 10.5 10.5 99 49 re s"),
        ({"Subtype": Name.Square, "IC": Array([0.5])}, b"0.5 g 1 w 10.5 10.5 99 49 re b"),
        (
            {"Subtype": Name.Square, "Border": Array([0, 0, 2, Array([3, 1])])},
            b"2 w [3 1] 0 d 11 11 98 48 re s",
        ),
        ({"Subtype": Name.Circle}, b"1 w 109.5 35 m"),
        ({"Subtype": Name.Ink, "InkList": Array([Array([1, 2, 3, 4])])}, b"1 2 m 3 4 l S"),
        ({"Subtype": Name.Polygon, "Vertices": Array([1, 2, 3, 4, 5, 2])}, b"5 2 l h s"),
        ({"Subtype": Name.Line, "L": Array(LINE)}, b"20 50 m 120 50 l S"),
        (
            {"Subtype": Name.Line, "L": Array(LINE), "LE": Array([Name("/None"), Name.OpenArrow])},
            b"q -1 0 0 -1 120 50 cm 6 3.4641 m 0 0 l 6 -3.4641 l S Q",
        ),
        (
            {"Subtype": Name.Line, "L": Array(LINE), "LE": Array([Name.Square, Name("/None")])},
            b"26 50 m 120 50 l S q 1 0 0 1 20 50 cm 0 -3 6 6 re s Q",
        ),
        (
            {"Subtype": Name.Line, "L": Array(LINE), "LL": 10, "LLE": 5},
            b"20 60 m 120 60 l S 20 50 m 20 65 l S 120 50 m 120 65 l S",
        ),
        (
            {"Subtype": Name.Line, "L": Array(LINE), "Cap": True, "Contents": String("ten")},
            b"/F 9 Tf 43.745 -2.637 Td (ten) Tj",
        ),
        ({"Subtype": Name.FreeText, "Contents": String("one\ntwo")}, b"(one) Tj 0 -10 Td (two) Tj"),
        (
            {"Subtype": Name.FreeText, "Contents": String("one"), "DA": String("0 0 1 rg /F 8 Tf")},
            b"0 0 1 RG 1 0 0 rg 1 w 10.5 10.5 99 49 re B",
        ),
        (
            {"Subtype": Name.Text, "Contents": String("hidden")},
            b"q 1 0 0 1 10 36 cm 1 j 1 0 0 rg 1 0 0 RG",
        ),
    ],
    ids=[
        *("square", "black", "filled", "dashed", "circle", "ink", "polygon"),
        *("line", "arrow", "square-ended", "measured", "captioned"),
        *("text-of-lines", "text-in-a-box", "note"),
    ],
)
def test_markup(pdf: Pdf, entries: dict[str, Any], expected: bytes) -> None:
    """Readers draw it on every opening; flattened, nobody would any more."""
    with _form(pdf, **entries) as form:
        assert expected in form.read_bytes()


@pytest.mark.parametrize(
    ("subtype", "is_multiplied", "expected"),
    [
        (Name.Highlight, True, b"1 0 0 rg 10 10 m 5 15 5 25 10 30 c 50 30 l 55 25 55 15 50 10 c f"),
        (Name.Underline, True, b"1 0 0 RG 1 w 10 10 m 50 10 l S"),
        (Name.Squiggly, True, b"1 w 10 13.3333 m 12 10 l 14 13.3333 l"),
        (Name.StrikeOut, False, b"1 w 10 20 m 50 20 l S"),
    ],
    ids=["highlight", "underline", "squiggly", "strike-out"],
)
def test_markup_of_text(pdf: Pdf, subtype: Name, expected: bytes, *, is_multiplied: bool) -> None:
    with _form(pdf, Subtype=subtype, QuadPoints=Array(QUAD)) as form:
        if is_multiplied:
            assert Name.Multiply == form.Resources.ExtGState.G.BM
        drawn = form.Resources.XObject.X if is_multiplied else form
        assert expected in drawn.read_bytes()


def test_opacity_is_that_of_the_whole(pdf: Pdf) -> None:
    """Where a line lies on its area, it would be seen through itself."""
    with _form(pdf, Subtype=Name.Square, IC=Array([0.5]), CA=0.25) as form:
        assert float(form.Resources.ExtGState.G.ca) == 0.25
        assert Name.Transparency == form.Resources.XObject.X.Group.S


@pytest.mark.parametrize(
    ("angle", "expected"),
    [
        (90, b"q 0 1 -1 0 70 50 cm"),
        (180, b"q -1 0 0 -1 20 120 cm"),
        (270, b"q 0 -1 1 0 -50 70 cm"),
        (0, b"q 1 0 0 1 0 0 cm"),
    ],
)
def test_what_does_not_turn_with_its_page(pdf: Pdf, angle: int, expected: bytes) -> None:
    """Flag 5: a note stays upright, with its upper left corner where it was."""
    pdf.pages[0].obj.Rotate = angle
    square = Dictionary(
        Type=Name.Annot, Subtype=Name.Square, Rect=Array([10, 10, 110, 60]), F=1 << 4
    )
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(square)])
    with pikepdf.open(io.BytesIO(rebuilt(documents.saved(pdf)))) as opened:
        assert expected in opened.pages[0].obj.Contents[-1].read_bytes()


def test_layers_whose_expression_says_nothing_are_shown(pdf: Pdf) -> None:
    """An empty expression is no reason to hide: the groups themselves are looked at."""
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("on")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary())
    membership = Dictionary(Type=Name.OCMD, OCGs=Array([group]), VE=Array([]))
    with _form(pdf, Subtype=Name.Square, OC=membership) as form:
        assert form.read_bytes()
