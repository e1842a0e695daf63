"""Watermarks: on every page, where they should be as the page is shown, whatever the page does."""

from __future__ import annotations

import ctypes
import io
from typing import Any

import pikepdf
import pypdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf

from pdf_security_processor import pdfium
from pdf_security_processor.contract import ExitCode
from pdf_security_processor.page_views import SAMPLES
from processor import documents
from processor.here import processed

TEXT = "For Zoë Müller, 2026"


def _marked(data: bytes, *first: dict[str, Any], **wanted: Any) -> bytes:
    report, output = processed(data, [*first, {"watermark": {"text": TEXT, **wanted}}])
    assert report.exit_code == ExitCode.SUCCEEDED, report.message
    return output


def _written(content: bytes, **entries: object) -> bytes:
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(400, 300))
    page.obj.Contents = pdf.make_stream(content)
    for key, value in entries.items():
        page.obj[f"/{key}"] = value
    return documents.saved(pdf)


def _inked_rows(data: bytes) -> tuple[int, list[int]]:
    """Draw the first page; give its height in pixels, and the rows that are not all white."""
    pdfium.prepare()
    memory = ctypes.create_string_buffer(data, len(data))
    document = pdfium.PdfiumDocument(ctypes.addressof(memory), len(data))
    try:
        with document.page(0) as page:
            width, height = int(page.width), int(page.height)
            pixels = page.drawn(width, height)
    finally:
        document.close()
    assert pixels is not None
    length = width * SAMPLES
    rows = [pixels[start : start + length] for start in range(0, len(pixels), length)]
    return height, [number for number, row in enumerate(rows) if row.strip(b"\xff")]


def test_it_is_on_every_page() -> None:
    """A page could be copied without it."""
    output = _marked(documents.plain(3, "Hello"))
    texts = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(output)).pages]
    assert [TEXT in text and "Hello" in text for text in texts] == [True] * 3


@pytest.mark.parametrize("turned", [0, 90, 180, 270, -90, 450])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"0.1 0 0 0.1 90 90 cm 1 1 1 rg", id="leaves-its-state"),
        pytest.param(b"q q q", id="leaves-states-open"),
    ],
)
@pytest.mark.parametrize("position", ["top", "bottom", "diagonal"])
def test_it_is_where_it_should_be_as_shown(position: str, content: bytes, turned: int) -> None:
    """On scans, which are often turned, it would stand upside down, or beside the page."""
    data = _written(content, Rotate=turned, CropBox=Array([50, 60, 350, 260]))
    height, rows = _inked_rows(_marked(data, position=position, opacityPercent=100))
    assert rows
    if position == "diagonal":
        assert rows[-1] - rows[0] > height / 2
    else:
        near_top = rows[-1] < 30
        near_bottom = rows[0] > height - 30
        assert (near_top, near_bottom) == (position == "top", position == "bottom")


def test_pages_that_share_resources_have_one_form() -> None:
    """A document of a thousand pages would have a thousand names in each page's resources."""
    pdf = pikepdf.new()
    shared = pdf.make_indirect(Dictionary(XObject=Dictionary()))
    for _ in range(20):
        pdf.add_blank_page(page_size=(100, 100)).obj.Resources = shared
    with Pdf.open(io.BytesIO(_marked(documents.saved(pdf)))) as marked:
        assert len(marked.pages[0].obj.Resources.XObject) == 1


def test_a_name_that_is_taken_is_left_alone() -> None:
    """A picture of the page would become the watermark."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(100, 100))
    own = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 1, 1]))
    page.obj.Resources = Dictionary(XObject=Dictionary({"/PdfSecurityWatermark0": own}))
    with Pdf.open(io.BytesIO(_marked(documents.saved(pdf)))) as marked:
        objects = marked.pages[0].obj.Resources.XObject
        assert set(objects.keys()) == {"/PdfSecurityWatermark0", "/PdfSecurityWatermark1"}
        assert objects["/PdfSecurityWatermark0"].read_bytes() == b""


def test_it_is_there_after_sanitize() -> None:
    """Jobs that do both would lose it."""
    output = _marked(documents.with_active_content(), {"sanitize": {}})
    assert TEXT in pypdf.PdfReader(io.BytesIO(output)).pages[0].extract_text()


def test_letters_that_it_cannot_write_are_refused() -> None:
    """Names would be cut silently."""
    report, _ = processed(documents.plain(), [{"watermark": {"text": "Für Łukasz"}}])
    assert report.exit_code == ExitCode.INVALID_REQUEST
    assert "letters" in report.message


@pytest.mark.parametrize(
    "entries",
    [
        {"MediaBox": Array([0, 0, 0, 0])},
        {"MediaBox": Array([Name.a, 1]), "Rotate": Name.b},
        {"Resources": Array([]), "Rotate": 45},
        {"Resources": Dictionary(XObject=1), "Contents": Array([])},
    ],
)
def test_odd_pages_are_marked_all_the_same(entries: dict[str, Any]) -> None:
    """One odd page would fail a document that every reader shows."""
    _marked(_written(b"", **entries))
