"""Whether a document looks as before: what is noticed, and what a hostile renderer can do."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Encryption, Name

from pdf_security_processor.contract import ExitCode, Limits, Seal, Visual
from pdf_security_processor.fresh_worker import COMMAND, starter_of
from pdf_security_processor.page_views import size_of
from pdf_security_processor.secret_files import Password
from pdf_security_processor.visual.comparison import START_RENDERER, Side, visual_of
from pdf_security_processor.visual.difference import CHANGED, difference_of
from pdf_security_processor.visual.frames import DOTS_AN_INCH, EVERY_PAGE, PIXELS, DrawingOrder
from pdf_security_processor.worker_process import Start
from processor import documents
from processor.pods import DECRYPT, ENCRYPT, Pod

SANITIZE: dict[str, Any] = {"sanitize": {}}
LIMITS = Limits(worker_seconds=30)


def _visual(
    before: bytes,
    after: bytes,
    folder: Path,
    passwords: tuple[str, str] = ("", ""),
    pages: int = EVERY_PAGE,
    limits: Limits = LIMITS,
    start: Start = START_RENDERER,
) -> tuple[Visual, list[Seal | None]]:
    seals: list[Seal | None] = []
    sides = []
    with ExitStack() as stack:
        for name, content, password in zip(
            ("input", "output"), (before, after), passwords, strict=True
        ):
            (folder / name).write_bytes(content)
            descriptor = os.open(folder / name, os.O_RDONLY)
            stack.callback(os.close, descriptor)
            sides.append(Side(name, descriptor, DrawingOrder(Password(password), pages)))
        before_side, after_side = sides
        return visual_of(before_side, after_side, limits, seals.append, start), seals


def _letter(total: str, pages: int = 3, box: tuple[float, float] = (595, 842)) -> bytes:
    """Give a letter whose second page names a sum."""
    pdf = pikepdf.new()
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    for number in range(pages):
        page = pdf.add_blank_page(page_size=box)
        page.obj.Resources = Dictionary(Font=Dictionary(F=font))
        text = f"We owe you {total} Euro." if number == 1 else "Dear Sir or Madam,"
        page.obj.Contents = pdf.make_stream(f"BT /F 11 Tf 70 700 Td ({text}) Tj ET".encode())
    return documents.saved(pdf)


def test_the_same_is_the_same(tmp_path: Path) -> None:
    """Every job would fail that asks for it."""
    visual, seals = _visual(_letter("1000"), _letter("1000"), tmp_path)
    assert visual == Visual(pages=3)
    assert [seal.missing for seal in seals if seal] == [[], []]


def test_one_digit_is_noticed(tmp_path: Path) -> None:
    """A sum could be another, and the report say that nothing visible changed."""
    visual, _ = _visual(_letter("1000"), _letter("4000"), tmp_path)
    assert (visual.pages, visual.changed, visual.worst_page) == (3, 1, 2)
    assert visual.worst_difference > CHANGED
    assert not visual.problem


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(_letter("1000", box=(842, 595)), id="turned"),
        pytest.param(_letter("1000", box=(612, 792)), id="other-size"),
    ],
)
def test_another_size_is_a_change(tmp_path: Path, after: bytes) -> None:
    """A page could be cut."""
    visual, _ = _visual(_letter("1000"), after, tmp_path)
    assert (visual.changed, visual.worst_difference) == (3, 1)


def test_a_lost_page_is_told(tmp_path: Path) -> None:
    """A page could be lost, and all that are left look the same."""
    visual, _ = _visual(_letter("1000"), _letter("1000", pages=2), tmp_path)
    assert "has 2 pages where the input has 3" in visual.problem


def test_fields_and_annotations_are_drawn(tmp_path: Path) -> None:
    """What a reader sees of a form could vanish unnoticed."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(200, 200))
    box = Array([0, 0, 40, 40])
    drawn = pdf.make_stream(b"0 0 40 40 re f", Type=Name.XObject, Subtype=Name.Form, BBox=box)
    for subtype, left in ((Name.Widget, 20), (Name.Stamp, 120)):
        note: pikepdf.Object = Dictionary(
            Type=Name.Annot, Subtype=subtype, F=4, AP=Dictionary(N=drawn)
        )
        note.Rect = Array([left, 20, left + 40, 60])
        if subtype == Name.Widget:
            note.update({"/FT": Name.Tx, "/T": pikepdf.String("f")})
        page.obj[Name.Annots] = Array([*page.obj.get("/Annots", []), pdf.make_indirect(note)])
    pdf.Root.AcroForm = Dictionary(Fields=Array([page.obj.Annots[0]]))
    whole = documents.saved(pdf)
    for index in (0, 1):
        kept = [note for number, note in enumerate(page.obj.Annots) if number != index]
        with pikepdf.new() as other:
            other.add_blank_page(page_size=(200, 200))
            for note in kept:
                copied = other.copy_foreign(note)
                other.pages[0].obj.Annots = Array([copied])
                if copied.Subtype == Name.Widget:
                    other.Root.AcroForm = Dictionary(Fields=Array([copied]))
            visual, _ = _visual(whole, documents.saved(other), tmp_path)
        assert visual.changed == 1, index


