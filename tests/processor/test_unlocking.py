"""Documents encrypted for recipients, or by AES-GCM: opened by a sealed process, then worked on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from pdf_security_processor import errors
from pdf_security_processor.contract import Limits, Operation
from pdf_security_processor.control import ControlMessage
from pdf_security_processor.encryption.locks import unlock
from pdf_security_processor.secret_files import Password
from processor import documents, sealing
from processor.here import hostile
from processor.pods import OWNER_PASSWORD, USER_PASSWORD, Pod
from processor.readers import check_with_qpdf, qdf

RECIPIENT: dict[str, Any] = {
    "decrypt": {"recipientKeySecretRef": {"name": "recipient", "key": "tls-combined.pem"}}
}
PASSWORD: dict[str, Any] = {"decrypt": {"passwordSecretRef": {"name": "pw", "key": "user"}}}
SANITIZE: dict[str, Any] = {"sanitize": {}}


@pytest.fixture
def keyed(pod: Pod) -> Pod:
    """Give a pod with the key of a recipient."""
    pod.secret("recipient", "tls-combined.pem", sealing.pem(sealing.RSA))
    return pod


@pytest.mark.parametrize("number", range(len(sealing.all_kinds())))
def test_every_encryption_opens(keyed: Pod, tmp_path: Path, number: int) -> None:
    """Documents of an organisation that encrypts for recipients could not be processed."""
    keyed.secret("pw", "user", "reader")
    keyed.input.write_bytes(sealing.all_kinds()[number])
    decrypt = {"decrypt": RECIPIENT["decrypt"] | PASSWORD["decrypt"]}
    result = keyed.run(keyed.request(decrypt, {"inspect": {}}, SANITIZE, verify={}))
    assert result.summary
    assert result.summary.reason == "Succeeded", result.summary.message
    assert result.output
    check_with_qpdf(result.output, tmp_path)
    assert b"(Locked 2)" in qdf(result.output, tmp_path)
    assert result.report
    assert result.report.inspection
    encryption = result.report.inspection.encryption
    assert encryption
    assert encryption.opened_with == ("user" if number == 5 else "recipient")
    assert result.report.warnings == []
    assert result.report.visual
    assert (result.report.visual.changed, result.report.visual.problem) == (0, "")


def test_what_was_locked_is_sanitized_as_anything_else(keyed: Pod, tmp_path: Path) -> None:
    """Encryption for recipients would be a way around everything."""
    active = documents.with_active_content()
    keyed.input.write_bytes(sealing.for_recipients(sealing.RSA, data=active))
    result = keyed.run(keyed.request(RECIPIENT, SANITIZE))
    assert result.report
    assert result.report.reason == "Succeeded", result.report.message
    assert result.report.removed["JavaScript"] >= 2
    left = qdf(result.output or b"", tmp_path)
    assert [marker for marker in documents.ACTIVE_MARKERS if marker in left] == []


@pytest.mark.parametrize(
    ("key", "operation", "reason", "said"),
    [
        (sealing.pem(sealing.STRANGER), RECIPIENT, "WrongPassword", "not encrypted for"),
        (sealing.pem(sealing.RSA, b"phrase"), RECIPIENT, "PasswordUnusable", "passphrase"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n", RECIPIENT, "PasswordUnusable", "as PEM"),
        ("nonsense", RECIPIENT, "PasswordUnusable", "as PEM"),
        ("A" * 40_000, RECIPIENT, "PasswordUnusable", "is not PEM"),
        (b"\xff\xfe", RECIPIENT, "PasswordUnusable", "is not PEM"),
        ("unused", PASSWORD, "PasswordRequired", "recipientKeySecretRef"),
        ("unused", SANITIZE, "UnsupportedEncryption", "recipientKeySecretRef"),
    ],
)
def test_reason_is_told(
    pod: Pod, key: str | bytes, operation: dict[str, Any], reason: str, said: str
) -> None:
    """Nobody could tell a wrong key from a broken one, or would see it in the words."""
    pod.secret("recipient", "tls-combined.pem", key)
    pod.input.write_bytes(sealing.for_recipients(sealing.RSA))
    result = pod.run(pod.request(operation))
    assert result.summary
    assert result.summary.reason == reason
    assert said in result.summary.message
    assert result.output is None or not pod.output.stat().st_size


def test_wrong_password_of_gcm(pod: Pod) -> None:
    """A wrong password would look like a damaged document."""
    pod.input.write_bytes(sealing.by_gcm("another"))
    summary = pod.run(pod.request(PASSWORD)).summary
    assert summary
    assert summary.reason == "WrongPassword"
    pod.input.write_bytes(sealing.by_gcm(USER_PASSWORD))
    summary = pod.run(pod.request(PASSWORD)).summary
    assert summary
    assert summary.reason == "Succeeded", summary.message


def test_change_after_encryption_is_seen(keyed: Pod) -> None:
    """A document whose encrypted bytes somebody exchanged would pass for the sender's."""
    data = sealing.for_recipients(sealing.RSA)
    changed, count = re.subn(rb"(/MediaBox \[\s*0 0 200 )200", rb"\g<1>300", data)
    assert count
    keyed.input.write_bytes(changed)
    summary = keyed.run(keyed.request(RECIPIENT)).summary
    assert summary
    assert summary.reason == "InputDamaged"
    assert "integrity" in summary.message


