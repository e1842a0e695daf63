"""Documents to time the processor with: made here, the same in every run."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path

import pikepdf
from pikepdf import Dictionary, Encryption, Name, Pdf
from PIL import Image

PASSWORD = "bench-Geheim-5172"


def letter() -> Pdf:
    """Two pages of text: some kilobytes."""
    return _text(pages=2, lines=40)


def book() -> Pdf:
    """A thousand pages of text: some megabytes, of many small streams."""
    return _text(pages=1000, lines=160)


def scan() -> Pdf:
    """Forty pages that are one photograph each: some megabytes, of few large streams."""
    pdf = pikepdf.new()
    numbers = random.Random(7)
    for _ in range(40):
        page = pdf.add_blank_page(page_size=(595, 842))
        page.obj.Resources = Dictionary(XObject=Dictionary(Im=_photograph(pdf, numbers)))
        page.obj.Contents = pdf.make_stream(b"q 595 0 0 842 0 0 cm /Im Do Q")
    return pdf


def gigabyte() -> Pdf:
    """A thousand images of a megabyte that does not compress."""
    pdf = pikepdf.new()
    numbers = random.Random(7)
    block = numbers.randbytes(1024**2)
    for number in range(1024):
        image = pdf.make_stream(
            number.to_bytes(4, "big") + block[4:],
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=1024,
            Height=1024,
            ColorSpace=Name.DeviceGray,
            BitsPerComponent=8,
        )
        page = pdf.add_blank_page(page_size=(595, 842))
        page.obj.Resources = Dictionary(XObject=Dictionary(Im=image))
        page.obj.Contents = pdf.make_stream(b"q 595 0 0 842 0 0 cm /Im Do Q")
    return pdf


SMALL: dict[str, Callable[[], Pdf]] = {"letter": letter}
LARGE: dict[str, Callable[[], Pdf]] = {"book": book, "scan": scan}


def write(make: Callable[[], Pdf], plain: Path, encrypted: Path) -> None:
    """Save a document as it is, and encrypted by AES-256."""
    with make() as pdf:
        pdf.save(plain, compress_streams=True, object_stream_mode=_GENERATE)
        rules = Encryption(owner=PASSWORD, user=PASSWORD, R=6)
        pdf.save(encrypted, encryption=rules, object_stream_mode=_GENERATE)


_GENERATE = pikepdf.ObjectStreamMode.generate


def _text(pages: int, lines: int) -> Pdf:
    pdf = pikepdf.new()
    numbers = random.Random(7)
    font = pdf.make_indirect(
        Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    )
    for _ in range(pages):
        page = pdf.add_blank_page(page_size=(595, 842))
        page.obj.Resources = Dictionary(Font=Dictionary(F1=font))
        words = (f"{numbers.getrandbits(48):x} {numbers.getrandbits(80):x}" for _ in range(lines))
        text = "".join(f"({line}) Tj T*\n" for line in words)
        page.obj.Contents = pdf.make_stream(f"BT /F1 9 Tf 12 TL 40 800 Td\n{text}ET".encode())
    return pdf


def _photograph(pdf: Pdf, numbers: random.Random) -> pikepdf.Object:
    """Make noise of large and small grain, as JPEG."""
    coarse = Image.frombytes("RGB", (40, 56), numbers.randbytes(40 * 56 * 3))
    picture = coarse.resize((800, 1120), Image.Resampling.BICUBIC)
    fine = Image.frombytes("RGB", (800, 1120), numbers.randbytes(800 * 1120 * 3))
    target = io.BytesIO()
    Image.blend(picture, fine, 0.1).save(target, "JPEG", quality=80)
    return pdf.make_stream(
        target.getvalue(),
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=800,
        Height=1120,
        ColorSpace=Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=Name.DCTDecode,
    )
