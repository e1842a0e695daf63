"""The worker's own code in this process, where a failure can be brought about at will."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from pdf_security_processor import limits, opening, sandbox, saving, worker
from pdf_security_processor.contract import ExitCode, Limits, Operation, Seal, WorkerReport
from pdf_security_processor.control import ControlMessage
from pdf_security_processor.errors import (
    InputDamagedError,
    LimitExceededError,
    OutputDamagedError,
    ScratchFullError,
)
from pdf_security_processor.operations import OPERATIONS, Document
from pdf_security_processor.secret_files import Password
from processor import documents
from processor.pods import DECRYPT, ENCRYPT

SANITIZE: dict[str, Any] = {"sanitize": {}}


def _message(*operations: dict[str, Any]) -> ControlMessage:
    passwords = {name: Password(f"Geheim-{name}") for name in ("pw/user", "pw/owner", "pw/input")}
    return ControlMessage(
        [Operation.model_validate(operation) for operation in operations], passwords, Limits()
    )


@contextmanager
def _files(folder: Path, data: bytes) -> Iterator[tuple[int, int]]:
    (folder / "in").write_bytes(data)
    source = os.open(folder / "in", os.O_RDONLY)
    target = os.open(folder / "out", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    try:
        yield source, target
    finally:
        os.close(source)
        os.close(target)


def _process(
    folder: Path, data: bytes, *operations: dict[str, Any], save: bool = True
) -> WorkerReport:
    with _files(folder, data) as (source, target):
        return worker.process(
            _message(*operations), source, target if save else None, lambda seconds: None
        )


@pytest.mark.parametrize(
    ("data", "operations", "expected"),
    [
        pytest.param(documents.plain, [SANITIZE], ExitCode.SUCCEEDED, id="plain"),
        pytest.param(
            documents.with_active_content, [SANITIZE, ENCRYPT], ExitCode.SUCCEEDED, id="active"
        ),
        pytest.param(
            lambda: documents.encrypted("Geheim-pw/input"), [DECRYPT], ExitCode.SUCCEEDED, id="user"
        ),
        pytest.param(
            lambda: documents.encrypted("u", "Geheim-pw/input", 4),
            [DECRYPT, {"repair": {}}, {"linearize": {}}, {"removeMetadata": {}}],
            ExitCode.SUCCEEDED,
            id="owner",
        ),
        pytest.param(
            documents.with_metadata, [{"removeMetadata": {}}], ExitCode.SUCCEEDED, id="metadata"
        ),
        pytest.param(documents.plain, [{"decrypt": {}}], ExitCode.SUCCEEDED, id="not-encrypted"),
        pytest.param(documents.with_form, [{"linearize": {}}], ExitCode.DOCUMENT_SIGNED, id="form"),
        pytest.param(
            documents.with_public_key_encryption,
            [DECRYPT],
            ExitCode.UNSUPPORTED_ENCRYPTION,
            id="public-key",
        ),
        pytest.param(
            documents.encrypted, [SANITIZE], ExitCode.PASSWORD_REQUIRED, id="empty-password"
        ),
        pytest.param(lambda: b"no", [SANITIZE], ExitCode.NOT_A_PDF, id="not-a-pdf"),
        pytest.param(documents.truncated, [SANITIZE], ExitCode.INPUT_DAMAGED, id="truncated"),
        pytest.param(documents.truncated, [{"repair": {}}], ExitCode.SUCCEEDED, id="repaired"),
        pytest.param(
            lambda: documents.encrypted("u"), [SANITIZE], ExitCode.PASSWORD_REQUIRED, id="required"
        ),
        pytest.param(
            lambda: documents.encrypted("u"), [DECRYPT], ExitCode.WRONG_PASSWORD, id="wrong"
        ),
    ],
)
def test_outcomes(
    tmp_path: Path, data: Callable[[], bytes], operations: list[dict[str, Any]], expected: ExitCode
) -> None:
    """A document would end in another way than its state asks for."""
    report = _process(tmp_path, data(), *operations)
    assert ExitCode(report.exit_code) == expected, report.message
    assert (report.output_pages is not None) == (expected == ExitCode.SUCCEEDED)


@pytest.mark.parametrize(
    ("data", "encrypted"),
    [
        pytest.param(documents.plain, False, id="plain"),
        pytest.param(documents.encrypted, True, id="anybody-opens"),
        pytest.param(lambda: documents.encrypted("u"), True, id="nobody-opens"),
        *[
            pytest.param(
                lambda revision=revision: documents.encrypted("u", revision=revision),
                True,
                id=f"revision-{revision}",
            )
            for revision in (2, 3, 4)
        ],
    ],
)
def test_inspection_needs_no_password(
    tmp_path: Path, data: Callable[[], bytes], encrypted: bool
) -> None:
    """Nobody could learn what a document is before knowing its password."""
    report = _process(tmp_path, data(), {"inspect": {}}, save=False)
    assert report.exit_code == ExitCode.SUCCEEDED
    assert report.inspection
    assert (report.inspection.encryption is not None) == encrypted


@pytest.mark.parametrize(
    "data",
    [lambda: b"no", documents.truncated, documents.with_public_key_encryption],
    ids=["not-a-pdf", "truncated", "public-key"],
)
def test_inspection_fails_as_anything_else(tmp_path: Path, data: Callable[[], bytes]) -> None:
    """An inspection would succeed on what cannot be read."""
    report = _process(tmp_path, data(), {"inspect": {}}, save=False)
    assert report.exit_code in {23, 24, 29}


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        pytest.param(MemoryError(), ExitCode.OUT_OF_MEMORY, id="memory"),
        pytest.param(RecursionError("MARKER"), ExitCode.INPUT_DAMAGED, id="recursion"),
        pytest.param(pikepdf.PdfError("MARKER"), ExitCode.INPUT_DAMAGED, id="qpdf"),
        pytest.param(KeyError("MARKER"), ExitCode.INTERNAL_ERROR, id="unforeseen"),
    ],
)
def test_errors_are_typed_and_say_nothing_of_the_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: Exception, expected: ExitCode
) -> None:
    """Content of a document would reach a job's status by way of an exception's text."""

    def fail(*_: object) -> None:
        raise raised

    monkeypatch.setitem(OPERATIONS, "sanitize", fail)
    report = _process(tmp_path, documents.plain(), SANITIZE)
    assert report.exit_code == expected
    assert report.message
    assert "MARKER" not in report.message


def test_unknown_operation_is_not_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer operator's operation would be left out, and the document put as if it were done."""
    monkeypatch.delitem(OPERATIONS, "sanitize")
    report = _process(tmp_path, documents.plain(), SANITIZE)
    assert report.exit_code == ExitCode.INTERNAL_ERROR
    assert "sanitize" in report.message