def test_decryption_says_nothing_of_itself(keyed: Pod) -> None:
    """The output would have another producer, and another date each time."""
    keyed.input.write_bytes(sealing.for_recipients(sealing.RSA, data=documents.with_metadata()))
    once = keyed.run(keyed.request(RECIPIENT, overwrite=True)).output
    assert once
    with pikepdf.open(keyed.output) as pdf:
        assert set(pdf.docinfo.keys()) == {"/Author"}
        assert b"pyHanko" not in pdf.Root.Metadata.read_bytes()
    assert keyed.run(keyed.request(RECIPIENT, overwrite=True)).output == once


def test_signed_ones_are_still_signed(keyed: Pod) -> None:
    """Signatures would be broken without a word, for the encryption around them."""
    data = sealing.for_recipients(sealing.RSA, data=documents.signed())
    keyed.input.write_bytes(data)
    summary = keyed.run(keyed.request(RECIPIENT, SANITIZE)).summary
    assert summary
    assert summary.reason == "DocumentSigned"
    result = keyed.run(keyed.request(RECIPIENT, {"inspect": {}}, save=False))
    assert result.report
    assert result.report.signatures is None
    assert "inspect: the signatures could not be judged" in result.report.warnings


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"", id="nothing"),
        pytest.param((2**31).to_bytes(4, "big"), id="too-much"),
        pytest.param((2).to_bytes(4, "big") + b"[]", id="nonsense"),
        pytest.param((26).to_bytes(4, "big") + b'{"problem": "nonexistent"}', id="unknown"),
        pytest.param((99).to_bytes(4, "big") + b"{}", id="less-than-announced"),
    ],
)
def test_a_hostile_unlocker_is_not_believed(tmp_path: Path, said: bytes) -> None:
    """A document that takes the unlocker over would break the broker, or fill its memory."""
    operations = [Operation.model_validate(RECIPIENT)]
    message = ControlMessage(operations, {}, Limits(worker_seconds=5))
    start = hostile(tmp_path, repr(said))
    with (tmp_path / "in").open("w+b") as file, pytest.raises(errors.WorkerCrashedError):
        unlock(file.fileno(), tmp_path, message, Password(""), lambda seal: None, start)


def _encrypt(*names: str, **more: Any) -> dict[str, Any]:
    recipients = [sealing.certificate(name) for name in names]
    return {"encrypt": {**({"recipients": recipients} if names else {}), **more}}


PASSWORDS = {
    "ownerPasswordSecretRef": {"name": "pw", "key": "owner"},
    "userPasswordSecretRef": {"name": "pw", "key": "user"},
}


