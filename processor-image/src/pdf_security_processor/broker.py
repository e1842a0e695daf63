"""The pod's first process: holds credentials and network, and never parses a document.

Never imports pikepdf. What the worker says is untrusted until `verdict` took it.
"""

import hashlib
import io
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import structlog

from pdf_security_processor import stores
from pdf_security_processor.checks import check_output, check_request, check_seal
from pdf_security_processor.contract import FileFacts, Request, Seal, Sink, Summary
from pdf_security_processor.contract.request import (
    SCRATCH_PATH,
    SECRETS_PATH,
    TERMINATION_MESSAGE_PATH,
)
from pdf_security_processor.control import ControlMessage
from pdf_security_processor.encryption.locks import lock, unlock
from pdf_security_processor.errors import (
    InputEmptyError,
    InputTooLargeError,
    InternalError,
    ProcessorError,
    TerminationError,
    UnsupportedEncryptionError,
)
from pdf_security_processor.fresh_worker import fresh_for
from pdf_security_processor.logs import job_log
from pdf_security_processor.looks import Looks
from pdf_security_processor.outcome import Outcome, document_report_of, location_of, summary_of
from pdf_security_processor.scratch import (
    document_files,
    document_folder,
    scratch_errors,
    write_all,
)
from pdf_security_processor.secret_files import Password, read_passwords, read_recipient_key
from pdf_security_processor.termination import sigterm_raised
from pdf_security_processor.text import described
from pdf_security_processor.verdict import report_of
from pdf_security_processor.worker_process import Start, Worker


@dataclass(frozen=True)
class Paths:
    """Where the pod's mounts are; other places are for the local command line and tests."""

    secrets: Path = Path(SECRETS_PATH)
    scratch: Path = Path(SCRATCH_PATH)
    termination_message: Path = Path(TERMINATION_MESSAGE_PATH)


def run(
    request: Request,
    paths: Paths,
    *,
    start_worker: Start | None = None,
    log: structlog.typing.FilteringBoundLogger | None = None,
) -> int:
    """Process one document from its source to its sink, as the pod's first process.

    Args:
        request: what to do.
        paths: the pod's mounts.
        start_worker: starts the worker; one for this request where left out.
        log: the job's log.

    Returns:
        The process's exit status: an `ExitCode`, or 143 after SIGTERM.
    """
    log = log or job_log(request.owner)
    try:
        with sigterm_raised():
            start = start_worker or fresh_for(request.operations)
            summary = process(request, paths, start, log)
    except TerminationError as termination:
        log.warning("document.terminated", signal="SIGTERM")
        return termination.exit_status
    write_termination_message(paths.termination_message, summary.to_termination_message(), log)
    return summary.exit_code


def process(
    request: Request,
    paths: Paths,
    start_worker: Start,
    log: structlog.typing.FilteringBoundLogger,
) -> Summary:
    """Process one document from its source to its sink, in any thread; tell what came of it."""
    started = time.monotonic()
    outcome = Outcome()
    _process(request, paths, start_worker, outcome, log, started)
    seconds = time.monotonic() - started
    if outcome.failure:
        code = outcome.exit_code
        log.error(
            "document.failed", reason=code.reason, exit_code=int(code), message=outcome.message
        )
    else:
        log.info("document.succeeded", seconds=round(seconds, 3))
    return summary_of(outcome, request, seconds)


def write_termination_message(
    path: Path, message: str, log: structlog.typing.FilteringBoundLogger
) -> None:
    """Write what the kubelet reads. A failure is logged only: the exit code says what matters."""
    try:
        path.write_text(message)
    except OSError as error:
        log.warning("termination_message.failed", error=os.strerror(error.errno or 0))


def _process(
    request: Request,
    paths: Paths,
    start_worker: Start,
    outcome: Outcome,
    log: structlog.typing.FilteringBoundLogger,
    started: float,
) -> None:
    try:
        with ExitStack() as stack:
            folder = stack.enter_context(document_folder(paths.scratch, request.owner.uid))
            context = stack.enter_context(
                closing(
                    stores.StoreContext(paths.secrets, folder, request.owner.uid, request.limits)
                )
            )
            with _failures_kept(outcome, log):
                _Document(request, context, start_worker, outcome, log).process()
            if request.report:
                with _failures_kept(outcome, log):
                    report = document_report_of(outcome, request, time.monotonic() - started)
                    content = (json.dumps(report.to_json_dict(), indent=1) + "\n").encode()
                    stores.put(request.report, io.BytesIO(content), context)
                    outcome.report_stored = True
                    log.info("report.stored", location=location_of(request.report))
    except ProcessorError as error:
        outcome.failure = outcome.failure or error


