"""Copies a document by pyHanko, and tells what kept it from that. In a sealed process only."""

from __future__ import annotations

import errno
import io
import os
import sys
from argparse import Namespace
from collections.abc import Callable
from typing import IO, Any

from pyhanko.pdf_utils.generic import ArrayObject, ByteStringObject
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter, copy_into_new_writer

from pdf_security_processor.answering import answer
from pdf_security_processor.encryption.answer import Answer
from pdf_security_processor.reading import input_file

MODULES = (
    "cryptography.hazmat.backends.openssl.backend",
    "lxml.etree",
    "pyhanko.pdf_utils.crypt._saslprep",
    "pyhanko.pdf_utils.crypt.pdfmac",
    "pyhanko.pdf_utils.filters",
    "pyhanko.pdf_utils.metadata.xmp_xml",
)
"""What pyHanko imports when it is first needed."""

Make = Callable[[dict[str, Any], IO[bytes], IO[bytes]], Answer]
"""Makes a document of another, as an order says."""


def copied(reader: PdfFileReader) -> PdfFileWriter:
    """Copy a document, to be written."""
    writer = copy_into_new_writer(reader)
    # It would say that pyHanko made the document, today, and that it is another.
    writer._update_meta = lambda: None  # type: ignore[method-assign]
    if "/ID" in reader.trailer:
        writer._document_id = ArrayObject(map(ByteStringObject, reader.document_id))
    return writer


def made(make: Make, order: dict[str, Any], file: IO[bytes], target: IO[bytes]) -> Answer:
    """Make a document of another; whatever goes wrong is in the answer, never raised."""
    try:
        return make(order, file, target)
    except MemoryError:
        return Answer(problem="outOfMemory")
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        return Answer(problem="scratchFull" if is_full else "damaged", detail=_kind_of(error))
    except NotImplementedError as error:
        return Answer(problem="unsupported", detail=_kind_of(error))
    except Exception as error:
        # Whatever a document has in place of what is expected. The text may quote it.
        return Answer(problem="damaged", detail=_kind_of(error))


def run(make: Make) -> None:
    """Be the process that makes a document of another."""

    def answer_of(order: dict[str, Any], given: Namespace) -> bytes:
        with (
            input_file(given.input, os.fstat(given.input).st_size) as file,
            io.FileIO(given.output, "r+", closefd=False) as output,
            io.BufferedRandom(output) as target,
        ):
            return made(make, order, file, target).model_dump_json(by_alias=True).encode()

    answer(sys.argv[1:], MODULES, answer_of)
    # Without the interpreter's teardown, as the worker ends.
    os._exit(0)


def _kind_of(error: Exception) -> str:
    return "".join(filter(str.isalnum, type(error).__name__))[:64]
