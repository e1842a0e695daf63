"""`sanitize`: rebuilds the document of what its pages need, and reports what that left behind."""

from pdf_security_processor.contract import Operation, Sanitize
from pdf_security_processor.drawn import as_drawn, become_picture
from pdf_security_processor.findings import findings_of, removed_counts, survey
from pdf_security_processor.operations.attachments import Attachments
from pdf_security_processor.operations.document import Document
from pdf_security_processor.rebuild import rebuild
from pdf_security_processor.rebuild.attached_files import attach
from pdf_security_processor.rebuild.links import AllowedLinks
from pdf_security_processor.walk import all_places, meaningful_places


def sanitize(document: Document, operation: Operation) -> None:
    """Leave nothing but what ISO 32000-2 needs to show each page.

    What was removed is found by looking at the document again, never assumed.

    Raises:
        LimitExceededError: the document holds more than a walk visits, or decodes to more than any
            honest one does.
        InputDamagedError: `rasterize`: a page cannot be drawn.
        DocumentSignedError: an attached document that is to stay is signed, and not to be changed.
    """
    wanted = operation.sanitize or Sanitize()
    attachments = None
    if wanted.attachments == "keepPdf":
        attachments = Attachments(
            lambda attached: _sanitize(attached, operation, wanted, attachments),
            operation.dots_an_inch,
        )
    _sanitize(document, operation, wanted, attachments)


def _sanitize(
    document: Document, operation: Operation, wanted: Sanitize, attachments: Attachments | None
) -> None:
    before = survey(all_places(document.pdf))
    attached = attachments.sanitized(document) if attachments else {}
    left_out = rebuild(
        document.pdf,
        _links_of(wanted),
        keeps_fields=wanted.mode == "keepForms",
        keeps_invisible_text=wanted.invisible_text == "keep",
    )
    document.is_rebuilt = True
    if wanted.mode == "rasterize":
        _rasterize(document, operation.dots_an_inch)
    if attached:
        attach(document.pdf, attached)
    after = survey(meaningful_places(document.pdf), earlier=before)
    findings = findings_of(before, after)
    document.findings.extend(findings)
    document.removed.update(removed_counts(before, after))
    document.kept.update(after.kinds)
    document.left_out.update(left_out.counts)
    kept = sum(after.kinds.values())
    if kept:
        document.warnings.append(f"sanitize: {kept} findings were kept; see the report's findings")
    unlisted = sum(before.kinds.values()) - len(findings)
    if unlisted > 0:
        document.warnings.append(f"sanitize: {unlisted} findings are only counted, not listed")


def _rasterize(document: Document, dots_an_inch: int) -> None:
    with as_drawn(document.pdf) as drawn:
        for number in range(drawn.pages):
            become_picture(document.pdf, drawn, number, dots_an_inch)


def _links_of(wanted: Sanitize) -> AllowedLinks | None:
    if wanted.mode != "keepLinks":
        return None
    hosts = wanted.link_hosts
    return AllowedLinks(None if hosts is None else frozenset(map(str.lower, hosts)))
