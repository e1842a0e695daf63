"""The one border that hostile data crosses: a worker's report."""

from __future__ import annotations

import json
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdf_security_processor import errors
from pdf_security_processor.contract import (
    ExitCode,
    FileFacts,
    FileLocation,
    Operation,
    Owner,
    Request,
    Sink,
    Source,
    Summary,
    WorkerReport,
)
from pdf_security_processor.contract.report import (
    FINDINGS_LIMIT,
    TERMINATION_MESSAGE_BYTES,
    WORKER_REPORT_BYTES,
)
from pdf_security_processor.outcome import Outcome, document_report_of, summary_of
from pdf_security_processor.text import described, printable
from pdf_security_processor.verdict import parse_report, report_of
from pdf_security_processor.worker_process import Ended

REQUEST = Request(
    owner=Owner(namespace="n", name="j", uid="u"),
    input=Source(file=FileLocation(root="/in", path="a.pdf")),
    output=Sink(file=FileLocation(root="/out", path="a.pdf")),
    operations=[Operation.model_validate({"sanitize": {}})],
)

WORKERS_OWN = {0, 1, 11, 23, 24, 26, 27, 28, 29, 34, 36, 41, 44}


@given(st.binary(max_size=400))
def test_garbage_is_refused(data: bytes) -> None:
    """Garbage would pass for a report, or end the broker with an exception of its own."""
    with pytest.raises((errors.ReportRefusedError, errors.WorkerCrashedError)):
        parse_report(data)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)
_FIELDS = [field.alias or name for name, field in WorkerReport.model_fields.items()]


@given(st.dictionaries(st.sampled_from([*_FIELDS, "other"]), _JSON, max_size=6))
def test_any_json_is_refused_or_within_the_contract(value: dict[str, object]) -> None:
    """JSON of another shape would reach a status, a log or a store."""
    try:
        report = parse_report(json.dumps(value).encode())
    except errors.ReportRefusedError:
        return
    assert 0 <= report.exit_code <= 125
    assert len(report.message) <= 1024
    assert len(report.findings) <= FINDINGS_LIMIT


def test_oversized_report_is_refused() -> None:
    """A report could fill the broker's memory."""
    data = b'{"exitCode": 0}' + b" " * WORKER_REPORT_BYTES
    with pytest.raises(errors.ReportRefusedError):
        parse_report(data)


@pytest.mark.parametrize("code", range(126))
def test_every_exit_code(code: int) -> None:
    """A worker could make a job look as if the store, the path or the request were at fault."""
    report = WorkerReport(exit_code=code, operations=["sanitize"]).to_json_dict()
    ended = Ended(code, json.dumps(report).encode(), False, 0)
    if code == 0:
        assert report_of(ended, REQUEST).exit_code == 0
        return
    with pytest.raises(errors.ProcessorError) as caught:
        report_of(ended, REQUEST)
    expected = code if code in WORKERS_OWN else ExitCode.REPORT_REFUSED
    assert caught.value.exit_code == expected
    assert caught.value.message


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS])
def test_report_of_a_crashed_worker_does_not_count(number: signal.Signals) -> None:
    """A worker could succeed and crash."""
    report = WorkerReport(exit_code=0, operations=["sanitize"]).to_json_dict()
    with pytest.raises(errors.WorkerCrashedError):
        report_of(Ended(-number, json.dumps(report).encode(), False, 0), REQUEST)


def test_a_forbidden_call_is_told() -> None:
    """A document that took over its parser would look like one that only crashed it."""
    report = WorkerReport(exit_code=0, operations=["sanitize"]).to_json_dict()
    with pytest.raises(errors.SealViolatedError, match="hostile"):
        report_of(Ended(-signal.SIGSYS, json.dumps(report).encode(), False, 0), REQUEST)


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS])
def test_crash_near_the_bound_is_for_want_of_memory(number: signal.Signals) -> None:
    """A document that only needs more memory would be called hostile, and fail for good."""
    ended = Ended(-number, b"", False, REQUEST.limits.worker_memory_bytes // 2 + 1)
    with pytest.raises(errors.MemoryExceededError, match="memory"):
        report_of(ended, REQUEST)


def test_summary_always_fits() -> None:
    """The kubelet would cut the summary, and the operator could not read it."""
    worker = WorkerReport(
        exit_code=0,
        removed={f"Kind{number:03}" + "x" * 50: 10**9 for number in range(60)},
        kept={f"Kept{number:03}" + "x" * 50: 10**9 for number in range(60)},
    )
    outcome = Outcome(
        input=FileFacts(bytes=1, sha256="0" * 64),
        worker=worker,
        failure=errors.InputDamagedError("é" * 5000),
        report_stored=True,
    )
    text = summary_of(outcome, REQUEST, 1.0).to_termination_message()
    assert len(text.encode()) <= TERMINATION_MESSAGE_BYTES
    assert json.loads(text)["exitCode"] == ExitCode.INPUT_DAMAGED


def test_what_was_kept_is_told_before_what_was_removed() -> None:
    """A summary without room would tell what went, and not what the document still holds."""
    summary = Summary(
        exit_code=0,
        reason="Succeeded",
        removed={f"Kind{number:03}" + "x" * 50: 10**9 for number in range(60)},
        kept={"Launch": 1},
    )
    read = Summary.model_validate_json(summary.to_termination_message())
    assert (read.removed, read.kept) == ({}, {"Launch": 1})


@pytest.mark.parametrize("kind", ["", "a b", "a/b", "\x1b[31m", "é", "a\n", "x" * 65])
def test_kinds_are_words(kind: str) -> None:
    """A worker's text would reach a status, or give orders to a terminal."""
    counts = {"exitCode": 0, "removed": {kind: 1}}
    with pytest.raises(errors.ReportRefusedError):
        parse_report(json.dumps(counts).encode())


def test_report_of_a_failure_names_the_reason() -> None:
    """A failed job's report would not say why."""
    outcome = Outcome(failure=errors.WrongPasswordError("no"))
    report = document_report_of(outcome, REQUEST, 1.23456)
    assert (report.reason, report.message, report.duration_seconds) == (
        "WrongPassword",
        "no",
        1.235,
    )


@given(st.text(max_size=200), st.integers(4, 100))
def test_printable(text: str, bound: int) -> None:
    """A document's name could move the cursor of a terminal or break a line of a log."""
    shown = printable(text, bound)
    assert len(shown) <= bound
    assert shown.isascii()
    assert not shown or shown.isprintable()


def test_described_exception_says_nothing_of_its_text() -> None:
    """An exception's text could carry a password into a status."""
    try:
        int("Geheim")
    except ValueError as error:
        shown = described(error)
    assert shown.startswith("ValueError at test_verdict.py:")
    assert "Geheim" not in shown


def test_every_error_owns_a_code_of_its_own() -> None:
    """Two failures could not be told apart by their exit."""
    leaves = [kind for kind in _all_errors(errors.ProcessorError) if not kind.__subclasses__()]
    codes = [kind.exit_code for kind in leaves]
    assert len(set(codes)) == len(codes)
    assert set(codes) | {ExitCode.SUCCEEDED} == set(ExitCode)


def _all_errors(kind: type[errors.ProcessorError]) -> list[type[errors.ProcessorError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in _all_errors(child))]
