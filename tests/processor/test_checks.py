"""What the broker checks without a parser."""

from __future__ import annotations

import io
import signal
from pathlib import Path
from typing import Any

import pytest

from pdf_security_processor import errors
from pdf_security_processor.checks import check_output, check_request, check_seal
from pdf_security_processor.contract import (
    FileLocation,
    Operation,
    Owner,
    Request,
    Seal,
    Sink,
    Source,
)
from pdf_security_processor.scratch import document_folder, scratch_errors
from pdf_security_processor.termination import sigterm_raised

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

OWNER = {"name": "passwords", "key": "owner"}

FILE = FileLocation(root="/data", path="a.pdf")


@pytest.mark.parametrize(
    ("operations", "save", "valid"),
    [
        pytest.param([{"inspect": {}}], False, True, id="inspection"),
        pytest.param([{"inspect": {}}, {"decrypt": {}}], False, True, id="inspection-inside"),
        pytest.param([{"sanitize": {}}], True, True, id="change"),
        pytest.param([{"sanitize": {}}], False, False, id="change-for-nothing"),
        pytest.param([{"repair": {}}, {"repair": {}}], True, False, id="twice"),
        pytest.param([{}], True, False, id="none"),
        pytest.param([{"encrypt": {}}], True, False, id="encrypted-for-nobody"),
        pytest.param([{"encrypt": {"recipients": [CERTIFICATE]}}], True, True, id="recipients"),
        pytest.param(
            [{"encrypt": {"recipients": [CERTIFICATE], "ownerPasswordSecretRef": OWNER}}],
            True,
            False,
            id="recipients-and-passwords",
        ),
        pytest.param([{"repair": {}, "inspect": {}}], True, False, id="two"),
    ],
)
def test_requests(operations: list[dict[str, Any]], save: bool, valid: bool) -> None:
    """A job would succeed without having done what it says."""
    request = Request(
        owner=Owner(namespace="n", name="j", uid="u"),
        input=Source(file=FILE),
        output=Sink(file=FILE) if save else None,
        operations=[Operation.model_validate(operation) for operation in operations],
    )
    if valid:
        check_request(request)
        return
    with pytest.raises(errors.InvalidRequestError):
        check_request(request)


@pytest.mark.parametrize(
    ("seal", "required", "refused"),
    [
        pytest.param(Seal(landlock=7, seccomp=True), None, None, id="complete"),
        pytest.param(Seal(landlock=0, seccomp=True), None, "Landlock", id="without-landlock"),
        pytest.param(Seal(landlock=1, seccomp=False), True, "seccomp", id="without-seccomp"),
        pytest.param(
            Seal(landlock=0, seccomp=False), True, "Landlock and seccomp", id="with-neither"
        ),
        pytest.param(Seal(landlock=0, seccomp=False), False, None, id="class-goes-on"),
        pytest.param(None, None, None, id="worker-ended"),
    ],
)
def test_seals(seal: Seal | None, required: bool | None, refused: str | None) -> None:
    """A document would be parsed by a process that is held by less than its class wants."""
    if refused is None:
        check_seal(seal, required)
        return
    with pytest.raises(errors.SealIncompleteError, match=f"offer {refused} to"):
        check_seal(seal, required)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", errors.OutputDamagedError, id="empty"),
        pytest.param(b"\0" * 100, errors.OutputDamagedError, id="zeros"),
        pytest.param(b" %PDF-1.7", errors.OutputDamagedError, id="not-at-the-start"),
        pytest.param(b"%PDF-1.7" + b"x" * 100, errors.LimitExceededError, id="too-large"),
        pytest.param(b"%PDF-1.7", None, id="good"),
    ],
)
def test_outputs(data: bytes, expected: type[Exception] | None) -> None:
    """Whatever a hostile worker leaves would be put."""
    if expected is None:
        assert check_output(io.BytesIO(data), 50).bytes == len(data)
        return
    with pytest.raises(expected):
        check_output(io.BytesIO(data), 50)


def test_scratch_folders_are_private_and_never_shared(tmp_path: Path) -> None:
    """Files of two documents would be mixed up, or stay behind after an error."""
    with document_folder(tmp_path, "uid") as one, document_folder(tmp_path, "uid") as two:
        assert one != two
        assert one.stat().st_mode & 0o777 == 0o700
        (one / "input").write_bytes(b"x")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(errors.TerminationError):
        _interrupted(tmp_path)
    assert list(tmp_path.iterdir()) == []


def _interrupted(scratch: Path) -> None:
    with document_folder(scratch, "uid") as folder:
        (folder / "input").write_bytes(b"x")
        raise errors.TerminationError


@pytest.mark.parametrize(
    ("number", "expected"),
    [(28, errors.ScratchFullError), (122, errors.ScratchFullError), (13, errors.AccessDeniedError)],
    ids=["full", "quota", "denied"],
)
def test_scratch_errors(number: int, expected: type[Exception]) -> None:
    """A full tmpfs would look like a fault of the processor's own."""
    with pytest.raises(expected), scratch_errors(Path("/scratch")):
        raise OSError(number, "failed")


def test_second_sigterm_does_not_interrupt_the_first() -> None:
    """An impatient kubelet would stop the cleaning up half-way."""
    cleaned_up: list[bool] = []
    with pytest.raises(errors.TerminationError):
        _terminated_twice(cleaned_up)
    assert cleaned_up == [True]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def _terminated_twice(cleaned_up: list[bool]) -> None:
    with sigterm_raised():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGTERM)
            cleaned_up.append(True)
