"""The operations, one file each, and the one table that names them.

An operation changes an open document or how it will be saved; it opens and writes nothing itself.
"""

from collections.abc import Callable

from pdf_security_processor.contract import Operation
from pdf_security_processor.operations.decrypt import decrypt
from pdf_security_processor.operations.document import Document
from pdf_security_processor.operations.encrypt import encrypt
from pdf_security_processor.operations.inspect import inspect
from pdf_security_processor.operations.linearize import linearize
from pdf_security_processor.operations.redact import redact
from pdf_security_processor.operations.remove_metadata import remove_metadata
from pdf_security_processor.operations.repair import repair
from pdf_security_processor.operations.sanitize import sanitize
from pdf_security_processor.operations.watermark import watermark

__all__ = ["OPERATIONS", "Document"]

OPERATIONS: dict[str, Callable[[Document, Operation], None]] = {
    "inspect": inspect,
    "decrypt": decrypt,
    "repair": repair,
    "sanitize": sanitize,
    "redact": redact,
    "watermark": watermark,
    "removeMetadata": remove_metadata,
    "linearize": linearize,
    "encrypt": encrypt,
}
"""Each operation by the name that a job's spec gives it."""