def test_short_memory_is_not_called_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large document would fail for good, or lose what did not fit into memory."""
    monkeypatch.setattr(limits, "memory_was_short", lambda: True)
    for make in (documents.with_wrong_stream_length, documents.truncated):
        for repair in (True, False):
            with _file(make()) as file, pytest.raises(MemoryError):
                opening.open_document(file, None, repair=repair)


def test_short_memory_is_not_called_a_damaged_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large document would fail for good where a larger class could process it."""
    short = [False]
    monkeypatch.setattr(limits, "memory_was_short", lambda: short[0])
    save = saving._save

    def cut(document: Document, file: io.FileIO) -> None:
        save(document, file)
        file.truncate(100)
        short[0] = True

    monkeypatch.setattr(saving, "_save", cut)
    report = _process(tmp_path, documents.plain(), SANITIZE)
    assert ExitCode(report.exit_code) == ExitCode.OUT_OF_MEMORY

    def fail(*_: object) -> None:
        raise pikepdf.PdfError("MARKER")

    monkeypatch.setitem(OPERATIONS, "sanitize", fail)
    report = _process(tmp_path, documents.plain(), SANITIZE)
    assert ExitCode(report.exit_code) == ExitCode.OUT_OF_MEMORY


@pytest.mark.parametrize(
    ("make", "operations", "expected"),
    [
        pytest.param(
            documents.with_huge_linearization,
            [{"inspect": {}}, SANITIZE],
            ExitCode.SUCCEEDED,
            id="linearization",
        ),
        pytest.param(
            documents.with_odd_actions, [SANITIZE], ExitCode.SUCCEEDED, id="additional-actions"
        ),
        pytest.param(
            documents.with_odd_actions, [{"inspect": {}}], ExitCode.SUCCEEDED, id="inspected"
        ),
    ],
)
def test_odd_documents(
    tmp_path: Path, make: Callable[[], bytes], operations: list[dict[str, Any]], expected: ExitCode
) -> None:
    """An odd document would look like a fault of the processor's own, and be retried."""
    report = _process(tmp_path, make(), *operations)
    assert ExitCode(report.exit_code) == expected, report.message


