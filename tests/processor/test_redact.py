"""Redaction: what was to be taken out is in the output nowhere, by other parsers than its own."""

from __future__ import annotations

import io
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String
from pydantic import ValidationError

from pdf_security_processor import drawn
from pdf_security_processor.contract import ExitCode, Operation
from pdf_security_processor.fresh_worker import COMMAND
from pdf_security_processor.operations import OPERATIONS
from processor import documents
from processor.here import processed
from processor.pods import Pod

SECRET = "Tulip"
"""What is taken out. Its letters stand in no key and no name of these documents."""

HELVETICA = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)


def _written(*contents: bytes, **entries: object) -> bytes:
    """Give a document with a page for each content, in a font `/F`."""
    pdf = pikepdf.new()
    for content in contents:
        page = pdf.add_blank_page(page_size=(400, 400))
        page.obj.Resources = Dictionary(Font=Dictionary(F=HELVETICA))
        page.obj.Contents = pdf.make_stream(content)
        for key, value in entries.items():
            page.obj[f"/{key}"] = value
    return documents.saved(pdf)


def _line(text: str) -> bytes:
    return f"BT /F 12 Tf 50 300 Td ({text}) Tj ET".encode()


def _redacted(data: bytes, **wanted: Any) -> tuple[bytes, dict[str, int], list[str]]:
    report, output = processed(data, [{"redact": wanted}])
    assert report.exit_code == ExitCode.SUCCEEDED, report.message
    return output, report.removed, report.warnings


def _texts(data: bytes) -> list[str]:
    """Give the text of each page, as another parser reads it."""
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]


def _all_bytes(data: bytes) -> bytes:
    """Give all that a document holds: every object, and every stream decoded."""
    pieces = [data]
    with Pdf.open(io.BytesIO(data)) as pdf:
        pieces += [
            each.read_bytes() if isinstance(each, Stream) else each.unparse()
            for each in pdf.objects
        ]
    return b"\n".join(pieces)


def _darkness(data: bytes, box: tuple[int, int, int, int], page: int = 0) -> float:
    """Tell how much of a page's rectangle is black, in points from its upper left, as pypdf has it.

    The page is a picture of its own, and nothing else.
    """
    (image,) = pypdf.PdfReader(io.BytesIO(data)).pages[page].images
    picture = image.image
    assert picture is not None
    with Pdf.open(io.BytesIO(data)) as pdf:
        scale = picture.width / float(pdf.pages[page].mediabox[2])
    left, top, right, bottom = (round(each * scale) for each in box)
    part = picture.convert("L").crop((left, top, right, bottom))
    counts = part.histogram()
    return sum(counts[:16]) / sum(counts)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(_line(f"Dear {SECRET}, hello"), id="plain"),
        pytest.param(_line(f"DEAR {SECRET.upper()}"), id="other-case"),
        pytest.param(_line("Dear T u l i p"), id="spaced"),
        pytest.param(b"BT /F 12 Tf 50 300 Td <54756C6970> Tj ET", id="hexadecimal"),
        pytest.param(b"BT /F 12 Tf 50 300 Td [(T) -20 (u) 15 (l) 3 (ip)] TJ ET", id="kerned"),
        pytest.param(
            b"BT /F 12 Tf 50 300 Td 14 TL (It is Tu-) Tj T* (lip of course) Tj ET", id="divided"
        ),
        pytest.param(b"BT /F 12 Tf 50 300 Td 14 TL (Tu) Tj T* (lip) Tj ET", id="two-lines"),
        pytest.param(
            b"BT /F 12 Tf 1 0 0 1 60.3 300 Tm (lip) Tj 1 0 0 1 46 300 Tm (Tu) Tj ET", id="backwards"
        ),
        pytest.param(b"BT /F 12 Tf 0 1 -1 0 200 100 Tm (Tulip) Tj ET", id="upwards"),
        pytest.param(b"1 g BT /F 12 Tf 50 300 Td (Tulip) Tj ET", id="white"),
        pytest.param(b"BT /F 12 Tf 50 300 Td (Tulip) Tj ET 0 g 40 290 90 30 re f", id="covered"),
    ],
)
def test_a_word_is_gone_however_it_is_written(content: bytes) -> None:
    """What was blacked out could be copied from the output, as so often in the news."""
    output, removed, _ = _redacted(_written(_line("Nothing"), content), texts=[SECRET])
    assert removed["RedactedPage"] == 1
    letters = set(SECRET.lower())
    assert not letters & set(_texts(output)[1].lower())
    assert _texts(output)[0] == "Nothing"
    found = _all_bytes(output).lower()
    assert b"tulip" not in found
    assert SECRET.encode().hex().encode() not in found


