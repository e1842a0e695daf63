"""Pictures for a report's page: drawn under the seal alone, framed, bounded, encoded by us."""

from __future__ import annotations

import hashlib
import io
import json
import random
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Dictionary, Name
from PIL import Image, ImageDraw

from pdf_security_operator.cli.errors import DrawingError
from pdf_security_operator.cli.report.content import Comparison, Frame
from pdf_security_operator.cli.report.pictures import Drawable, compared, frames_of
from pdf_security_processor.fresh_worker import starter_of
from pdf_security_processor.secret_files import Password
from pdf_security_processor.visual.comparison import START_RENDERER
from pdf_security_processor.worker_process import Start
from processor import documents


def _compared(
    folder: Path, before: bytes, after: bytes, start: Start = START_RENDERER, most: int = 8
) -> Comparison:
    with ExitStack() as stack:
        sides = []
        for name, content in (("before", before), ("after", after)):
            (folder / name).write_bytes(content)
            file = stack.enter_context((folder / name).open("rb"))
            sides.append(Drawable(file, Password("Geheim")))
        return compared(sides[0], sides[1], start=start, most=most)


_UNSEALED = """
import json, os, sys
report = int([a for a in sys.argv if a.startswith('--report=')][0][9:])
os.write(report, json.dumps({'landlock': %d, 'seccomp': %s}).encode() + b'\\n')
heard = sys.stdin.buffer.read()
if heard:
    open(%r, 'wb').write(heard)
"""


@pytest.mark.parametrize(
    ("landlock", "seccomp", "missing"),
    [
        pytest.param(0, True, "Landlock", id="without-landlock"),
        pytest.param(7, False, "seccomp", id="without-seccomp"),
    ],
)
def test_nothing_is_handed_to_what_is_not_sealed(
    tmp_path: Path, landlock: int, seccomp: bool, missing: str
) -> None:
    """A document would be parsed by a process that can read files, or open sockets."""
    heard = tmp_path / "heard"
    (tmp_path / "unsealed.py").write_text(_UNSEALED % (landlock, seccomp, str(heard)))
    start = starter_of((sys.executable, "-I", str(tmp_path / "unsealed.py")))
    with pytest.raises(DrawingError, match=f"does not offer {missing}") as raised:
        _compared(tmp_path, documents.plain(), documents.plain(), start)
    assert (raised.value.exit_code, raised.value.reason) == (42, "SealIncomplete")
    assert not heard.exists()


_LOADED = """
import json, sys
from pathlib import Path
from pdf_security_operator.cli.app import app
light = set(sys.modules)
from pdf_security_operator.cli.report.command import PageOptions, make_page
made = make_page(PageOptions(*map(Path, sys.argv[1:5])))
parsers = {"pikepdf", "pypdfium2", "pyhanko", "lxml", "pdf_security_processor.pdfium"}
print(json.dumps([made.comparison.visual.changed, sorted(parsers & set(sys.modules)),
                  sorted({"jinja2", "PIL"} & light)]))
"""


