"""`linearize`: the document is saved for fast web view (ISO 32000-2, annex F)."""

from pdf_security_processor.contract import Operation
from pdf_security_processor.operations.document import Document


def linearize(document: Document, operation: Operation) -> None:
    """Have the document linearized when it is saved."""
    document.linearize = True
