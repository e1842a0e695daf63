"""What fields show that bring no appearance, and how readers would set it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String

from processor import documents
from processor.here import rebuilt

SEVERAL_LINES, COMB, PASSWORD = 1 << 12, 1 << 24, 1 << 13
RADIO, PUSH_BUTTON, COMBINED = 1 << 15, 1 << 16, 1 << 17


@pytest.fixture
def pdf() -> Iterator[Pdf]:
    with Pdf.new() as made:
        made.add_blank_page(page_size=(200, 200))
        yield made


def _shown(pdf: Pdf, *, stale: bool = False, **entries: Any) -> bytes:
    """Give the content of the only form of a page with one field, rebuilt, and rebuilt again."""
    fixed: dict[str, Any] = {"Type": Name.Annot, "Subtype": Name.Widget, "T": String("f")}
    general: dict[str, Any] = {"Rect": Array([10, 10, 110, 30]), "DA": String("0 g /Helv 10 Tf")}
    font = Dictionary(
        Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding
    )
    field = pdf.make_indirect(Dictionary(**{**fixed, **general, **entries}))
    pdf.pages[0].obj.Annots = Array([field])
    pdf.Root.AcroForm = Dictionary(
        Fields=Array([field]),
        NeedAppearances=stale,
        DR=Dictionary(Font=Dictionary(Helv=pdf.make_indirect(font))),
    )
    once = rebuilt(documents.saved(pdf))
    assert rebuilt(once) == once, "sanitized twice it is not the same"
    with pikepdf.open(io.BytesIO(once)) as opened:
        forms = list(opened.pages[0].obj.Resources.get("/XObject", {}).values())
        return forms[0].read_bytes() if forms else b""


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"V": String("text")}, b"/F 10 Tf 2 6 Td (text) Tj"),
        ({"V": String("text"), "Q": 1}, b"/F 10 Tf 41.94 6 Td (text) Tj"),
        ({"V": String("text"), "Q": 2}, b"/F 10 Tf 81.88 6 Td (text) Tj"),
        ({"V": String("text"), "DA": String("1 0 0 rg /Helv 8 Tf")}, b"1 0 0 rg /F 8 Tf"),
        ({"V": String("text"), "DA": String("0 g /Helv 0 Tf")}, b"/F 20 Tf"),
        ({"V": String("wide text " * 4), "DA": String("/Helv 0 Tf")}, b"/F 5 Tf"),
        ({"V": String("a(b)\\")}, b"<612862295c> Tj"),
        ({"V": String("\u00e9\u0416")}, b"<e9> Tj"),
        ({"V": String("a\rb"), "Ff": SEVERAL_LINES}, b"2 7 Td (a) Tj 0 -10 Td (b) Tj"),
        (
            {"V": String("wide text " * 3), "Ff": SEVERAL_LINES},
            b"(wide text wide text) Tj 0 -10 Td (wide text ) Tj",
        ),
        ({"V": String("ab"), "Ff": COMB, "MaxLen": 10}, b"2.22 6 Td (a) Tj 10 0 Td (b) Tj"),
        ({"V": String("secret"), "Ff": PASSWORD}, b"(******) Tj"),
        ({"V": String("text"), "MK": Dictionary(R=90)}, b"0 1 -1 0 100 0 cm"),
        ({"V": String("text"), "MK": Dictionary(BG=Array([1, 0, 0]))}, b"1 0 0 rg 0 0 100 20 re f"),
        ({"MK": Dictionary(BC=Array([0]))}, b"0 G 1 w 0.5 0.5 99 19 re s"),
        (
            {
                "MK": Dictionary(BC=Array([0])),
                "BS": Dictionary(W=2, S=Name.D, D=Array([4, 1])),
            },
            b"2 w [4 1] 0 d 1 1 98 18 re s",
        ),
        (
            {"MK": Dictionary(BC=Array([0])), "BS": Dictionary(W=2, S=Name.U)},
            b"2 w 0 1 m 100 1 l S",
        ),
        ({"MK": Dictionary(BC=Array([0])), "BS": Dictionary(W=2, S=Name.B)}, b"0.5 g 0 0 m"),
        ({"MK": Dictionary(BC=Array([1])), "BS": Dictionary(W=2, S=Name.I)}, b"0.5 g 0 0 m"),
    ],
    ids=[
        *("left", "centred", "right", "colour", "largest", "fitting", "escaped", "encoded"),
        *("lines", "broken", "comb", "password", "turned", "background"),
        *("border", "dashed", "underlined", "raised", "sunken"),
    ],
)
def test_fields_of_text(pdf: Pdf, entries: dict[str, Any], expected: bytes) -> None:
    """Whoever fills a form with a program leaves it to readers to set the text."""
    assert expected in _shown(pdf, FT=Name.Tx, **entries)


def test_values_that_are_newer_than_what_is_shown(pdf: Pdf) -> None:
    """NeedAppearances says that readers shall set all text anew, of several lines, too."""
    look = pdf.make_stream(
        b"(as it was) Tj",
        Dictionary(Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 90, 20])),
    )
    entries: dict[str, Any] = {"V": String("new"), "Ff": SEVERAL_LINES, "AP": Dictionary(N=look)}
    assert b"(new) Tj" in _shown(pdf, stale=True, FT=Name.Tx, **entries)


OPTIONS = Array([String("one"), Array([String("2"), String("two")]), String("three")])


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"V": String("2"), "Ff": COMBINED}, b"(two) Tj"),
        ({"V": String("other"), "Ff": COMBINED}, b"(other) Tj"),
        ({"Rect": Array([0, 0, 90, 90])}, b"(one) Tj 0 -11 Td (two) Tj 0 -11 Td (three) Tj"),
        ({"Rect": Array([0, 0, 90, 90]), "TI": 1}, b"Td (two) Tj 0 -11 Td (three) Tj"),
        (
            {"Rect": Array([0, 0, 90, 90]), "V": Array([String("2")])},
            b"0 g 0 66 90 11 re f",
        ),
    ],
    ids=["exported", "written", "list", "scrolled", "chosen"],
)
def test_fields_of_choice(pdf: Pdf, entries: dict[str, Any], expected: bytes) -> None:
    assert expected in _shown(pdf, FT=Name.Ch, Opt=OPTIONS, **entries)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"AS": Name.Yes}, b"(3) Tj"),
        ({"AS": Name.Yes, "MK": Dictionary(CA=String("8"))}, b"(8) Tj"),
        ({"AS": Name.Off, "MK": Dictionary(CA=String("8"), BG=Array([1]))}, b"1 g 0 0 100 20 re f"),
        ({"Ff": PUSH_BUTTON, "MK": Dictionary(CA=String("Go"))}, b"(Go) Tj"),
        ({"Ff": RADIO, "AS": Name.Yes, "MK": Dictionary(BC=Array([0]))}, b"0 g 54 10 m"),
    ],
    ids=["checked", "caption", "off", "pushed", "radio"],
)
def test_buttons(pdf: Pdf, entries: dict[str, Any], expected: bytes) -> None:
    assert expected in _shown(pdf, FT=Name.Btn, **entries)


def test_a_box_that_is_not_checked_shows_no_mark(pdf: Pdf) -> None:
    looks = Dictionary(CA=String("8"), BG=Array([1]))
    assert b"Tj" not in _shown(pdf, FT=Name.Btn, AS=Name.Off, MK=looks)


def test_text_longer_than_anybody_reads(pdf: Pdf) -> None:
    """Its size would be tried out line by line for as long as the worker may run."""
    text = String("a " * 500_000)
    shown = _shown(pdf, FT=Name.Tx, V=text, Ff=SEVERAL_LINES, DA=String("/Helv 0 Tf"))
    assert len(shown) < 50_000
