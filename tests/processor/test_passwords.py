"""Passwords: read from files, shown to nobody, and the same to every reader."""

from __future__ import annotations

import copy
import io
import pickle
from pathlib import Path

import pikepdf
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from pypdf import PasswordType, PdfReader

from pdf_security_processor import errors
from pdf_security_processor.contract import Limits, Operation
from pdf_security_processor.control import ControlMessage, read_control_message
from pdf_security_processor.opening import password_candidates
from pdf_security_processor.operations import Document
from pdf_security_processor.operations.encrypt import encrypt
from pdf_security_processor.saslprep import prepare_password
from pdf_security_processor.secret_files import Password, read_credentials, read_passwords
from processor import documents

OPERATION = Operation.model_validate(
    {
        "encrypt": {
            "userPasswordSecretRef": {"name": "pw", "key": "user"},
            "ownerPasswordSecretRef": {"name": "pw", "key": "owner"},
        }
    }
)


def test_shows_itself_to_nobody() -> None:
    """A password would reach a log by way of a format string or a traceback."""
    password = Password("Geheim")
    message = ControlMessage([OPERATION], {"pw/user": password}, Limits())
    assert "Geheim" not in f"{password} {password!r} {message!r} {[password]}"
    with pytest.raises(TypeError):
        pickle.dumps(password)
    with pytest.raises(TypeError):
        copy.copy(password)


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        pytest.param(b"a\n", "a", id="one-newline"),
        pytest.param(b"a\n\n", "a\n", id="two-newlines"),
        pytest.param(b"a\r\n", "a\r", id="windows"),
        pytest.param(b" a ", " a ", id="spaces"),
        pytest.param(b"", "", id="empty"),
        pytest.param("ü".encode() * 63 + b"\n", "ü" * 63, id="longest"),
    ],
)
def test_reads_the_file(tmp_path: Path, stored: bytes, read: str) -> None:
    """A password would be another one than the Secret's."""
    (tmp_path / "pw").mkdir()
    for key in ("user", "owner"):
        (tmp_path / "pw" / key).write_bytes(stored)
    passwords = read_passwords(tmp_path, [OPERATION])
    assert {name: value.reveal() for name, value in passwords.items()} == {
        "pw/user": read,
        "pw/owner": read,
    }


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        pytest.param(b"x" * 128, errors.PasswordUnusableError, id="too-long"),
        pytest.param(b"\xff", errors.PasswordUnusableError, id="not-utf-8"),
        pytest.param(b"x" * 100_000, errors.CredentialsIncompleteError, id="huge"),
        pytest.param(None, errors.CredentialsIncompleteError, id="missing"),
    ],
)
def test_refuses_the_file(tmp_path: Path, stored: bytes | None, expected: type[Exception]) -> None:
    """A password would be cut, or taken for empty."""
    (tmp_path / "pw").mkdir()
    if stored is not None:
        (tmp_path / "pw" / "user").write_bytes(stored)
    with pytest.raises(expected) as caught:
        read_passwords(tmp_path, [OPERATION])
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    "value", [b"", b"a b\x00", "ü".encode(), b"a\nb"], ids=["empty", "null", "unicode", "newline"]
)
def test_credentials_that_no_header_carries(tmp_path: Path, value: bytes) -> None:
    """A credential could add a header to every request."""
    (tmp_path / "s3").mkdir()
    (tmp_path / "s3" / "accessKeyId").write_bytes(b"key")
    (tmp_path / "s3" / "secretAccessKey").write_bytes(value)
    with pytest.raises(errors.CredentialsIncompleteError, match="secretAccessKey"):
        read_credentials(tmp_path, "s3")


def test_temporary_credentials(tmp_path: Path) -> None:
    """Credentials of a token service would be sent without their token."""
    (tmp_path / "s3").mkdir()
    for key in ("accessKeyId", "secretAccessKey", "sessionToken"):
        (tmp_path / "s3" / key).write_text(f"{key}-value\n")
    credentials = read_credentials(tmp_path, "s3")
    assert credentials.session_token
    assert credentials.session_token.reveal() == "sessionToken-value"
    assert "value" not in repr(credentials).replace("accessKeyId-value", "")


@settings(deadline=None)
@given(st.text(min_size=1, max_size=40))
@example("\u00ad")
@example("ﬁ")
@example("\U0001d56c")
@example("😀")
def test_any_legal_password_opens_with_another_reader(password: str) -> None:
    """A document would be locked with a password that no reader accepts."""
    document = _document(password, "owner-Geheim")
    try:
        encrypt(document, OPERATION)
    except errors.PasswordUnusableError:
        return
    assert document.encryption
    assume(document.encryption.user)
    data = documents.saved(document.pdf, encryption=document.encryption)
    reader = PdfReader(io.BytesIO(data))
    assert reader.decrypt(prepare_password(password)) == PasswordType.USER_PASSWORD
    opened = [candidate for candidate in password_candidates(password) if _opens(data, candidate)]
    assert opened


