"""Judges what a worker left: its status, and the report that nobody trusts yet. Pure."""

import signal

from pydantic import ValidationError

from pdf_security_processor import errors
from pdf_security_processor.contract import ExitCode, Limits, Request, WorkerReport
from pdf_security_processor.contract.report import WORKER_REPORT_BYTES
from pdf_security_processor.text import printable
from pdf_security_processor.worker_process import Ended

_ERRORS: dict[ExitCode, type[errors.ProcessorError]] = {
    error.exit_code: error
    for error in (
        errors.InternalError,
        errors.MemoryExceededError,
        errors.NotAPdfError,
        errors.InputDamagedError,
        errors.PasswordRequiredError,
        errors.WrongPasswordError,
        errors.PasswordUnusableError,
        errors.UnsupportedEncryptionError,
        errors.DocumentSignedError,
        errors.ScratchFullError,
        errors.LimitExceededError,
        errors.OutputDamagedError,
    )
}
"""The failures that a worker can know of. All others are the broker's to tell."""

_ABORTED = (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS)
"""How a C++ program may end whose allocation fails: std::terminate, or a pointer to nothing."""


def report_of(ended: Ended, request: Request) -> WorkerReport:
    """Take the report of a worker that succeeded.

    Raises:
        ProcessorError: what the worker reports, where it may and its status agrees.
        SealViolatedError: killed for a system call.
        LimitExceededError: killed at its deadline, or by the system for its processor time.
        MemoryExceededError: killed by somebody else, which is the kernel when memory ran out, or
            ended as C++ ends where an allocation fails, when it had taken much.
        WorkerCrashedError: ended by another signal, or without a report.
        ReportRefusedError: a report that a sound worker does not write.
    """
    _check_signal(ended, request.limits)
    report = parse_report(ended.untrusted_report)
    if report.exit_code != ended.status:
        raise errors.ReportRefusedError(
            "The worker's report and its exit status differ; the document may be hostile."
        )
    if report.exit_code != ExitCode.SUCCEEDED:
        raise _reported(report)
    if report.operations != [operation.name for operation in request.operations]:
        raise errors.ReportRefusedError(
            "The worker reports other operations than were asked for; the document may be hostile."
        )
    return report


def parse_report(untrusted_report: bytes) -> WorkerReport:
    """Validate a report.

    Raises:
        WorkerCrashedError: there is none.
        ReportRefusedError: too large, or not of the contract's form.
    """
    if not untrusted_report:
        raise errors.WorkerCrashedError(
            "The worker ended without a report; the document may be hostile."
        )
    if len(untrusted_report) > WORKER_REPORT_BYTES:
        raise errors.ReportRefusedError(
            f"The worker's report exceeds {WORKER_REPORT_BYTES} bytes; the document may be hostile."
        )
    try:
        return WorkerReport.model_validate_json(untrusted_report)
    except ValidationError:
        # `from None`: what was refused is nothing to show.
        raise errors.ReportRefusedError(
            "The worker's report is malformed; the document may be hostile."
        ) from None


def _check_signal(ended: Ended, limits: Limits) -> None:
    if ended.timed_out or -ended.status == signal.SIGXCPU:
        raise errors.LimitExceededError(
            f"The document took longer than {limits.worker_seconds} seconds; raise the class's "
            "limit, or split the document."
        )
    if -ended.status == signal.SIGPROF:
        raise errors.LimitExceededError(
            "The document took more processor time than one of its size and number of pages; it is "
            "most likely made to exhaust its readers."
        )
    if len(ended.untrusted_report) > WORKER_REPORT_BYTES:
        return
    if -ended.status == signal.SIGSYS:
        raise errors.SealViolatedError(
            "The worker made a system call that it has no use for, and was killed; the document "
            "is most likely hostile: keep it for whoever looks into such things."
        )
    if -ended.status == signal.SIGKILL:
        raise errors.MemoryExceededError(
            "The worker was killed, most likely for want of memory; raise the class's memory."
        )
    if -ended.status in _ABORTED and ended.peak_memory_bytes > limits.worker_memory_bytes // 2:
        raise errors.MemoryExceededError(
            f"The worker was ended by signal {-ended.status} near its bound of "
            f"{limits.worker_memory_bytes} bytes, most likely for want of memory; raise the "
            "class's memory."
        )
    if ended.status < 0:
        raise errors.WorkerCrashedError(
            f"The worker was ended by signal {-ended.status}; the document may be hostile."
        )


def _reported(report: WorkerReport) -> errors.ProcessorError:
    try:
        error = _ERRORS[ExitCode(report.exit_code)]
    except (ValueError, KeyError):
        return errors.ReportRefusedError(
            f"The worker claims exit code {report.exit_code}, which is not its to claim; the "
            "document may be hostile."
        )
    return error(printable(report.message, 1024) or ExitCode(report.exit_code).reason)
