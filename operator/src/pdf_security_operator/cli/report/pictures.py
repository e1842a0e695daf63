"""Has two documents drawn by sealed processes, and encodes what they say. Parses no document.

What a process says is pixels, of a number that was checked; the files in the page are made of them
here, so that no decoder of a browser is ever given what came from a document.
"""

import heapq
import io
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageChops

from pdf_security_operator.cli.errors import DrawingError
from pdf_security_operator.cli.report.content import (
    PICTURES,
    ChangedPage,
    Comparison,
    Frame,
    Shown,
)
from pdf_security_processor.checks import check_seal
from pdf_security_processor.contract import Limits
from pdf_security_processor.errors import ProcessorError
from pdf_security_processor.secret_files import Password
from pdf_security_processor.visual.comparison import (
    START_RENDERER,
    ComparedPage,
    Picture,
    Side,
    visual_of,
)
from pdf_security_processor.visual.difference import NOTICED, TILE
from pdf_security_processor.visual.frames import EVERY_PAGE, DrawingOrder
from pdf_security_processor.worker_process import Start

_SIDE_PIXELS = 1000
"""Longest side of a picture; a page of A4 has 842."""

_PNG_BYTES = 256 * 1024
"""Larger pictures are photographs, which JPEG writes in a tenth."""

_JPEG_QUALITY = 80

_FRAMES = 12
"""Frames on one picture; where there would be more, one is drawn around all."""

_FRAMED = 3
"""A tile is framed that differs at least by this part of what the worst does."""


@dataclass(frozen=True)
class Drawable:
    """A document to be drawn.

    Attributes:
        file: open for reading, with a descriptor.
        password: that opens it; an empty one where none is needed.
    """

    file: io.BufferedReader
    password: Password


def compared(
    before: Drawable,
    after: Drawable,
    *,
    most: int = PICTURES,
    limits: Limits | None = None,
    start: Start = START_RENDERER,
) -> Comparison:
    """Compare how two documents look, and keep pictures of the pages that differ most.

    Args:
        before: the input of a job.
        after: its output.
        most: pages that are kept.
        limits: of the processes; the contract's where not given.
        start: starts one.

    Raises:
        DrawingError: a process is less held than it is to be, and was given nothing.
    """
    kept: list[tuple[float, int, ChangedPage]] = []

    def see(page: ComparedPage) -> None:
        # A page of the same difference counts for less the later it comes.
        rank = (page.difference, -page.number)
        if not page.changed or not most or (len(kept) == most and rank < kept[0][:2]):
            return
        push = heapq.heappushpop if len(kept) == most else heapq.heappush
        push(kept, (*rank, _changed(page)))

    try:
        visual = visual_of(
            _side("input", before),
            _side("output", after),
            limits or Limits(),
            check_seal,
            start,
            see,
        )
    except ProcessorError as error:
        raise DrawingError(error.exit_code, error.message) from error
    return Comparison(visual, _in_order(kept))


def _in_order(kept: list[tuple[float, int, ChangedPage]]) -> tuple[ChangedPage, ...]:
    return tuple(sorted((page for _, _, page in kept), key=lambda page: page.number))


def _side(name: str, document: Drawable) -> Side:
    return Side(name, document.file.fileno(), DrawingOrder(document.password, EVERY_PAGE))


def _changed(page: ComparedPage) -> ChangedPage:
    before, after = _image(page.before), _image(page.after)
    # First, for showing makes a picture smaller.
    frames = frames_of(before, after)
    return ChangedPage(page.number, page.difference, _shown(before), _shown(after), frames)


def _image(picture: Picture) -> Image.Image:
    size = (picture.width, picture.height)
    return Image.frombytes("RGB", size, picture.pixels, "raw", "BGR")


def frames_of(before: Image.Image, after: Image.Image) -> tuple[Frame, ...]:
    """Frame where two pictures differ most, from the top.

    By tiles, as they were compared. A picture of letters differs a little from the letters all over
    the page; what somebody looks for is where it differs like nowhere else.
    """
    if before.size != after.size:
        return ()
    width, height = before.size
    frames = [
        (
            TILE * min(x for x, _ in group),
            TILE * min(y for _, y in group),
            min(width, TILE * (1 + max(x for x, _ in group))),
            min(height, TILE * (1 + max(y for _, y in group))),
        )
        for group in _groups(_tiles_that_differ(before, after))
    ]
    if len(frames) > _FRAMES:
        lefts, tops, rights, bottoms = zip(*frames, strict=True)
        return ((min(lefts), min(tops), max(rights), max(bottoms)),)
    return tuple(sorted(frames, key=lambda frame: (frame[1], frame[0])))


def _tiles_that_differ(before: Image.Image, after: Image.Image) -> set[tuple[int, int]]:
    noticed = ImageChops.difference(before, after).point(lambda value: 255 * (value > NOTICED))
    red, green, blue = noticed.split()
    tiles = ImageChops.lighter(ImageChops.lighter(red, green), blue).reduce(TILE)
    shares = tiles.tobytes()
    least = max(1, max(shares) // _FRAMED)
    return {divmod(at, tiles.width)[::-1] for at, share in enumerate(shares) if share >= least}


def _groups(tiles: set[tuple[int, int]]) -> Iterator[set[tuple[int, int]]]:
    """Put tiles together that touch."""
    left = set(tiles)
    while left:
        group, edge = set(), {left.pop()}
        while edge:
            group |= edge
            near = {(x + i, y + j) for x, y in edge for i in (-1, 0, 1) for j in (-1, 0, 1)}
            edge = near & left
            left -= edge
        yield group


def _shown(image: Image.Image) -> Shown:
    width, height = image.size
    image.thumbnail((_SIDE_PIXELS, _SIDE_PIXELS))
    png = io.BytesIO()
    image.save(png, "PNG", optimize=True)
    if png.tell() <= _PNG_BYTES:
        return Shown("image/png", png.getvalue(), width, height)
    jpeg = io.BytesIO()
    image.save(jpeg, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return Shown("image/jpeg", jpeg.getvalue(), width, height)
