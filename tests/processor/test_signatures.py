"""Signed documents: nothing breaks a signature unless the job says so."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pikepdf import Dictionary, Name, Pdf

from pdf_security_processor.contract import ExitCode
from processor import documents
from processor.pods import ENCRYPT, OWNER_PASSWORD, Pod

CHANGING: dict[str, list[dict[str, Any]]] = {
    "sanitize": [{"sanitize": {}}],
    "removeMetadata": [{"removeMetadata": {}}],
    "linearize": [{"linearize": {}}],
    "repair": [{"repair": {}}],
    "encrypt": [ENCRYPT],
    "decrypt": [{"decrypt": {}}],
}


@pytest.mark.parametrize("operations", CHANGING.values(), ids=CHANGING)
def test_refused(pod: Pod, operations: list[dict[str, Any]]) -> None:
    pod.input.write_bytes(documents.signed())
    result = pod.run(pod.request(*operations))
    assert result.status == ExitCode.DOCUMENT_SIGNED
    assert result.summary
    assert "with a signature: 1" in result.summary.message
    assert "onSignature: remove" in result.summary.message
    assert not pod.output.exists()


@pytest.mark.parametrize("operations", CHANGING.values(), ids=CHANGING)
def test_removed_when_asked_for(pod: Pod, operations: list[dict[str, Any]]) -> None:
    """What is left would be shown as a signature that does not hold."""
    pod.input.write_bytes(documents.signed())
    result = pod.run(pod.request(*operations, on_signature="remove"))
    assert result.status == ExitCode.SUCCEEDED
    assert result.report
    assert result.output
    assert result.report.removed["Signature"] == 1
    password = OWNER_PASSWORD if "encrypt" in operations[0] else ""
    with Pdf.open(io.BytesIO(result.output), password=password) as pdf:
        assert Name.Perms not in pdf.Root
        assert Name.DSS not in pdf.Root
        assert Name.SigFlags not in pdf.Root.get(Name.AcroForm, Dictionary())
        for item in pdf.objects:
            if isinstance(item, Dictionary):
                assert item.get(Name.Type) != Name.Sig
                assert Name.Lock not in item


def test_inspected(pod: Pod) -> None:
    """To look at it changes nothing."""
    pod.input.write_bytes(documents.signed())
    result = pod.run(pod.request({"inspect": {}}, save=False))
    assert result.status == ExitCode.SUCCEEDED
    assert result.report
    assert result.report.inspection
    assert result.report.inspection.signatures == 1


def test_an_empty_field_is_no_signature(pod: Pod) -> None:
    """Who is still to sign may get it sanitized."""
    with Pdf.open(io.BytesIO(documents.signed())) as pdf:
        del pdf.pages[0].obj.Annots[0][Name.V]
        pod.input.write_bytes(documents.saved(pdf))
    assert pod.run(pod.request({"removeMetadata": {}})).status == ExitCode.SUCCEEDED
