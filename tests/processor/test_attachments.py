"""Attached PDF documents that stay, sanitized as the one is that holds them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from pdf_security_processor.contract import ExitCode, WorkerReport
from pdf_security_processor.operations import attachments
from pdf_security_processor.rebuild.attached_files import file_name
from processor import documents
from processor.here import processed
from processor.pods import Pod
from processor.readers import check_with_qpdf, qdf

KEEP: dict[str, Any] = {"sanitize": {"attachments": "keepPdf"}}

RIGHT_TO_LEFT = "\N{RIGHT-TO-LEFT OVERRIDE}"


def _form() -> bytes:
    with pikepdf.open(io.BytesIO(documents.plain())) as pdf:
        field = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("name"))
        field.Rect = Array([10, 10, 60, 30])
        pdf.pages[0].obj.Annots = Array([pdf.make_indirect(field)])
        pdf.Root.AcroForm = Dictionary(Fields=pdf.pages[0].obj.Annots)
        return documents.saved(pdf)


def _attached(data: bytes) -> dict[str, bytes]:
    """Give data by name, as another parser reads them."""
    found = pypdf.PdfReader(io.BytesIO(data)).attachments
    return {name: each[0] for name, each in found.items()}


def _kept(data: bytes, operation: dict[str, Any] = KEEP) -> tuple[WorkerReport, dict[str, bytes]]:
    report, output = processed(data, [operation])
    assert report.exit_code == ExitCode.SUCCEEDED, report.message
    return report, _attached(output)


def test_pdf_documents_stay_and_nothing_active_in_them(pod: Pod, tmp_path: Path) -> None:
    """An attached document would bring in what was taken out of the one that holds it."""
    active = documents.with_active_content()
    pod.input.write_bytes(
        documents.holding({"terms.pdf": active, "setup.exe": b"MZ MARKER-PROGRAM"})
    )
    result = pod.run(pod.request(KEEP))
    assert result.output
    assert result.report
    kept = _attached(result.output)
    assert list(kept) == ["terms.pdf"]
    left = qdf(kept["terms.pdf"], tmp_path) + qdf(result.output, tmp_path)
    markers = (*documents.ACTIVE_MARKERS, b"MARKER-PROGRAM")
    assert [marker for marker in markers if marker in left] == []
    check_with_qpdf(kept["terms.pdf"], tmp_path)
    check_with_qpdf(result.output, tmp_path)
    report = result.report
    found = {(each.kind, each.action) for each in report.findings if each.attachment == "terms.pdf"}
    assert {("JavaScript", "removed"), ("Launch", "removed")} <= found
    assert report.removed["JavaScript"] >= 3
    assert report.kept["EmbeddedFile"] == 1
    assert any("attached setup.exe is removed" in each for each in report.warnings)


@pytest.mark.parametrize("operation", [{"sanitize": {}}, {"redact": {"texts": ["x"]}}])
def test_nothing_attached_stays_unasked(operation: dict[str, Any]) -> None:
    """Redacted documents would carry their originals."""
    assert _kept(documents.holding({"a.pdf": documents.plain()}), operation)[1] == {}


def test_mode_is_that_of_the_document_that_holds_it() -> None:
    """An attached form would be flattened where forms are kept, or stay where they are not."""
    data = documents.holding({"form.pdf": _form()})
    for mode, has_fields in (("keepForms", True), ("strict", False), ("rasterize", False)):
        _, kept = _kept(data, {"sanitize": {"mode": mode, "attachments": "keepPdf"}})
        reader = pypdf.PdfReader(io.BytesIO(kept["form.pdf"]))
        assert bool(reader.get_fields()) is has_fields
        assert ("Hello" in reader.pages[0].extract_text()) is (mode != "rasterize")


def test_levels_end() -> None:
    """A document within a document within a document, without end, would exhaust the worker."""
    data = documents.with_active_content()
    for level in range(attachments.LEVELS + 2):
        data = documents.holding({f"level-{level}.pdf": data})
    report, kept = _kept(data)
    depth = 0
    while kept:
        depth += 1
        kept = _attached(next(iter(kept.values())))
    assert depth == attachments.LEVELS
    assert any("levels deep" in each for each in report.warnings)


def test_number_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of attached documents would hold a worker for hours."""
    monkeypatch.setattr(attachments, "FILES", 3)
    inner = documents.holding({"a.pdf": documents.plain(), "b.pdf": documents.plain()})
    report, kept = _kept(documents.holding({"1.pdf": inner, "2.pdf": inner}))
    assert len(kept) + sum(len(_attached(each)) for each in kept.values()) == 3
    assert sum("more than 3 attached files" in each for each in report.warnings) >= 1