def test_the_command_line_loads_no_parser(tmp_path: Path) -> None:
    """A hostile document would be parsed where a person's files and keys are."""
    before, after = documents.plain(2, "one"), documents.plain(2, "two")
    report: dict[str, Any] = {"jobUid": "u", "reason": "Succeeded"}
    for name, content in (("input", before), ("output", after)):
        (tmp_path / name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        report[name] = {"bytes": len(content), "sha256": digest}
    (tmp_path / "report.json").write_text(json.dumps(report))
    names = ("report.json", "page.html", "input", "output")
    done = subprocess.run(
        [sys.executable, "-I", "-c", _LOADED, *(str(tmp_path / name) for name in names)],
        capture_output=True,
        text=True,
        check=True,
    )
    changed, parsers, heavy = json.loads(done.stdout)
    assert (changed, parsers) == (2, [])
    assert heavy == [], "every other command would take a tenth of a second longer"


def _paper() -> Image.Image:
    return Image.new("RGB", (200, 100), "white")


def _with_boxes(*boxes: Frame) -> Image.Image:
    paper = _paper()
    for box in boxes:
        ImageDraw.Draw(paper).rectangle(box, fill="black")
    return paper


def _with_noise() -> Image.Image:
    paper = _with_boxes((16, 16, 31, 31))
    for x in range(0, 200, 20):
        paper.putpixel((x, 90), (0, 0, 0))
    return paper


@pytest.mark.parametrize(
    ("after", "frames"),
    [
        pytest.param(_with_boxes((16, 16, 31, 31)), ((16, 16, 32, 32),), id="one-tile"),
        pytest.param(_with_boxes((16, 16, 63, 31)), ((16, 16, 64, 32),), id="tiles-that-touch"),
        pytest.param(
            _with_boxes((160, 16, 175, 31), (16, 64, 31, 79)),
            ((160, 16, 176, 32), (16, 64, 32, 80)),
            id="two-places-from-the-top",
        ),
        pytest.param(_with_boxes((192, 96, 199, 99)), ((192, 96, 200, 100),), id="at-the-edge"),
        pytest.param(_with_noise(), ((16, 16, 32, 32),), id="noise-is-not-framed"),
        pytest.param(
            _with_boxes(*((x, y, x + 3, y + 3) for x in range(0, 200, 32) for y in (0, 32, 64))),
            ((0, 0, 200, 80),),
            id="too-many-are-one",
        ),
        pytest.param(Image.new("RGB", (100, 200), "white"), (), id="another-size"),
    ],
)
def test_frames(after: Image.Image, frames: tuple[Frame, ...]) -> None:
    """A person would look for the difference all over the page, or at the wrong place."""
    assert frames_of(_paper(), after) == frames


def _photograph(size: int) -> bytes:
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(size, size))
    image = pdf.make_stream(
        random.Random(7).randbytes(size * size * 3),
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=size,
        Height=size,
        ColorSpace=Name.DeviceRGB,
        BitsPerComponent=8,
    )
    page.obj.Resources = Dictionary(XObject=Dictionary(I=image))
    page.obj.Contents = pdf.make_stream(f"{size} 0 0 {size} 0 0 cm /I Do".encode())
    return documents.saved(pdf)


def _blank(size: int) -> bytes:
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(size, size))
    return documents.saved(pdf)


@pytest.mark.parametrize(
    ("make", "size", "media_type"),
    [
        pytest.param(_blank, 600, "image/png", id="blank"),
        pytest.param(_photograph, 600, "image/jpeg", id="noise"),
        pytest.param(_photograph, 1400, "image/jpeg", id="large-noise"),
    ],
)
def test_pictures_are_bounded(
    tmp_path: Path, make: Callable[[int], bytes], size: int, media_type: str
) -> None:
    """A page of a document of photographs could not be opened, or sent to anybody."""
    other = documents.plain(1)
    (page,) = _compared(tmp_path, make(size), other).pages
    assert page.before.media_type == media_type
    assert (page.before.width, page.before.height) == (size, size)
    assert len(page.before.data) < 1024**2
    assert max(Image.open(io.BytesIO(page.before.data)).size) <= 1000
    assert page.frames == ()


def test_keeps_those_that_differ_most(tmp_path: Path) -> None:
    """A page of little would be shown in place of the one that matters."""
    sides = [1, 9, 3, 12, 9]
    pdf = pikepdf.new()
    for side in sides:
        page = pdf.add_blank_page(page_size=(200, 200))
        page.obj.Contents = pdf.make_stream(f"104 88 {side} {side} re f".encode())
    before = pikepdf.new()
    for _ in sides:
        before.add_blank_page(page_size=(200, 200))
    comparison = _compared(tmp_path, documents.saved(before), documents.saved(pdf), most=2)
    assert [page.number for page in comparison.pages] == [2, 4]
    assert comparison.left_out == comparison.visual.changed - 2


def test_a_renderer_says_nothing_but_pixels(tmp_path: Path) -> None:
    """A picture of a document's making would be decoded by a browser."""
    comparison = _compared(tmp_path, documents.plain(1, "one"), documents.plain(1, "two"))
    (page,) = comparison.pages
    with Image.open(io.BytesIO(page.after.data)) as picture:
        assert picture.format == "PNG"
        assert set(picture.info) == set()
        assert picture.size == (200, 200)