class _Document:
    """The steps of one document, in the order of `process`."""

    def __init__(
        self,
        request: Request,
        context: stores.StoreContext,
        start_worker: Start,
        outcome: Outcome,
        log: structlog.typing.FilteringBoundLogger,
    ) -> None:
        self._request = request
        self._context = context
        self._start_worker = start_worker
        self._outcome = outcome
        self._log = log

    def process(self) -> None:
        """Do everything but the report."""
        request = self._request
        check_request(request)
        folder, has_output = self._context.scratch, request.output is not None
        with document_files(folder, has_output=has_output) as (source, readable, output):
            # At once: it takes as long as a download.
            written = output.fileno() if output else None
            with self._start_worker(request.limits, readable, written) as worker:
                # All that is mounted is read before anything takes time.
                passwords = read_passwords(self._context.secrets, request.operations)
                key = read_recipient_key(self._context.secrets, request.operations)
                places = (request.input, request.output, request.report)
                stores.connect((place for place in places if place), self._context)
                self._refuse_early()
                self._download(source)
                message = ControlMessage(
                    request.operations, passwords, request.limits, request.on_signature
                )
                is_locked = self._work(worker, message)
            if is_locked:
                self._unlock(readable, message, key)
                if output:
                    # The first may have written to it, whatever it said.
                    output.truncate(0)
                with self._start_worker(request.limits, readable, written) as worker:
                    self._work(worker, replace(message, unlocked=True))
            looks = Looks(request, readable, passwords, self._outcome, self._log)
            looks.judge_signatures()
            if request.verify and output:
                looks.compare(request.verify, folder / "output")
            if request.output and output:
                self._lock(output, message)
                self._upload(request.output, output)

    def _refuse_early(self) -> None:
        for sink in (self._request.output, self._request.report):
            if sink:
                stores.refuse_existing(sink, self._context)

    def _download(self, target: IO[bytes]) -> None:
        request, began = self._request, time.monotonic()
        location = str(request.input)
        self._log.info("download.started", location=location)
        digest, count = hashlib.sha256(), 0
        with stores.open_source(request.input, self._context) as chunks:
            for chunk in chunks:
                count += len(chunk)
                if count > request.limits.input_bytes:
                    raise InputTooLargeError(request.limits.input_bytes)
                digest.update(chunk)
                with scratch_errors(self._context.scratch.parent):
                    write_all(target, chunk)
        if count == 0:
            raise InputEmptyError(f"The input {location} is empty.")
        self._outcome.input = FileFacts(bytes=count, sha256=digest.hexdigest())
        self._log.info(
            "download.finished", bytes=count, sha256=digest.hexdigest(), seconds=_since(began)
        )

    def _work(self, worker: Worker, message: ControlMessage) -> bool:
        """Have the worker do it; tell whether it could not for an encryption that others know."""
        began = time.monotonic()
        self._outcome.seal = worker.sealed()
        self._check(self._outcome.seal)
        ended = worker.run(message)
        self._outcome.peak_memory_bytes = ended.peak_memory_bytes
        self._log.info(
            "worker.finished",
            status=ended.status,
            timed_out=ended.timed_out,
            seconds=_since(began),
            peak_memory_bytes=ended.peak_memory_bytes,
        )
        try:
            self._outcome.worker = report_of(ended, self._request)
        except UnsupportedEncryptionError:
            if self._outcome.unlocked or not any(each.decrypt for each in message.operations):
                raise
            return True
        return False

    def _unlock(self, readable: int, message: ControlMessage, key: Password | None) -> None:
        began = time.monotonic()
        folder = self._context.scratch
        self._outcome.unlocked = unlock(readable, folder, message, key, self._check)
        self._log.info("document.unlocked", seconds=_since(began))

    def _lock(self, output: IO[bytes], message: ControlMessage) -> None:
        began = time.monotonic()
        if lock(output.fileno(), self._context.scratch, message, self._check):
            self._log.info("document.locked", seconds=_since(began))

    def _check(self, seal: Seal | None) -> None:
        check_seal(seal, self._request.require_complete_seal)

    def _upload(self, sink: Sink, output: IO[bytes]) -> None:
        began = time.monotonic()
        facts = check_output(output, self._request.limits.output_bytes)
        output.seek(0)
        stores.put(sink, output, self._context)
        pages = self._outcome.worker.output_pages
        self._outcome.output = facts.model_copy(update={"pages": pages})
        self._log.info(
            "upload.finished",
            location=location_of(sink),
            bytes=facts.bytes,
            sha256=facts.sha256,
            seconds=_since(began),
        )


@contextmanager
def _failures_kept(outcome: Outcome, log: structlog.typing.FilteringBoundLogger) -> Iterator[None]:
    """Keep the first failure: what fails later, such as storing the report, must not mask it."""
    try:
        yield
    except ProcessorError as error:
        if outcome.failure:
            log.warning("report.failed", reason=error.exit_code.reason, message=error.message)
        outcome.failure = outcome.failure or error
    except Exception as error:
        internal = InternalError(f"The processor failed: {described(error)}.")
        outcome.failure = outcome.failure or internal


def _since(began: float) -> float:
    return round(time.monotonic() - began, 4)