def test_a_word_in_a_form_a_field_and_a_note_is_gone() -> None:
    """Only the page's own content would be looked at."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(400, 400))
    resources = Dictionary(Font=Dictionary(F=HELVETICA))

    def form(text: bytes) -> pikepdf.Object:
        content = b"BT /F 12 Tf 5 10 Td (%s) Tj ET" % text
        box = Array([0, 0, 100, 30])
        kind = {"Type": Name.XObject, "Subtype": Name.Form, "BBox": box, "Resources": resources}
        return pdf.make_stream(content, **kind)

    page.obj.Resources = Dictionary(XObject=Dictionary(X=form(b"one Tulip")))
    page.obj.Contents = pdf.make_stream(b"/X Do")
    annotations = [
        Dictionary(Subtype=Name.Widget, FT=Name.Tx, T=String("field"), V=String("two Tulip")),
        Dictionary(Subtype=Name.Stamp, Contents=String("three Tulip")),
    ]
    for number, note in enumerate(annotations):
        note.update({"/Type": Name.Annot, "/F": 4, "/AP": Dictionary(N=form(b"more Tulip"))})
        note.Rect = Array([50, 100 + 60 * number, 150, 130 + 60 * number])
    page.obj.Annots = Array([pdf.make_indirect(each) for each in annotations])
    pdf.Root.AcroForm = Dictionary(Fields=Array([page.obj.Annots[0]]))
    pdf.docinfo["/Title"] = "On the Tulip"
    output, removed, _ = _redacted(documents.saved(pdf), texts=[SECRET])
    assert removed["Redaction"] == 3
    assert b"Tulip" not in _all_bytes(output)
    assert _texts(output) == [""]


def test_a_scan_is_searched_by_its_invisible_text() -> None:
    """A word would stay in the picture that only its invisible text tells of."""
    content = b"0 0 1 rg 50 296 40 14 re f BT 3 Tr /F 12 Tf 50 300 Td (Tulip) Tj ET"
    output, removed, _ = _redacted(_written(content), texts=[SECRET])
    assert removed["RedactedPage"] == 1
    assert _darkness(output, (52, 90, 72, 100)) == 1
    report, _ = processed(_written(content), [{"sanitize": {}}, {"redact": {"texts": [SECRET]}}])
    assert report.exit_code == ExitCode.INVALID_REQUEST
    assert "must come before sanitize" in report.message


def test_a_link_that_another_mode_would_keep_goes() -> None:
    """The address behind a word would tell it."""
    pdf = Pdf.open(io.BytesIO(_written(_line("Write to us"))))
    action = Dictionary(S=Name.URI, URI=String(f"mailto:{SECRET}@example.com"))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, A=action)
    link.Rect = Array([50, 290, 100, 320])
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(link)])
    operations: list[dict[str, Any]] = [
        {"redact": {"texts": [SECRET]}},
        {"sanitize": {"mode": "keepLinks"}},
    ]
    report, output = processed(documents.saved(pdf), operations)
    assert report.exit_code == ExitCode.SUCCEEDED
    assert SECRET.encode() not in _all_bytes(output)


def test_a_pattern_finds_over_the_end_of_a_line() -> None:
    """A number would stay because it is broken."""
    content = b"BT /F 12 Tf 50 300 Td 14 TL (card 4111 1111) Tj T* (1111 1234 expires) Tj ET"
    output, removed, _ = _redacted(_written(content), patterns=[r"\b\d{4}( \d{4}){3}\b"])
    assert removed == {"Redaction": 2, "RedactedPage": 1}
    assert _texts(output) == [""]
    assert _darkness(output, (80, 92, 130, 100)) > 0.95, "the first half"
    assert _darkness(output, (55, 106, 100, 114)) > 0.95, "the second half"
    assert _darkness(output, (112, 104, 150, 114)) < 0.5, "the next word"


def test_the_rest_of_the_page_is_still_seen() -> None:
    """A page could be all black, and every other test pass."""
    content = _line("seen          Tulip") + b" 0 0 1 rg 300 50 50 50 re f"
    output, _, _ = _redacted(_written(content), texts=[SECRET])
    (image,) = pypdf.PdfReader(io.BytesIO(output)).pages[0].images
    assert image.image is not None
    scale = image.image.width / 400
    assert image.image.getpixel((int(325 * scale), int(325 * scale))) == (0, 0, 255)
    assert 0.02 < _darkness(output, (50, 88, 75, 101)) < 0.9


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_an_area_is_where_it_was_said(turned: int) -> None:
    """Another place would be black on pages that are turned, or cut."""
    content = b"0 1 0 rg 120 220 40 20 re f"
    data = _written(content, Rotate=turned, CropBox=Array([100, 100, 300, 350]))
    output, removed, _ = _redacted(data, areas=[{"page": 1, "rectangle": [160, 220, 120, 240]}])
    assert removed == {"Redaction": 1, "RedactedPage": 1}
    (image,) = pypdf.PdfReader(io.BytesIO(output)).pages[0].images
    assert image.image is not None
    picture = image.image.convert("RGB")
    pixels = picture.tobytes()
    colours = Counter(zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True))
    # Not a trace of the green, nor of its soft edge; and something black of its size.
    assert all(red == green == blue for red, green, blue in colours), colours
    assert 0.9 < colours[0, 0, 0] / (40 * 20 * (200 / 72) ** 2) < 1.3
    assert (image.image.width > image.image.height) == (turned in (90, 270))


def test_pixels_of_a_picture_are_gone() -> None:
    """The scan under the black rectangle could be taken out and read."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(100, 100))
    pixels = bytes(range(256)) * 3
    image = pdf.make_stream(
        pixels,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=16,
        Height=16,
        ColorSpace=Name.DeviceRGB,
        BitsPerComponent=8,
    )
    page.obj.Resources = Dictionary(XObject=Dictionary(I=image))
    page.obj.Contents = pdf.make_stream(b"100 0 0 100 0 0 cm /I Do")
    data = documents.saved(pdf)
    output, _, warnings = _redacted(data, areas=[{"page": 1, "rectangle": [0, 0, 100, 100]}])
    assert pixels not in _all_bytes(output)
    assert _darkness(output, (0, 0, 100, 100)) == 1
    assert warnings == []
    _, _, warnings = _redacted(data, texts=[SECRET])
    assert "pages with pictures, in which no words are found: 1" in " ".join(warnings)
    assert "nothing of what was to be taken out was found" in " ".join(warnings)


