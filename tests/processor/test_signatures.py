"""Signed documents: nothing breaks a signature unless the job says so."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import Any

import pytest
from pikepdf import Dictionary, Name, Pdf

from pdf_security_processor.contract import ExitCode, Limits, Signature
from pdf_security_processor.secret_files import Password
from pdf_security_processor.signatures.judgement import signature_warnings, signatures_of
from processor import documents, signing
from processor.here import hostile
from processor.pods import DECRYPT, ENCRYPT, OWNER_PASSWORD, Pod

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


def _judged(pod: Pod, data: bytes, *operations: dict[str, Any]) -> tuple[list[Signature], str]:
    """Inspect a document; give what is said of its signatures, and the warnings."""
    pod.input.write_bytes(data)
    result = pod.run(pod.request({"inspect": {}}, *operations, save=False))
    assert result.status == ExitCode.SUCCEEDED, result.log
    assert result.report
    assert result.report.seal
    assert result.report.seal.missing == []
    return result.report.signatures or [], " ".join(result.report.warnings)


def test_a_signature_that_holds(pod: Pod) -> None:
    """Nobody could tell a signed document from a forged one."""
    ((signature,), warnings) = _judged(pod, signing.signed(documents.plain()))
    assert signature.holds
    assert (signature.covers, signature.changes_since) == ("file", "none")
    assert (signature.field, signature.digest_algorithm) == ("Approval", "sha256")
    assert signing.SIGNER in signature.signer
    assert signature.claimed_time
    assert signature.problem == warnings == ""


def test_a_byte_that_was_changed(pod: Pod) -> None:
    """A signature would be said to hold whatever was done to the document."""
    data = signing.signed(documents.plain())
    forged = data.replace(b"200 200", b"200 300", 1)
    assert forged != data
    ((signature,), warnings) = _judged(pod, forged)
    assert not signature.holds
    assert "'Approval' does not hold" in warnings


def test_another_ones_key(pod: Pod) -> None:
    """The certificate could be anybody's, beside a signature by another key."""
    data = signing.signed(documents.plain())
    ours = signing.certificate()
    # As long as ours: the lengths of elliptic signatures differ, and some are rare. A signer is
    # made once a name, so each try has a name of its own, as long as ours.
    others = (signing.certificate(f"Zoe {number:06}") for number in itertools.count())
    theirs = next(each for each in others if len(each) == len(ours))
    forged = data
    for spelled in (bytes.hex, lambda each: each.hex().upper()):
        forged = forged.replace(spelled(ours).encode(), spelled(theirs).encode())
    assert forged != data
    ((signature,), _) = _judged(pod, forged)
    assert not signature.holds


def test_a_change_after_it_is_told(pod: Pod) -> None:
    """What was signed would be taken for what is shown."""
    data = signing.changed_after(signing.signed(documents.plain()))
    ((signature,), warnings) = _judged(pod, data)
    assert (signature.covers, signature.changes_since) == ("revision", "other")
    assert "was changed after it" in warnings


def test_a_second_signature_breaks_no_first(pod: Pod) -> None:
    """Two who sign one after the other would be taken for forgers."""
    data = signing.signed(signing.signed(documents.plain()), "Second")
    ((first, second), warnings) = _judged(pod, data)
    assert [first.holds, second.holds] == [True, True]
    assert (first.covers, second.covers) == ("revision", "file")
    assert first.changes_since in ("signatures", "fields")
    assert warnings == ""


def test_in_an_encrypted_document(pod: Pod) -> None:
    """It could only be told after decryption, which breaks it."""
    pod.secret("pw", "input", "reader")
    data = signing.signed(documents.encrypted(user="reader"), password="reader")
    ((signature,), _) = _judged(pod, data, DECRYPT)
    assert signature.holds


def test_what_is_no_signature(pod: Pod) -> None:
    """One broken field would hide all others, or fail the job."""
    ((signature,), warnings) = _judged(pod, documents.signed())
    assert not signature.holds
    assert signature.problem.startswith("cannot be judged")
    assert "cannot be judged" in warnings


def test_nothing_is_said_of_what_nobody_asked(pod: Pod) -> None:
    """Every job would pay for it."""
    assert _judged(pod, documents.plain()) == ([], "")
    pod.input.write_bytes(signing.signed(documents.plain()))
    result = pod.run(pod.request({"removeMetadata": {}}, on_signature="remove"))
    assert result.report
    assert result.report.signatures is None


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("", id="nothing"),
        pytest.param("(2**31).to_bytes(4, 'big')", id="too-much"),
        pytest.param("(9).to_bytes(4, 'big') + b'[{\"a\": 1}'", id="nonsense"),
        pytest.param("(99).to_bytes(4, 'big') + b'[]'", id="less-than-announced"),
    ],
)
def test_a_hostile_reader_is_not_believed(tmp_path: Path, said: str) -> None:
    """A document that takes the reader over would break the broker, or fill its memory."""
    start = hostile(tmp_path, said or repr(b""))
    limits = Limits(worker_seconds=5)
    with (tmp_path / "in").open("w+b") as file:
        found = signatures_of(file.fileno(), Password(""), limits, lambda seal: None, start)
    assert found is None
    assert signature_warnings(found) == ["inspect: the signatures could not be judged"]
