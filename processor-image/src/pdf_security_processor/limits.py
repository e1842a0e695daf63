"""Bounds of what parsing one document may take inside the worker.

Bounds of bytes and seconds are the request's (`contract.Limits`); a job cannot loosen these here.
"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pikepdf.settings

NESTING = 200
"""Deepest arrays and dictionaries that are read; real documents stay below 30."""

STREAM_FILTERS = 8
"""Filters of one stream that are decoded; real documents have two at most."""

WARNINGS = 50_000
"""Warnings of one document before qpdf gives up on it: large scans have a harmless one a page, and
each takes two kilobytes of memory."""

NODES = 5_000_000
"""Dictionaries and arrays that one walk of a document visits."""

FORM_FIELDS = 1_000_000
"""Nodes of the field tree that are counted."""

OBJECTS = 500_000
"""Indirect objects of a document; each takes about a kilobyte of memory once it is read."""

PAGES = 100_000
"""Pages of a document."""

STRUCTURE_BYTES = 64 * 1024**2
"""Decoded bytes of one stream that qpdf reads itself: of objects, or of cross-references."""


def set_process_limits() -> None:
    """Set qpdf's bounds for this process, once, before anything is opened.

    Those of decoded bytes are for what qpdf reads to find objects, and are lifted before saving.
    """
    pikepdf.settings.set_qpdf_limits(
        doc_max_warnings=WARNINGS, parser_max_nesting=NESTING, max_stream_filters=STREAM_FILTERS
    )
    _limit_decoded(STRUCTURE_BYTES)


@contextmanager
def structure_limits_lifted() -> Iterator[None]:
    """Let qpdf decode within the block, as far as it does while saving, what `decoding` has proven.

    Saving leaves a stream that exceeds qpdf's bound as it is, and counts no error, which looks like
    protection and is none.
    """
    _limit_decoded(0)
    try:
        yield
    finally:
        _limit_decoded(STRUCTURE_BYTES)


def _limit_decoded(count: int) -> None:
    pikepdf.settings.set_qpdf_limits(
        flate_max_memory=count,
        png_max_memory=count,
        run_length_max_memory=count,
        tiff_max_memory=count,
    )


def opening_seconds(size: int) -> float:
    """Give the processor time that a document may take of whose bytes only the number is known."""
    return 5 + size / (4 * 1024**2)


def pages_seconds(pages: int, objects: int, dots_an_inch: int) -> float:
    """Give the processor time that a document may take besides; honest ones take a tenth of both.

    Args:
        pages: how many it has.
        objects: how many it has.
        dots_an_inch: how finely its pages are drawn.
    """
    drawing = 2 * (dots_an_inch / 100) ** 2
    return pages * (0.5 + drawing) + objects / 10_000


def memory_was_short() -> bool:
    """Tell whether this process came near its bound of memory.

    qpdf takes a failed allocation inside its parser for damage of the document. A vector that grows
    asks for twice what it has, so half of the bound is near.
    """
    bound = resource.getrlimit(resource.RLIMIT_DATA)[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return bound != resource.RLIM_INFINITY and peak > bound // 2