def test_passwords_open_either(tmp_path: Path) -> None:
    """An encrypted document could not be compared, or its password would have to be no secret."""
    locked = _locked(_letter("1000"), "Schlüssel-7")
    visual, _ = _visual(locked, _letter("1000"), tmp_path, ("Schlüssel-7", ""))
    assert visual == Visual(pages=3)
    visual, _ = _visual(locked, _letter("1000"), tmp_path, ("other", ""))
    assert "the input's document was not drawn" in visual.problem


def _locked(content: bytes, password: str) -> bytes:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return documents.saved(pdf, encryption=Encryption(owner="o", user=password, R=6))


_HOSTILE = """
import os, struct, sys, time
given = dict(argument.removeprefix("--").split("=", 1) for argument in sys.argv[1:])
report = int(given["report"])
def say(data): os.write(report, data)
say(b'{"landlock":7,"seccomp":true}\\n')
sys.stdin.buffer.read()
"""


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        pytest.param("", "document was not drawn", id="silent"),
        pytest.param("os.abort()", "document was not drawn", id="crashes"),
        pytest.param("say(b'\\0')", "document was not drawn", id="cut-short"),
        pytest.param("say(struct.pack('>I', 3))", "page 1 was not drawn", id="no-page"),
        pytest.param(
            "say(struct.pack('>III', 3, 2**31, 2**31))", "page 1 of the input", id="giant-page"
        ),
        pytest.param("say(struct.pack('>III', 3, 0, 0))", "page 1 of the input", id="no-size"),
        pytest.param("time.sleep(60)", "in the time that a document may take", id="hangs"),
    ],
)
def test_a_hostile_renderer_is_a_problem(tmp_path: Path, code: str, problem: str) -> None:
    """The broker could crash, wait or run out of memory, and all other documents with it."""
    (tmp_path / "hostile.py").write_text(_HOSTILE + code)
    hostile = starter_of((sys.executable, "-I", str(tmp_path / "hostile.py")))
    began = time.monotonic()
    limits = Limits(worker_seconds=3)
    visual, _ = _visual(_letter("1"), _letter("1"), tmp_path, limits=limits, start=hostile)
    assert problem in visual.problem
    assert visual.pages == 0
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("fails", [True, False])
def test_a_worker_that_puts_out_another_document(
    pod: Pod, capfd: pytest.CaptureFixture[str], tmp_path: Path, fails: bool
) -> None:
    """A document that took over its worker could have another one put in its place."""
    pod.input.write_bytes(_letter("1000"))
    (tmp_path / "other.pdf").write_bytes(_letter("9000"))
    (tmp_path / "hostile.py").write_text(
        _HOSTILE.replace("report = int", "output, report = int(given['output']), int")
        + f"os.write(output, open({str(tmp_path / 'other.pdf')!r}, 'rb').read())\n"
        + 'say(b\'{"exitCode":0,"operations":["sanitize"],"outputPages":3}\')'
    )
    request = pod.request(SANITIZE, verify={"failOnVisualChange": fails})
    result = pod.run_here(request, capfd, (sys.executable, "-I", str(tmp_path / "hostile.py")))
    assert result.status == (ExitCode.VISUAL_CHANGE if fails else ExitCode.SUCCEEDED)
    assert (result.output is None) == fails
    assert result.report
    assert result.report.visual
    assert (result.report.visual.changed, result.report.visual.worst_page) == (1, 2)
    assert result.summary
    assert result.summary.visual == result.report.visual


