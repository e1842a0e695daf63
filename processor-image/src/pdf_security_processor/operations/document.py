"""The open document that operations work on, and how it will be saved.

Opens and writes nothing: that is the worker's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pikepdf

from pdf_security_processor.contract import Finding, Inspection, OnSignature
from pdf_security_processor.contract.report import ATTACHMENT_CHARACTERS
from pdf_security_processor.secret_files import Password
from pdf_security_processor.text import printable


@dataclass
class Document:
    """One document under work.

    Attributes:
        pdf: open in explicit conversion mode.
        passwords: by name, for the operations that need one.
        repair: whether damage is mended.
        was_encrypted: whether it was when it came in.
        on_signature: what becomes of signatures.
        more_time: lets the process have so many seconds of processor time more.
        encryption: how it is encrypted when saved; not at all by default.
        linearize: whether it is saved for fast web view.
        inspection: facts of the document as it came in.
        findings: each thing found, and whether it was removed.
        removed: number of removed things by kind.
        kept: number by kind of what was found and not removed.
        left_out: number by key of what no rule of the rebuilding allows, whatever it is.
        is_rebuilt: whether it was made anew of what is allowed.
        warnings: the operations' sentences for the report.
        reader_warnings: what qpdf said of the document, fit for the report.
    """

    pdf: pikepdf.Pdf
    passwords: dict[str, Password]
    repair: bool = False
    was_encrypted: bool = False
    on_signature: OnSignature | None = None
    more_time: Callable[[float], None] = lambda seconds: None
    encryption: pikepdf.Encryption | None = None
    linearize: bool = False
    inspection: Inspection | None = None
    findings: list[Finding] = field(default_factory=list)
    removed: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    is_rebuilt: bool = False
    warnings: list[str] = field(default_factory=list)
    reader_warnings: list[str] = field(default_factory=list)

    def attached(self, pdf: pikepdf.Pdf, inspection: Inspection) -> Document:
        """Give a document that is attached to this one, to be treated as this one is."""
        return Document(
            pdf,
            {},
            repair=self.repair,
            on_signature=self.on_signature,
            more_time=self.more_time,
            inspection=inspection,
        )

    def absorb(self, attached: Document, name: str) -> None:
        """Tell of an attached document as of this one.

        Args:
            attached: with all done that is done to it.
            name: printable.
        """
        for counts, more in (
            (self.removed, attached.removed),
            (self.kept, attached.kept),
            (self.left_out, attached.left_out),
        ):
            counts.update(more)
        self.findings.extend(
            each.model_copy(update={"attachment": _joined(name, each.attachment)})
            for each in attached.findings
        )
        said = [*attached.warnings, *attached.reader_warnings]
        self.warnings.extend(f"{name}: {warning}" for warning in said)


def _joined(name: str, inner: str | None) -> str:
    return printable(name if inner is None else f"{name}/{inner}", ATTACHMENT_CHARACTERS)
