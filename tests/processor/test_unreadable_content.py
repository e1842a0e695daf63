"""Content and images that cannot be read as they are, and what is written in their place."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf

from processor import documents
from processor.here import rebuilt

JPEG = b"\xff\xd8\xff\xe0 and so on"


@pytest.fixture
def pdf() -> Iterator[Pdf]:
    with Pdf.new() as made:
        made.add_blank_page(page_size=(200, 200))
        yield made


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"0 0 9 9 re f [ /oops", b"0 0 9 9 re\nf"),
        (b"0 0 9 9 re f (never ended", b"0 0 9 9 re\nf"),
        (b"0 0 9 9 re f BI /W 1 /H 1 /CS /G /BPC 8 ID \x80", b"0 0 9 9 re\nf"),
        (b"0 0 9 9 re f <zz> Tj 5 w", b"0 0 9 9 re\nf"),
        (b"ID\n0 0 9 9 re ID f", b"0 0 9 9 re\nf"),
    ],
    ids=["array", "string", "image", "hexadecimal", "image-without-beginning"],
)
def test_content_that_cannot_be_read(pdf: Pdf, content: bytes, expected: bytes) -> None:
    """What each reader takes differently would be what was not looked at."""
    pdf.pages[0].obj.Contents = Array([pdf.make_stream(b"1 g"), pdf.make_stream(content)])
    data = rebuilt(documents.saved(pdf))
    assert rebuilt(data) == data
    with pikepdf.open(io.BytesIO(data)) as opened:
        written = opened.pages[0].obj.Contents.read_bytes()
        assert written.startswith(b"1 g\n" + expected)
        assert not opened.check_pdf_syntax()


def test_forms_that_cannot_be_read(pdf: Pdf) -> None:
    """They are content like a page's, and qpdf does not look at them."""
    form = pdf.make_stream(
        b"0 0 9 9 re f [ /oops",
        Dictionary(Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9])),
    )
    pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(X=form))
    with pikepdf.open(io.BytesIO(rebuilt(documents.saved(pdf)))) as opened:
        assert opened.pages[0].obj.Resources.XObject.X.read_bytes() == b"0 0 9 9 re\nf"


def test_names_with_a_stray_number_sign() -> None:
    """Before PDF 1.2 it was a character like any other; now it begins an escape."""
    with Pdf.new() as pdf:
        pdf.add_blank_page()
        page = pdf.pages[0].obj
        page.Resources = Dictionary(
            XObject=Dictionary(
                XxQyY=pdf.make_stream(
                    b"0 g",
                    Dictionary(Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9])),
                )
            )
        )
        page.Contents = pdf.make_stream(b"/XxQyY Do")
        plain = documents.saved(
            pdf, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable
        )
    once = rebuilt(plain.replace(b"XxQyY", b"XxQ#Y"))
    assert rebuilt(once) == once
    with pikepdf.open(io.BytesIO(once)) as opened:
        assert list(opened.pages[0].obj.Resources.XObject.keys()) == ["/XxQ#Y"]
        assert opened.pages[0].obj.Contents.read_bytes() == b"/XxQ#23Y Do"


def test_content_that_can_be_read_stays_as_it_is(pdf: Pdf) -> None:
    content = b"(% as it was) Tj\n0   0 9 9 re f"
    pdf.pages[0].obj.Contents = pdf.make_stream(content)
    with pikepdf.open(io.BytesIO(rebuilt(documents.saved(pdf)))) as opened:
        assert opened.pages[0].obj.Contents.read_bytes() == content


@pytest.mark.parametrize(
    ("data", "expected"),
    [(JPEG, JPEG), (b"\n\n" + JPEG, JPEG), (b"www", None)],
    ids=["whole", "later", "none"],
)
def test_images_that_are_said_to_be_jpeg(pdf: Pdf, data: bytes, expected: bytes | None) -> None:
    """Readers look for its beginning, and draw nothing where there is none."""
    image = pdf.make_stream(
        b"",
        Dictionary(
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=1,
            Height=1,
            BitsPerComponent=8,
            ColorSpace=Name.DeviceGray,
        ),
    )
    image.write(data, filter=Name.DCTDecode)
    pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(X=image))
    once = rebuilt(documents.saved(pdf))
    assert rebuilt(once) == once
    with pikepdf.open(io.BytesIO(once)) as opened:
        kept = opened.pages[0].obj.Resources.XObject.get("/X")
        assert (kept and kept.read_raw_bytes()) == expected
