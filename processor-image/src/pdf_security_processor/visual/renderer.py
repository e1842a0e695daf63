"""The renderer: one sealed process that draws one document, which it has only as memory.

Never opens a path or a socket, and never sees a credential. What it says is pictures.
"""

import io
import os
import sys

from pdf_security_processor import pdfium, sandbox
from pdf_security_processor.contract import Limits
from pdf_security_processor.kernel import map_for_reading
from pdf_security_processor.page_views import CannotBeOpenedError, size_of
from pdf_security_processor.pdfium import PdfiumDocument
from pdf_security_processor.scratch import write_all
from pdf_security_processor.visual.frames import COUNT, DOTS_AN_INCH, PIXELS, SIZE, read_order
from pdf_security_processor.worker_arguments import parse


def main(arguments: list[str]) -> int:
    """Seal the process, then draw what it is told to; return 0 where the document opened."""
    given = parse(arguments)
    size = os.fstat(given.input).st_size
    # A mapping, for the rest to open no file; the document's bytes are looked at after the seal.
    address = map_for_reading(given.input, size)
    pdfium.prepare()
    descriptors = {0, 1, 2, given.input, given.report}
    bounds = Limits.model_validate_json(given.limits)
    seal = sandbox.seal(bounds, descriptors, given.broker, lambda: None)
    with io.FileIO(given.report, "w", closefd=False) as pipe:
        write_all(pipe, seal.model_dump_json(by_alias=True).encode() + b"\n")
        order = read_order(sys.stdin.buffer)
        if order is None:
            return 0
        try:
            document = PdfiumDocument(address, size, order.password.reveal().encode())
        except CannotBeOpenedError:
            return 1
        write_all(pipe, COUNT.pack(document.pages))
        for number in range(min(document.pages, order.pages)):
            width, height, picture = _drawn(document, number)
            write_all(pipe, SIZE.pack(width, height) + picture)
    return 0


def _drawn(document: PdfiumDocument, number: int) -> tuple[int, int, bytes]:
    """Draw one page; give width and height in pixels, both 0 where it cannot be, and the pixels."""
    try:
        with document.page(number) as page:
            width, height = size_of(page.width, page.height, DOTS_AN_INCH, PIXELS)
            picture = page.drawn(width, height)
    except CannotBeOpenedError:
        picture = None
    return (0, 0, b"") if picture is None else (width, height, picture)


if __name__ == "__main__":
    # Without the interpreter's teardown, as the worker ends.
    os._exit(main(sys.argv[1:]))