@pytest.mark.parametrize("gcm", [False, True])
def test_each_recipient_opens_what_was_encrypted_for_them(pod: Pod, *, gcm: bool) -> None:
    """A document would be encrypted for nobody, or for anybody."""
    algorithm = {"algorithm": "AES-256-GCM"} if gcm else {}
    pod.input.write_bytes(documents.with_active_content())
    encrypt = _encrypt(sealing.RSA, sealing.ELLIPTIC, **algorithm)
    result = pod.run(pod.request(SANITIZE, encrypt, verify={}))
    assert result.report
    assert result.report.reason == "Succeeded", result.report.message
    assert result.report.visual
    assert result.report.visual.problem == ""
    assert result.output
    assert b"/Encrypt" in result.output
    for name in (sealing.RSA, sealing.ELLIPTIC):
        opened = sealing.opened(result.output, name)
        assert opened.problem is None
        assert opened.encryption
        assert opened.encryption.algorithm == ("AES-256-GCM" if gcm else "AES-256")
        assert opened.encryption.authenticated
    assert sealing.opened(result.output, sealing.STRANGER).problem == "noRecipient"


def test_gcm_by_passwords(pod: Pod) -> None:
    """Permissions, passwords or the code for integrity would not be those that were asked for."""
    pod.input.write_bytes(documents.plain())
    permissions = {"print": "low", "copy": False}
    encrypt = _encrypt(algorithm="AES-256-GCM", permissions=permissions, **PASSWORDS)
    result = pod.run(pod.request(encrypt))
    assert result.output, result.log
    for password, role in ((USER_PASSWORD, "user"), (OWNER_PASSWORD, "owner")):
        encryption = sealing.opened(result.output, password=password).encryption
        assert encryption
        assert (encryption.revision, encryption.opened_with) == (7, role)
        assert encryption.authenticated
        told = encryption.permissions
        assert (told["print"], told["copy"], told["modify"]) == ("low", False, True)
    assert sealing.opened(result.output, password="").problem == "wrongPassword"


def test_recipients_may_do_what_the_job_says(pod: Pod) -> None:
    """A recipient could lift what the job forbids."""
    pod.input.write_bytes(documents.plain())
    encrypt = _encrypt(sealing.RSA, permissions={"print": "none", "annotate": False})
    output = pod.run(pod.request(encrypt)).output
    encryption = sealing.opened(output or b"", sealing.RSA).encryption
    assert encryption
    told = encryption.permissions
    assert (told["print"], told["annotate"], told["copy"]) == ("none", False, True)


def test_certificate_that_cannot_be_used(pod: Pod) -> None:
    """A document would be put out in the clear, or the job would end in a riddle."""
    pod.input.write_bytes(documents.plain())
    nonsense = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    summary = pod.run(pod.request({"encrypt": {"recipients": [nonsense]}})).summary
    assert summary
    assert summary.reason == "PasswordUnusable"
    assert "certificate" in summary.message
    assert not pod.output.exists()


def test_passwords_of_gcm_are_looked_at(pod: Pod) -> None:
    """Owner and user password would be the same, which protects nothing."""
    pod.secret("pw", "user", OWNER_PASSWORD)
    pod.input.write_bytes(documents.plain())
    summary = pod.run(pod.request(_encrypt(algorithm="AES-256-GCM", **PASSWORDS))).summary
    assert summary
    assert summary.reason == "PasswordUnusable"
    assert not pod.output.exists()


def test_what_qpdf_opens_is_left_to_it(keyed: Pod) -> None:
    """Ordinary documents would take the longer way."""
    keyed.input.write_bytes(documents.encrypted(USER_PASSWORD))
    decrypt = {"decrypt": RECIPIENT["decrypt"] | PASSWORD["decrypt"]}
    result = keyed.run(keyed.request(decrypt))
    assert result.output
    with pikepdf.open(keyed.output) as pdf:
        assert not pdf.is_encrypted
    assert "document.unlocked" not in [event["event"] for event in result.events]
