"""`removeMetadata`: document information, XMP of every object, private data, and the file's ID."""

from collections import Counter

from pikepdf import Name

from pdf_security_processor.contract import Operation
from pdf_security_processor.operations.document import Document
from pdf_security_processor.walk import all_places

_KEYS = {
    Name.Metadata: "Metadata",
    Name.PieceInfo: "PieceInfo",
    Name.LastModified: "LastModified",
}
"""Keys that carry metadata at any object (ISO 32000-2, 14.3 and 14.5)."""


def remove_metadata(document: Document, operation: Operation) -> None:
    """Remove what tells of the document's origin rather than of its content.

    The ID goes too: it is the same in every version of a document, and so tells that two belong
    together; saving then makes a new one (14.4).

    Raises:
        LimitExceededError: the document holds more than a walk visits.
    """
    trailer = document.pdf.trailer
    removed: Counter[str] = Counter()
    if Name.Info in trailer:
        del trailer[Name.Info]
        removed["Info"] += 1
    if Name.ID in trailer:
        del trailer[Name.ID]
    for place in all_places(document.pdf):
        for key, kind in _KEYS.items():
            if key in place.value:
                del place.value[key]
                removed[kind] += 1
    for kind, count in removed.items():
        document.removed[kind] = document.removed.get(kind, 0) + count
