"""What is known of one document when its processing ends, and the reports made of it. Pure."""

from dataclasses import dataclass, field

from pdf_security_processor.contract import (
    DocumentReport,
    Encryption,
    ExitCode,
    FileFacts,
    Request,
    Seal,
    Signature,
    Sink,
    Summary,
    Visual,
    WorkerReport,
)
from pdf_security_processor.contract.server_side_encryption import EncryptionType
from pdf_security_processor.errors import ProcessorError


@dataclass
class Outcome:
    """Filled while a document is processed; complete at any moment.

    Attributes:
        input: the input as bytes, once it is downloaded.
        output: the output, once it is in place.
        seal: what held the worker.
        worker: the validated report.
        unlocked: how it was encrypted, where that took more than the worker.
        signatures: whether those of the input hold; none where nobody asked.
        visual: whether the output looks as the input does.
        warnings: the broker's sentences for the report, beside the worker's.
        failure: why it failed; none while it did not.
        peak_memory_bytes: largest resident size of the worker.
        report_stored: whether the full report is in its sink.
    """

    input: FileFacts | None = None
    output: FileFacts | None = None
    seal: Seal | None = None
    unlocked: Encryption | None = None
    signatures: list[Signature] | None = None
    visual: Visual | None = None
    worker: WorkerReport = field(default_factory=lambda: WorkerReport(exit_code=0))
    warnings: list[str] = field(default_factory=list)
    failure: ProcessorError | None = None
    peak_memory_bytes: int = 0
    report_stored: bool = False

    @property
    def exit_code(self) -> ExitCode:
        """The exit code that says it."""
        return self.failure.exit_code if self.failure else ExitCode.SUCCEEDED

    @property
    def message(self) -> str:
        """The failure's message within the contract's bound; empty on success."""
        return self.failure.message[:1024] if self.failure else ""


def document_report_of(outcome: Outcome, request: Request, seconds: float) -> DocumentReport:
    """Make the full report."""
    worker, inspection = outcome.worker, outcome.worker.inspection
    pages = inspection.pages if inspection else None
    if inspection and outcome.unlocked:
        inspection = inspection.model_copy(update={"encryption": outcome.unlocked})
    return DocumentReport(
        job_uid=request.owner.uid,
        reason=outcome.exit_code.reason,
        message=outcome.message,
        input=outcome.input.model_copy(update={"pages": pages}) if outcome.input else None,
        output=outcome.output,
        server_side_encryption=_encryption_of(request) if outcome.output else None,
        operations=worker.operations,
        seal=outcome.seal,
        inspection=inspection,
        signatures=outcome.signatures,
        visual=outcome.visual,
        findings=worker.findings,
        removed=worker.removed,
        kept=worker.kept,
        left_out=worker.left_out,
        warnings=[*worker.warnings, *outcome.warnings],
        duration_seconds=round(seconds, 3),
        peak_memory_bytes=outcome.peak_memory_bytes,
    )


def _encryption_of(request: Request) -> EncryptionType | None:
    """Name how the store keeps an output that is in place: none is without what was asked for."""
    place = request.output.s3 if request.output else None
    wanted = place.server_side_encryption if place else None
    return wanted.type if wanted else None


def summary_of(outcome: Outcome, request: Request, seconds: float) -> Summary:
    """Make the termination message's summary."""
    report = document_report_of(outcome, request, seconds)
    return Summary(
        exit_code=outcome.exit_code,
        reason=report.reason,
        message=report.message,
        input=report.input,
        output=report.output,
        removed=report.removed,
        kept=report.kept,
        visual=report.visual,
        warnings=len(report.warnings),
        duration_seconds=report.duration_seconds,
        peak_memory_bytes=report.peak_memory_bytes,
        report_location=location_of(request.report) if outcome.report_stored else None,
    )


def location_of(sink: Sink | None) -> str | None:
    """Name where a sink puts, for a person."""
    if sink is None:
        return None
    return str(sink.s3 or sink.file)[:1100]
