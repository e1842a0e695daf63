"""`repair`: damage is mended by qpdf when the worker opens the document with recovery allowed."""

from pdf_security_processor.contract import Operation
from pdf_security_processor.operations.document import Document


def repair(document: Document, operation: Operation) -> None:
    """Change nothing: the worker read the document so, and reports what qpdf mended."""
