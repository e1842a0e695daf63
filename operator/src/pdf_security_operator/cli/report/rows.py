"""The rows of the page's tables, of a report. Pure; a row holds words, numbers and texts alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from pdf_security_operator.cli.report.content import Content
from pdf_security_operator.cli.report.kinds import kind_of, why_kept
from pdf_security_operator.cli.text import size_of
from pdf_security_processor.contract import (
    DocumentReport,
    Encryption,
    Inspection,
    Seal,
    Signature,
    Visual,
)

ROWS = 2000
"""Rows of one table that are shown: all that a processor lists, and a bound for other reports."""

PERMISSIONS = {
    "print": "Printing",
    "copy": "Copying text and pictures",
    "modify": "Changing the content",
    "annotate": "Adding annotations",
    "fillForms": "Filling in fields",
    "assemble": "Inserting, turning and deleting pages",
    "accessibility": "Reading aloud",
}

_COVERS = {
    "file": "the whole file",
    "revision": "all that was there when it was made",
    "part": "only a part of the file",
}

_CHANGES = {
    "none": "nothing",
    "signatures": "further signatures",
    "fields": "fields were filled in",
    "annotations": "annotations",
    "other": "anything else",
}

_OPENED = {
    "user": "the user password",
    "owner": "the owner password",
    "recipient": "a recipient's key",
    "none": "nothing: it could not be opened",
}

Row = TypeVar("Row")


@dataclass(frozen=True)
class Table(Generic[Row]):
    """Rows, and how many more there are."""

    rows: tuple[Row, ...]
    left_out: int = 0


@dataclass(frozen=True)
class KindRow:
    """How often a kind was met, and why it went or stayed."""

    kind: str
    what: str
    why: str
    count: int


@dataclass(frozen=True)
class PlaceRow:
    """One thing, and where it is or was."""

    kind: str
    object: str
    path: str
    attachment: str


@dataclass(frozen=True)
class Fact:
    """A name and what is true of it."""

    name: str
    value: str


def bounded(rows: Iterable[Row]) -> Table[Row]:
    """Cut a table at `ROWS`."""
    found = tuple(rows)
    return Table(found[:ROWS], max(0, len(found) - ROWS))


def kind_rows(counts: Mapping[str, int], action: Literal["removed", "kept"]) -> Table[KindRow]:
    """List kinds, the most frequent first."""
    return bounded(
        KindRow(
            name,
            kind_of(name).what,
            kind_of(name).why if action == "removed" else why_kept(name),
            count,
        )
        for name, count in _by_number(counts)
    )


def place_rows(report: DocumentReport, action: Literal["removed", "kept"]) -> Table[PlaceRow]:
    """List where things were, or are."""
    return bounded(
        PlaceRow(each.kind, each.object, each.path or "(the object itself)", each.attachment or "")
        for each in report.findings
        if each.action == action
    )


def count_rows(counts: Mapping[str, int]) -> Table[tuple[str, int]]:
    """List names, the most frequent first."""
    return bounded(_by_number(counts))


def inspection_facts(inspection: Inspection) -> list[Fact]:
    """List what the document was as it came in."""
    pages = "unknown" if inspection.pages is None else f"{inspection.pages:,}"
    return [
        Fact("Version of PDF", inspection.pdf_version),
        Fact("Pages", pages),
        Fact("Form fields", f"{inspection.form_fields:,}"),
        Fact("Form in XML (XFA)", _yes(inspection.has_xfa)),
        Fact("Signatures", f"{inspection.signatures:,}"),
        Fact("Document information", _yes(inspection.has_info)),
        Fact("Metadata as XMP", _yes(inspection.has_xmp)),
        Fact("Laid out for the web", _yes(inspection.linearized)),
    ]


def encryption_facts(encryption: Encryption) -> list[Fact]:
    """List how the input was encrypted."""
    holds = "a code for the whole document was there and held (ISO/TS 32004)"
    return [
        Fact("Algorithm", f"{encryption.algorithm}, {encryption.key_bits} bits"),
        Fact("Revision", str(encryption.revision)),
        Fact("Opened with", _OPENED[encryption.opened_with]),
        Fact("Integrity", holds if encryption.authenticated else "not protected"),
    ]


def permission_facts(encryption: Encryption) -> list[Fact]:
    """List what a reader who opens it with the user password may do."""
    words = {True: "allowed", False: "not allowed"}
    printing = {"high": "allowed", "low": "in low quality only", "none": "not allowed"}
    return [
        Fact(
            PERMISSIONS.get(name, name),
            words[value] if isinstance(value, bool) else printing.get(value, value),
        )
        for name, value in encryption.permissions.items()
    ]


def signature_facts(signature: Signature) -> list[Fact]:
    """List what is known of a signature."""
    facts = [
        Fact("Signer, as the certificate says", signature.signer or "not told"),
        Fact("Time, by the signer's own clock", signature.claimed_time or "not told"),
        Fact("Digest", signature.digest_algorithm or "not told"),
        Fact("Is for", _COVERS[signature.covers]),
        Fact("Changed since", _CHANGES[signature.changes_since]),
    ]
    return [*facts, Fact("Not judged", signature.problem)] if signature.problem else facts


def seal_rows(seal: Seal) -> list[tuple[str, bool, str]]:
    """List the layers that the kernel adds, whether each held, and what it takes away."""
    version = f" (version {seal.landlock} of its interface)" if seal.landlock else ""
    return [
        ("Landlock", seal.landlock > 0, f"files, ports and other processes{version}"),
        ("seccomp", seal.seccomp, "all system calls but some forty"),
    ]


def visual_facts(visual: Visual) -> list[Fact]:
    """List what was seen of the pages."""
    facts = [
        Fact("Pages compared", f"{visual.pages:,}"),
        Fact("Look different", f"{visual.changed:,}"),
    ]
    if visual.worst_page:
        share = f"page {visual.worst_page:,}, by {percent(visual.worst_difference)} of a spot of it"
        facts.append(Fact("Differs most", share))
    return [*facts, Fact("Not compared", visual.problem)] if visual.problem else facts


def made_facts(content: Content) -> list[Fact]:
    """List who had it made, by what, and what it took."""
    report, job = content.report, content.job
    facts = [Fact("Operations, in order", ", ".join(report.operations) or "none")]
    if job:
        facts += [
            Fact("Job", f"{job.namespace}/{job.name}"),
            Fact("Submitted by", job.submitted_by or "not told"),
            Fact("Class", job.class_name or "not told"),
            Fact("Image", job.image or "not told"),
            Fact("Ended", job.completion_time or "not told"),
        ]
    peak = size_of(report.peak_memory_bytes) if report.peak_memory_bytes else "not told"
    return [
        *facts,
        Fact("Unique id of the job", report.job_uid),
        Fact("Outcome", report.reason),
        Fact("Time it took", f"{report.duration_seconds:.2f} s"),
        Fact("Memory at its highest", peak),
        Fact("Version of the report", str(report.version)),
    ]


def percent(share: float) -> str:
    """Write a share of one."""
    return f"{100 * share:.1f} %"


def _by_number(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(((k, n) for k, n in counts.items() if n), key=lambda each: (-each[1], each[0]))


def _yes(value: bool) -> str:
    return "yes" if value else "no"
