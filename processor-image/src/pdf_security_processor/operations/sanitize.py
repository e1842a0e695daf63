"""`sanitize`: removes active content with pikepdf's removers, and reports what they left."""

from pikepdf.sanitize import Sanitizer

from pdf_security_processor.contract import Operation
from pdf_security_processor.findings import findings_of, removed_counts, survey
from pdf_security_processor.operations.document import Document
from pdf_security_processor.walk import all_places, reachable_places


def sanitize(document: Document, operation: Operation) -> None:
    """Remove scripts, outward actions, attachments, multimedia and private data.

    What was removed is found by looking at the document again, never assumed: the removers know
    fewer places than the survey does, and what they leave is reported as kept.

    Raises:
        LimitExceededError: the document holds more than a walk visits.
    """
    before = survey(all_places(document.pdf))
    _sanitizer().apply(document.pdf)
    after = survey(reachable_places(document.pdf), earlier=before)
    document.findings.extend(findings_of(before, after))
    document.removed.update(removed_counts(before, after))
    kept = sum(after.kinds.values())
    if kept:
        document.warnings.append(f"sanitize: {kept} findings were kept; see the report's findings")


def _sanitizer() -> Sanitizer:
    return (
        Sanitizer()
        .remove_javascript()
        .remove_external_access()
        .remove_attachments()
        .remove_thumbnails()
        .remove_search_index()
        .remove_multimedia()
        .remove_web_capture()
        .remove_private_app_data()
        .remove_collection()
    )