def test_through_every_encryption(pod: Pod, capfd: pytest.CaptureFixture[str]) -> None:
    """What is decrypted and encrypted again would count as changed, or as not to be drawn."""
    pod.secret("pw", "input", "old-Geheim-11")
    pod.input.write_bytes(_locked(_letter("1000"), "old-Geheim-11"))
    request = pod.request(DECRYPT, SANITIZE, ENCRYPT, verify={"failOnVisualChange": True})
    result = pod.run_here(request, capfd, COMMAND)
    assert result.status == ExitCode.SUCCEEDED, result.log
    assert result.report
    assert result.report.visual == Visual(pages=3)
    events = {event["event"]: event for event in result.events}
    assert events["verify.finished"]["pages"] == 3


def test_pages_are_bounded_by_the_job(pod: Pod, capfd: pytest.CaptureFixture[str]) -> None:
    """A thousand pages would be drawn where somebody wants the first one."""
    pod.input.write_bytes(_letter("1000", pages=9))
    request = pod.request(SANITIZE, verify={"pages": 2, "failOnVisualChange": True})
    result = pod.run_here(request, capfd, COMMAND)
    assert result.report
    assert result.report.visual == Visual(pages=2)


def test_a_document_that_cannot_be_drawn_fails(pod: Pod, capfd: pytest.CaptureFixture[str]) -> None:
    """What nobody could compare would pass for the same."""
    pod.input.write_bytes(_letter("1000"))
    hostile = _HOSTILE.replace("report = int", "output, report = int(given['output']), int") + (
        "os.write(output, b'%PDF-1.7 and no more')\n"
        'say(b\'{"exitCode":0,"operations":["sanitize"],"outputPages":3}\')'
    )
    (pod.root / "hostile.py").write_text(hostile)
    command = (sys.executable, "-I", str(pod.root / "hostile.py"))
    request = pod.request(SANITIZE, verify={"failOnVisualChange": True})
    result = pod.run_here(request, capfd, command)
    assert result.status == ExitCode.VISUAL_CHANGE
    assert "the output's document was not drawn" in json.dumps(result.events)
    assert result.output is None


_SIDE = 40


@given(st.integers(0, _SIDE - 1), st.integers(0, _SIDE - 1), st.integers(1, 12))
def test_a_spot_is_noticed_wherever_it_is(left: int, top: int, side: int) -> None:
    """What lies on the border of two tiles, or at the edge, could change unnoticed."""
    before = bytearray(b"\xff" * _SIDE * _SIDE * 3)
    after = bytearray(before)
    for row in range(top, min(top + side, _SIDE)):
        for column in range(left, min(left + side, _SIDE)):
            place = (row * _SIDE + column) * 3
            after[place : place + 3] = b"\0\0\0"
    found = difference_of(bytes(before), bytes(after), _SIDE)
    assert 0 < found <= 1
    assert difference_of(bytes(after), bytes(before), _SIDE) == found
    assert difference_of(bytes(before), bytes(before), _SIDE) == 0


def test_a_shade_is_not_noticed() -> None:
    """Smoothing of edges, which is never quite the same, would fail documents."""
    before, after = b"\x80" * 3000, b"\x90" * 3000
    assert difference_of(before, after, 100) == 0


@given(st.floats(0.1, 1e6), st.floats(0.1, 1e6))
def test_pictures_are_bounded(width: float, height: float) -> None:
    """A giant page would take all memory."""
    across, down = size_of(width, height, DOTS_AN_INCH, PIXELS)
    assert across >= 1
    assert down >= 1
    assert across * down <= max(PIXELS, across, down)
