"""The open document that operations work on, and how it will be saved.

Opens and writes nothing: that is the worker's.
"""

from dataclasses import dataclass, field

import pikepdf

from pdf_security_processor.contract import Finding, Inspection
from pdf_security_processor.secret_files import Password


@dataclass
class Document:
    """One document under work.

    Attributes:
        pdf: open in explicit conversion mode.
        passwords: by name, for the operations that need one.
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
    encryption: pikepdf.Encryption | None = None
    linearize: bool = False
    inspection: Inspection | None = None
    findings: list[Finding] = field(default_factory=list)
    removed: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    is_rebuilt: bool = False
    warnings: list[str] = field(default_factory=list)
    reader_warnings: list[str] = field(default_factory=list)