def test_what_cannot_be_read_is_told() -> None:
    """Who reads the report would take a text for searched that nobody can search."""
    font = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name.Unknown,
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array(
            [
                Dictionary(
                    Type=Name.Font,
                    Subtype=Name.CIDFontType2,
                    BaseFont=Name.Unknown,
                    CIDSystemInfo=Dictionary(
                        Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0
                    ),
                    FontDescriptor=Dictionary(
                        Type=Name.FontDescriptor,
                        FontName=Name.Unknown,
                        Flags=4,
                        FontBBox=Array([0, 0, 1000, 1000]),
                        ItalicAngle=0,
                        Ascent=800,
                        Descent=-200,
                        CapHeight=700,
                        StemV=80,
                    ),
                )
            ]
        ),
    )
    data = _written(b"BT /F 12 Tf 50 300 Td <0001000200030004> Tj ET")
    with Pdf.open(io.BytesIO(data)) as pdf:
        pdf.pages[0].obj.Resources.Font.F = font
        data = documents.saved(pdf)
    _, _, warnings = _redacted(data, texts=[SECRET])
    assert "does not say what it is, and which was not searched: 1" in " ".join(warnings)


def test_a_word_that_is_left_fails_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page could keep its text, and the job be called successful."""
    module = sys.modules[OPERATIONS["redact"].__module__]
    monkeypatch.setattr(module, "become_picture", lambda *_: None)
    report, _ = processed(_written(_line(SECRET)), [{"redact": {"texts": [SECRET]}}])
    assert report.exit_code == ExitCode.OUTPUT_DAMAGED
    assert SECRET not in report.message


def test_a_page_that_cannot_be_drawn_fails_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would go out as it is, or empty."""
    monkeypatch.setattr("pdf_security_processor.pdfium.Page.drawn", lambda *_: None)
    report, _ = processed(_written(_line(SECRET)), [{"redact": {"texts": [SECRET]}}])
    assert (report.exit_code, report.message) == (
        ExitCode.INPUT_DAMAGED,
        "Page 1 cannot be drawn.",
    )


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"texts": [" - "]}, "texts[0] has nothing to look for"),
        ({"areas": [{"page": 2, "rectangle": [0, 0, 1, 1]}]}, "the document has 1 pages"),
    ],
)
def test_what_cannot_be_meant_is_refused(wanted: dict[str, Any], says: str) -> None:
    """Everything, or nothing, would be taken out."""
    report, _ = processed(_written(_line(SECRET)), [{"redact": wanted}])
    assert report.exit_code == ExitCode.INVALID_REQUEST
    assert says in report.message


