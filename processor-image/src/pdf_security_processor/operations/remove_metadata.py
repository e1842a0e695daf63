"""`removeMetadata`: document information, XMP of every object, private data, and the file's ID."""

from collections import Counter
from collections.abc import Iterator

from pikepdf import Dictionary, Name, Object, Stream, String

from pdf_security_processor.contract import Operation
from pdf_security_processor.operations.document import Document
from pdf_security_processor.walk import meaningful_places


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
    for place in meaningful_places(document.pdf):
        for key, kind in _metadata_in(place.value):
            del place.value[key]
            del place.entries[str(key)]
            removed[kind] += 1
    document.removed.update(removed)


def _metadata_in(value: Object) -> Iterator[tuple[Name, str]]:
    """Give the keys that carry metadata, told by their values: a key alone may mean anything."""
    if _is_metadata_stream(value.get(Name.Metadata)):
        yield Name.Metadata, "Metadata"
    if _is_page_piece(value.get(Name.PieceInfo)):
        yield Name.PieceInfo, "PieceInfo"
    if isinstance(value.get(Name.LastModified), String):
        yield Name.LastModified, "LastModified"


def _is_metadata_stream(value: object) -> bool:
    """Tell whether it is XMP (14.3.2), or does not say what else it is."""
    if not isinstance(value, Stream):
        return False
    kind, subtype = value.get(Name.Type), value.get(Name.Subtype)
    return kind == Name.Metadata or subtype == Name.XML or (kind is None and subtype is None)


def _is_page_piece(value: object) -> bool:
    """Tell whether it is a dictionary of programs' private data, each in its own (14.5)."""
    return isinstance(value, Dictionary) and all(
        isinstance(private, Dictionary) for private in value.values()
    )
