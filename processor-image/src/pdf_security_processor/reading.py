"""A document as qpdf reads it: all of it in memory where it is small, from its file where not."""

import io

IN_MEMORY_BYTES = 32 * 1024**2
"""Largest document that is held whole. qpdf reads in many small pieces, each of which is a call
into Python, and one into the system where it comes from a file: half of the time that saving takes,
and most of the time of opening what was linearized."""

InputFile = io.FileIO | io.BytesIO


def input_file(descriptor: int, size: int) -> InputFile:
    """Give what qpdf reads from, at its beginning; closing it leaves the descriptor open.

    Args:
        descriptor: of the whole document, readable.
        size: its bytes.

    Raises:
        MemoryError: there is no room for it.
    """
    file = io.FileIO(descriptor, closefd=False)
    file.seek(0)
    return io.BytesIO(file.read()) if size <= IN_MEMORY_BYTES else file
