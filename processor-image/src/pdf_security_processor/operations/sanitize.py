"""`sanitize`: removes active content with pikepdf's removers, and reports what they left."""

from pikepdf.sanitize import Sanitizer

from pdf_security_processor.contract import Operation
from pdf_security_processor.errors import InputDamagedError
from pdf_security_processor.findings import findings_of, removed_counts, survey
from pdf_security_processor.operations.document import Document
from pdf_security_processor.walk import all_places, reachable_places


def sanitize(document: Document, operation: Operation) -> None:
    """Remove scripts, outward actions, attachments, multimedia and private data.

    What was removed is found by looking at the document again, never assumed: the removers know
    fewer places than the survey does, and what they leave is reported as kept.

    Raises:
        LimitExceededError: the document holds more than a walk visits.
        InputDamagedError: the removers cannot work on it.
    """
    before = survey(all_places(document.pdf))
    try:
        sanitizer().apply(document.pdf)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # pikepdf's removers take some things for granted that a hostile document need not have.
        raise InputDamagedError(
            "sanitize: the document has objects of another type than the specification has them "
            f"({type(error).__name__}); open and save it with another program first."
        ) from None
    after = survey(reachable_places(document.pdf), earlier=before)
    findings = findings_of(before, after)
    document.findings.extend(findings)
    document.removed.update(removed_counts(before, after))
    document.kept.update(sorted(after.kinds.items()))
    kept = sum(after.kinds.values())
    if kept:
        document.warnings.append(f"sanitize: {kept} findings were kept; see the report's findings")
    left_out = sum(before.kinds.values()) - len(findings)
    if left_out > 0:
        document.warnings.append(f"sanitize: {left_out} findings are only counted, not listed")


def sanitizer() -> Sanitizer:
    """Make pikepdf's sanitizer with all of its removers."""
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
