"""What a worker does before it is sealed: it loads what it could not load afterwards."""

import codecs
import importlib
import warnings
from collections.abc import Iterable

from pdf_security_processor import limits
from pdf_security_processor.kernel import keep_freed_memory

CODECS = (
    *("ascii", "latin-1", "pdfdoc", "utf-8", "utf-16", "utf-16-be", "utf-16-le"),
    *("cp1252", "mac-roman"),
)
"""Text of documents comes in these; Python loads a codec from its file when it is first asked."""

MODULES = ("lxml.etree",)
"""What pikepdf imports when it is first needed: for the version in a document's XMP, on saving."""

_KEPT_BLOCK_BYTES = 4 * 1024**2

_KEPT_BYTES = 64 * 1024**2


def set_up() -> None:
    """Do what is the same for every document and takes time, before anything is opened."""
    # qpdf's and pikepdf's warnings go into the report; standard error is nobody's.
    warnings.simplefilter("ignore")
    limits.set_process_limits()
    keep_freed_memory(_KEPT_BLOCK_BYTES, _KEPT_BYTES)


def prepare(*, draws: bool) -> None:
    """Let Python open now what it opens when it first needs it.

    Args:
        draws: whether pages are drawn, with a library that takes a twentieth of a second to load.
    """
    load(MODULES)
    if draws:
        importlib.import_module("pdf_security_processor.pdfium").prepare()


def load(modules: Iterable[str]) -> None:
    """Let Python open modules, and the codecs that texts of documents may come in."""
    for name in CODECS:
        codecs.lookup(name)
    for name in modules:
        importlib.import_module(name)