def test_a_pattern_that_is_none_is_refused_at_once() -> None:
    """A worker would fail over it, for each document anew."""
    with pytest.raises(ValidationError, match="not a regular expression"):
        Operation.model_validate({"redact": {"patterns": ["(a"]}})


def test_a_pattern_that_never_ends_is_ended(tmp_path: Path) -> None:
    """One job would hold a worker for its whole deadline, on any document."""
    pod = Pod(tmp_path)
    pod.input.write_bytes(_written(_line("a" * 40 + "!")))
    result = pod.run(pod.request({"redact": {"patterns": ["(a+)+$"]}}))
    assert result.status == ExitCode.LIMIT_EXCEEDED
    assert result.output is None


def test_it_is_sealed_like_any_other(tmp_path: Path) -> None:
    """What draws could need more than a sealed process has, or run without a seal."""
    pod = Pod(tmp_path)
    pod.input.write_bytes(_written(_line(SECRET), _line("Nothing")))
    result = pod.run(pod.request({"redact": {"texts": [SECRET]}}, {"linearize": {}}))
    assert result.status == ExitCode.SUCCEEDED, result.log
    assert result.report
    assert result.report.seal
    assert result.report.seal.missing == []
    assert result.summary
    assert result.summary.removed == {"Redaction": 1, "RedactedPage": 1}
    assert SECRET not in result.log
    assert result.output is not None
    assert _texts(result.output) == ["", "Nothing"]


def test_what_draws_is_loaded_before_the_seal(tmp_path: Path, capsys: Any) -> None:
    """The test above would pass with a worker that can open files."""
    pod = Pod(tmp_path)
    pod.input.write_bytes(_written(_line(SECRET)))
    request = pod.request({"redact": {"texts": [SECRET]}})
    result = pod.run_here(request, capsys, worker_command=COMMAND)
    assert result.status == ExitCode.INTERNAL_ERROR


@pytest.mark.parametrize("make", [documents.with_active_content, documents.with_form])
def test_rasterized_pages_are_pictures_and_nothing_else(make: Any) -> None:
    """A mode for the distrustful would leave fonts, forms or text."""
    operations = [{"sanitize": {"mode": "rasterize", "dotsAnInch": 100}}]
    report, output = processed(make(), operations)
    assert report.exit_code == ExitCode.SUCCEEDED, report.message
    with Pdf.open(io.BytesIO(output)) as pdf:
        for page in pdf.pages:
            assert set(page.obj.keys()) == {
                *("/Type", "/Parent", "/MediaBox", "/Resources", "/Contents"),
            }
            assert list(page.obj.Resources.keys()) == ["/XObject"]
            (image,) = page.obj.Resources.XObject.values()
            width = float(page.mediabox[2])
            assert abs(int(image.Width) - width * 100 / 72) < 1
    assert set("".join(_texts(output))) <= {"\n"}
    again, twice = processed(output, operations)
    assert again.exit_code == ExitCode.SUCCEEDED
    assert twice == output


def test_rasterized_pages_look_the_same(tmp_path: Path) -> None:
    """Pages could be turned, cut, or mirrored."""
    pod = Pod(tmp_path)
    pod.input.write_bytes(_written(_line("Up"), b"1 0 0 rg 110 110 30 60 re f", Rotate=90))
    request = pod.request(
        {"sanitize": {"mode": "rasterize", "dotsAnInch": 72}}, verify={"failOnVisualChange": True}
    )
    result = pod.run(request)
    assert result.status == ExitCode.SUCCEEDED, result.log
    assert result.report
    assert result.report.visual
    assert result.report.visual.pages == 2


def test_drawn_pages_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page as large as a house would take all memory."""
    monkeypatch.setattr(drawn, "PIXELS", 10_000)
    _, output = processed(_written(_line("x")), [{"sanitize": {"mode": "rasterize"}}])
    with Pdf.open(io.BytesIO(output)) as pdf:
        (image,) = pdf.pages[0].obj.Resources.XObject.values()
        assert image.Width * image.Height <= 10_000
