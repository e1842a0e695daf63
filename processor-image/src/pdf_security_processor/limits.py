"""Bounds of what parsing one document may take inside the worker.

Bounds of bytes and seconds are the request's (`contract.Limits`); a job cannot loosen these here.
"""

import resource

import pikepdf.settings

NESTING = 200
"""Deepest arrays and dictionaries that are read; real documents stay below 30."""

STREAM_FILTERS = 8
"""Filters of one stream that are decoded; real documents have two at most."""

WARNINGS = 100_000
"""Warnings of one document before qpdf gives up on it. Large scans have a harmless one a page."""

NODES = 5_000_000
"""Dictionaries and arrays that one walk of a document visits."""

FORM_FIELDS = 1_000_000
"""Nodes of the field tree that are counted."""


def set_process_limits() -> None:
    """Set qpdf's bounds for this process, once, before anything is opened.

    The bounds of decoded bytes are left alone: with `flate_max_memory` set, saving copies a stream
    that exceeds it unchanged and counts no error, which looks like protection and is none.
    """
    pikepdf.settings.set_qpdf_limits(
        doc_max_warnings=WARNINGS, parser_max_nesting=NESTING, max_stream_filters=STREAM_FILTERS
    )


def memory_was_short() -> bool:
    """Tell whether this process came near its bound of memory.

    qpdf takes a failed allocation inside its parser for damage of the document. A vector that grows
    asks for twice what it has, so half of the bound is near.
    """
    bound = resource.getrlimit(resource.RLIMIT_DATA)[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return bound != resource.RLIM_INFINITY and peak > bound // 2
