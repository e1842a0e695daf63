"""`decrypt`: the document is saved without its encryption. Opening it is the worker's part."""

from pdf_security_processor.contract import Operation
from pdf_security_processor.operations.document import Document


def decrypt(document: Document, operation: Operation) -> None:
    """Say so when there was nothing to decrypt; pikepdf saves without encryption by itself."""
    if not document.was_encrypted:
        document.warnings.append("decrypt: the document was not encrypted")