@pytest.mark.parametrize(
    ("user", "owner", "algorithm", "said"),
    [
        pytest.param("u", "o", "AES-256", None, id="good"),
        pytest.param("ü", "ö", "AES-128", None, id="good-pdfdoc"),
        pytest.param("u", "u", "AES-256", "the same", id="same"),
        pytest.param("u", "", "AES-256", "owner password is empty", id="no-owner"),
        pytest.param("", "o", "AES-256", "user password is empty", id="no-user"),
        pytest.param("u", "\u00ad", "AES-256", "owner password is empty", id="invisible"),
        pytest.param("u" * 33, "o", "AES-128", "33 bytes", id="cut"),
        # One ligature of three bytes becomes three letters, another one of three bytes 18.
        pytest.param("\ufdfa" * 20, "o", "AES-256", "bytes", id="grows"),
        pytest.param("パ", "o", "AES-128", "characters", id="no-pdfdoc"),
        pytest.param("a\0b", "o", "AES-128", "bytes|characters", id="null"),
    ],
)
def test_what_encryption_accepts(user: str, owner: str, algorithm: str, said: str | None) -> None:
    """A document would be protected less than its passwords promise."""
    operation = Operation.model_validate(
        {
            "encrypt": {
                **OPERATION.to_json_dict()["encrypt"],
                "algorithm": algorithm,
                "permissions": {"accessibility": False, "print": "low"},
            }
        }
    )
    with pikepdf.open(io.BytesIO(documents.plain())) as pdf:
        passwords = {"pw/user": Password(user), "pw/owner": Password(owner)}
        document = Document(pdf, passwords)
        if said is None:
            encrypt(document, operation)
            assert document.encryption
            assert (4 if algorithm == "AES-128" else 6) == document.encryption.R
            assert not document.encryption.allow.print_highres
            assert document.encryption.allow.modify_assembly
            return
        with pytest.raises(errors.PasswordUnusableError, match=said) as caught:
            encrypt(document, operation)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_empty_user_password_after_preparation_is_refused() -> None:
    """A password of invisible characters would protect nothing."""
    document = _document("\u00ad\u200b", "owner-Geheim")
    with pytest.raises(errors.PasswordUnusableError):
        encrypt(document, OPERATION)


@pytest.mark.parametrize(
    ("given", "prepared"),
    [
        # The examples of RFC 4013, section 3.
        pytest.param("I\u00adX", "IX", id="soft-hyphen"),
        pytest.param("user", "user", id="ascii"),
        pytest.param("USER", "USER", id="case-kept"),
        pytest.param("\u00aa", "a", id="compatibility"),
        pytest.param("\u2168", "IX", id="roman-nine"),
        pytest.param("a\u00a0b", "a b", id="space"),
    ],
)
def test_prepares(given: str, prepared: str) -> None:
    """The same password typed on two systems would be two passwords."""
    assert prepare_password(given) == prepared


@pytest.mark.parametrize("given", ["\u0007", "\u06271", "a\ue000"])
def test_prohibits(given: str) -> None:
    """Passwords would be allowed that readers refuse to take."""
    with pytest.raises(ValueError, match=r"prohibited|mixed"):
        prepare_password(given)


@given(st.lists(st.text(max_size=20), max_size=5), st.integers(1, 10**9))
def test_control_message_roundtrip(passwords: list[str], seconds: int) -> None:
    """The worker would work with other passwords or limits than the broker gave."""
    assume(all(c < "\ud800" or c > "\udfff" for text in passwords for c in text))
    named = {str(index): Password(text) for index, text in enumerate(passwords)}
    sent = ControlMessage([OPERATION], named, Limits(worker_seconds=seconds))
    received = read_control_message(io.BytesIO(sent.to_bytes()))
    assert received
    assert received.operations == sent.operations
    assert received.limits == sent.limits
    assert [value.reveal() for value in received.passwords.values()] == passwords


def test_control_message_cut_short() -> None:
    """A worker would start on half of its orders."""
    whole = ControlMessage([OPERATION], {}, Limits()).to_bytes()
    assert read_control_message(io.BytesIO(b"")) is None
    with pytest.raises(ValueError, match="short"):
        read_control_message(io.BytesIO(whole[:-1]))


def test_control_message_fits_a_pipe() -> None:
    """Sending would wait for a worker that does not read, without any deadline."""
    named = {str(number): Password("x" * 1000) for number in range(100)}
    with pytest.raises(errors.InternalError):
        ControlMessage([OPERATION], named, Limits()).to_bytes()


@pytest.mark.parametrize("key", [".", "..", "..data"])
def test_references_must_be_allowed_keys(tmp_path: Path, key: str) -> None:
    """A reference could leave the folder of its Secret."""
    (tmp_path / "pw").mkdir()
    operation = Operation.model_validate(
        {"decrypt": {"passwordSecretRef": {"name": "pw", "key": key}}}
    )
    with pytest.raises(errors.CredentialsIncompleteError, match="no allowed key"):
        read_passwords(tmp_path, [operation])


def _document(user: str, owner: str) -> Document:
    pdf = pikepdf.open(io.BytesIO(documents.plain()))
    return Document(pdf, {"pw/user": Password(user), "pw/owner": Password(owner)})


def _opens(data: bytes, password: bytes) -> bool:
    try:
        pikepdf.open(io.BytesIO(data), password=password).close()
    except pikepdf.PasswordError:
        return False
    return True