def test_what_decodes_to_too_much_goes() -> None:
    """A small file would fill the memory."""
    bomb = b"%PDF-1.7\n" + bytes(65 * 1024**2)
    report, kept = _kept(documents.holding({"bomb.pdf": bomb, "a.pdf": documents.plain()}))
    assert list(kept) == ["a.pdf"]
    assert any("bomb.pdf is removed" in each and "decodes to" in each for each in report.warnings)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (documents.encrypted(), "encrypted"),
        (documents.encrypted(user="password"), "encrypted"),
        (documents.truncated(), "damaged"),
        (b"PK\x03\x04", "not a PDF"),
        (b"", "not a PDF"),
        (documents.with_public_key_encryption(), "encrypted"),
    ],
)
def test_what_cannot_be_sanitized_goes_and_the_rest_stays(data: bytes, why: str) -> None:
    """One bad attachment would fail the document, or pass as it is."""
    report, kept = _kept(documents.holding({"bad.pdf": data, "good.pdf": documents.plain()}))
    assert list(kept) == ["good.pdf"]
    assert any("attached bad.pdf is removed" in each and why in each for each in report.warnings)


def test_damaged_ones_are_mended_where_the_job_has_that_done() -> None:
    """`repair` would hold for the outermost only."""
    data = documents.holding({"bad.pdf": documents.truncated()})
    report, output = processed(data, [{"repair": {}}, KEEP])
    assert list(_attached(output)) == ["bad.pdf"]
    assert any(each.startswith("bad.pdf: ") for each in report.warnings)


def test_signed_ones_are_refused_unless_signatures_may_go(pod: Pod) -> None:
    """Somebody's signature would be broken without a word."""
    pod.input.write_bytes(documents.holding({"contract.pdf": documents.signed()}))
    refused = pod.run(pod.request(KEEP)).summary
    assert refused
    assert refused.reason == "DocumentSigned"
    assert "contract.pdf" in refused.message
    result = pod.run(pod.request(KEEP, on_signature="remove"))
    assert result.report
    assert result.report.removed["Signature"] == 1
    assert list(_attached(result.output or b"")) == ["contract.pdf"]


def test_twice_gives_the_same_bytes() -> None:
    """A sanitized document would be another each time that it comes by."""
    inner = documents.holding(
        {"z.pdf": documents.with_active_content(), "ä.pdf": documents.plain(2)}
    )
    _, once = processed(
        documents.holding({"b.pdf": inner, "B.PDF": inner, "ñ/a.pdf": inner}), [KEEP]
    )
    _, twice = processed(once, [KEEP])
    assert sorted(_attached(once)) == ["B.pdf", "a.pdf", "b-2.pdf"]
    assert twice == once


def test_those_that_annotations_carry_stay_too() -> None:
    """An attached document would be lost for where it is attached."""
    with pikepdf.open(io.BytesIO(documents.plain())) as pdf:
        stream = pdf.make_stream(documents.plain(1, "Attached"), Type=Name.EmbeddedFile)
        specification = Dictionary(Type=Name.Filespec, F=String("a.pdf"), EF=Dictionary(F=stream))
        note = Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, FS=specification)
        note.Rect = Array([0, 0, 9, 9])
        pdf.pages[0].obj.Annots = Array([note])
        _, kept = _kept(documents.saved(pdf))
    assert "Attached" in pypdf.PdfReader(io.BytesIO(kept["a.pdf"])).pages[0].extract_text()


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("a.pdf", "a.pdf"),
        ("Übersicht 1.PDF", "Übersicht 1.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Windows\\a.pdf", "a.pdf"),
        (f"invoice{RIGHT_TO_LEFT}fdp.exe", "invoicefdp.exe.pdf"),
        ("a\x00b\n.pdf", "ab.pdf"),
        ("", "attachment.pdf"),
        ("...", "attachment.pdf"),
        ("x" * 300, "x" * 100 + ".pdf"),
    ],
)
def test_names_lead_nowhere_and_hide_nothing(given: str, name: str) -> None:
    """Who saves all attachments would write elsewhere, or take a program for a document."""
    assert file_name(given) == name
    assert file_name(name) == name
