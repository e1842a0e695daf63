"""The broker's side: two renderers, one of the document before and one after, page by page.

The renderers are believed in nothing but pixels. The one that draws the input may have been taken
over by it; what it can do then is to lie about how the input looked.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from pdf_security_processor.contract import Limits, Seal, Visual
from pdf_security_processor.fresh_worker import starter_of
from pdf_security_processor.page_views import SAMPLES
from pdf_security_processor.visual.difference import CHANGED, difference_of
from pdf_security_processor.visual.frames import COUNT, PIXELS, SIZE, DrawingOrder
from pdf_security_processor.worker_process import Start, Worker

START_RENDERER = starter_of((sys.executable, "-I", "-m", "pdf_security_processor.visual.renderer"))


@dataclass(frozen=True)
class Side:
    """One of the two documents.

    Attributes:
        name: for a person.
        descriptor: of the document, readable.
        order: with its password.
    """

    name: str
    descriptor: int
    order: DrawingOrder


@dataclass(frozen=True)
class Picture:
    """One page as a renderer drew it: untrusted, but for its size.

    Attributes:
        width: in pixels.
        height: in pixels.
        pixels: `SAMPLES` bytes each, row by row.
    """

    width: int
    height: int
    pixels: bytes


@dataclass(frozen=True)
class ComparedPage:
    """One page before and after.

    Attributes:
        number: from 1.
        before: of the input.
        after: of the output.
        difference: as `difference_of` gives it; 1 where the sizes differ.
    """

    number: int
    before: Picture
    after: Picture
    difference: float

    @property
    def changed(self) -> bool:
        """Whether somebody would notice."""
        return self.difference > CHANGED


class _CannotBeDrawnError(Exception):
    """A renderer failed; the text says on what."""


def _pass_over(page: ComparedPage) -> None:
    """Keep nothing of a page."""


def visual_of(
    before: Side,
    after: Side,
    limits: Limits,
    check: Callable[[Seal | None], None],
    start: Start = START_RENDERER,
    see: Callable[[ComparedPage], None] = _pass_over,
) -> Visual:
    """Compare two documents page by page.

    Args:
        before: the input.
        after: the output.
        limits: of one worker; the two renderers share its memory.
        check: called with what holds a renderer before anything is handed to it; raises where that
            is too little.
        start: starts a renderer.
        see: called with each page that was compared, in order; keeps what it likes of it.
    """
    halves = limits.model_copy(update={"worker_memory_bytes": limits.worker_memory_bytes // 2})
    deadline = time.monotonic() + limits.worker_seconds
    with ExitStack() as stack:
        one, other = (
            _Pictures(stack.enter_context(start(halves, side.descriptor, None)), side, deadline)
            for side in (before, after)
        )
        one.begin(check)
        other.begin(check)
        return _compared(one, other, before.order.pages, see)


def _compared(
    before: _Pictures, after: _Pictures, most: int, see: Callable[[ComparedPage], None]
) -> Visual:
    visual = Visual()
    try:
        count, count_after = before.count(), after.count()
        for number in range(1, min(count, count_after, most) + 1):
            one, other = before.next(number), after.next(number)
            page = ComparedPage(number, one, other, _difference(one, other))
            visual = _with_page(visual, page)
            see(page)
    except _CannotBeDrawnError as reason:
        return visual.model_copy(update={"problem": str(reason)})
    problem = ""
    if count != count_after:
        problem = f"the output has {count_after} pages where the input has {count}"
    return visual.model_copy(update={"problem": problem})


def _difference(before: Picture, after: Picture) -> float:
    if (before.width, before.height) != (after.width, after.height):
        return 1.0
    return difference_of(before.pixels, after.pixels, before.width)


def _with_page(visual: Visual, page: ComparedPage) -> Visual:
    changed = visual.changed + page.changed
    update: dict[str, object] = {"pages": visual.pages + 1, "changed": changed}
    if page.difference > visual.worst_difference:
        update |= {"worst_page": page.number, "worst_difference": round(page.difference, 4)}
    return visual.model_copy(update=update)


class _Pictures:
    """What one renderer says, read piece by piece."""

    def __init__(self, renderer: Worker, side: Side, deadline: float) -> None:
        self._renderer = renderer
        self._side = side
        self._deadline = deadline

    def begin(self, check: Callable[[Seal | None], None]) -> None:
        """Hand over the order, once the renderer is sealed."""
        check(self._renderer.sealed())
        self._renderer.hand_over(self._side.order.to_bytes())

    def count(self) -> int:
        """Give the document's number of pages."""
        (count,) = COUNT.unpack(self._read(COUNT.size, "document"))
        return int(count)

    def next(self, number: int) -> Picture:
        """Give the next page's picture."""
        what = f"page {number}"
        width, height = SIZE.unpack(self._read(SIZE.size, what))
        if not 0 < width * height <= PIXELS:
            raise _CannotBeDrawnError(f"{what} of the {self._side.name} cannot be drawn")
        return Picture(width, height, self._read(width * height * SAMPLES, what))

    def _read(self, count: int, what: str) -> bytes:
        data = self._renderer.read_exactly(count, self._deadline)
        if data is None:
            late = time.monotonic() >= self._deadline
            reason = "in the time that a document may take" if late else "at all"
            raise _CannotBeDrawnError(f"the {self._side.name}'s {what} was not drawn {reason}")
        return data