def test_lone_inspection_reads_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large document would take twice the time to be inspected."""
    opened = []
    read_all = opening.read_all

    def counted(pdf: pikepdf.Pdf, *, repair: bool, proves: bool) -> list[str]:
        opened.append(pdf)
        return read_all(pdf, repair=repair, proves=proves)

    monkeypatch.setattr(opening, "read_all", counted)
    assert _process(tmp_path, documents.plain(), {"inspect": {}}, save=False).inspection
    assert len(opened) == 1


def test_output_with_other_pages_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A document that lost pages while it was saved would be put."""
    with (
        _files(tmp_path, documents.plain()) as (_, target),
        pikepdf.open(io.BytesIO(documents.plain(3)), conversion_mode="explicit") as pdf,
    ):
        monkeypatch.setattr(saving, "_save", lambda _, file: file.write(documents.plain(2)))
        with pytest.raises(OutputDamagedError, match="2 pages"):
            saving.save_document(Document(pdf, {}), target, repair=False)
        monkeypatch.setattr(saving, "_save", lambda _, file: file.truncate(0))
        with pytest.raises(OutputDamagedError, match="does not open"):
            saving.save_document(Document(pdf, {}), target, repair=False)


@pytest.mark.parametrize(
    ("number", "expected"),
    [(28, ScratchFullError), (122, ScratchFullError), (27, LimitExceededError), (5, OSError)],
    ids=["full", "quota", "too-large", "broken"],
)
def test_failing_writes(number: int, expected: type[Exception]) -> None:
    """Qpdf would end the worker by std::terminate, and nobody would know that the disk was full."""

    class Full(io.FileIO):
        def write(self, _: object) -> int:
            raise OSError(number, "failed")

    with (
        Full(os.open(os.devnull, os.O_RDWR), "r+") as file,
        pikepdf.open(io.BytesIO(documents.plain()), conversion_mode="explicit") as pdf,
        pytest.raises(expected),
    ):
        saving._save(Document(pdf, {}), file)


def test_main_seals_before_it_reads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A document would be parsed by a process that may still do anything."""
    order: list[str] = []

    def seal(*_: object) -> Seal:
        order.append("seal")
        return Seal(landlock=1, seccomp=True)

    def read(_: object) -> ControlMessage:
        order.append("read")
        return _message(SANITIZE)

    monkeypatch.setattr(sandbox, "seal", seal)
    monkeypatch.setattr(worker, "read_control_message", read)
    report, report_end = os.pipe()
    with _files(tmp_path, documents.plain()) as (source, target):
        status = worker.main(
            [
                "--broker=1",
                f"--input={source}",
                f"--output={target}",
                f"--report={report_end}",
                "--limits={}",
            ]
        )
    assert order == ["seal", "read"]
    assert status == ExitCode.SUCCEEDED
    told, said = os.read(report, 100_000).splitlines()
    assert Seal.model_validate_json(told).seccomp
    assert json.loads(said)["exitCode"] == 0
    os.close(report)
    monkeypatch.setattr(worker, "read_control_message", lambda _: None)
    assert worker.main(["--broker=1", "--input=0", "--report=1", "--limits={}"]) == 0


def test_damage_while_saving_fails_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """Damage that shows only when streams are read would be put out silently."""
    with pikepdf.open(io.BytesIO(documents.plain()), conversion_mode="explicit") as pdf:
        monkeypatch.setattr(opening, "_HARMLESS", ())
        monkeypatch.setattr(
            pikepdf.Pdf,
            "get_warnings",
            lambda _: ["stream <x>: MARKER\x1b", "stream <x>, object 3 0 at offset 9: MARKER"],
            raising=False,
        )
        with pytest.raises(InputDamagedError) as caught:
            opening.judged_warnings(pdf, repair=False)
        assert "\x1b" not in str(caught.value)
        assert opening.judged_warnings(pdf, repair=True) == [
            "MARKER?",
            "object 3 0 at offset 9: MARKER",
        ]


def _file(data: bytes) -> io.FileIO:
    descriptor = os.memfd_create("test")
    os.write(descriptor, data)
    return io.FileIO(descriptor)
