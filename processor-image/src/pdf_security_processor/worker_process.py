"""The broker's side of the worker: starts it, hands it its message, waits, and ends it.

Everything that comes from the worker is untrusted, and leaves here as bytes.
"""

import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from pdf_security_processor.contract import Limits, Seal
from pdf_security_processor.contract.report import WORKER_REPORT_BYTES
from pdf_security_processor.control import ControlMessage
from pdf_security_processor.errors import InternalError

WORKER_COMMAND = (sys.executable, "-I", "-m", "pdf_security_processor.worker")
"""A fresh, isolated interpreter: nothing of the broker's memory, environment or working folder."""

_READ_BYTES = 64 * 1024

_SEAL_SECONDS = 60.0
"""For a worker to start and seal itself, on a node that has little time for it."""

_SEAL_BYTES = 256


@dataclass(frozen=True)
class Ended:
    """How a worker ended.

    Attributes:
        status: exit status, or a signal's number negated.
        untrusted_report: what it wrote, at most one byte more than `WORKER_REPORT_BYTES`.
        timed_out: whether it was killed at its deadline.
        peak_memory_bytes: its largest resident size.
    """

    status: int
    untrusted_report: bytes
    timed_out: bool
    peak_memory_bytes: int


class WorkerProcess:
    """A running worker. Leaving the `with` block kills it if it still runs."""

    def __init__(
        self,
        limits: Limits,
        input_fd: int,
        output_fd: int | None,
        command: Sequence[str] = WORKER_COMMAND,
    ) -> None:
        """Start it at once: importing takes as long as a download.

        Args:
            limits: bounds that it puts on itself, and the deadline.
            input_fd: descriptor of the scratch input, readable only.
            output_fd: descriptor of the empty scratch output, readable and writable.
            command: the program and its first arguments.
        """
        self._limits = limits
        self._report, report_end = os.pipe()
        arguments = [
            *command,
            f"--broker={os.getpid()}",
            f"--input={input_fd}",
            f"--report={report_end}",
            f"--limits={limits.model_dump_json(by_alias=True)}",
        ]
        descriptors = [input_fd, report_end]
        if output_fd is not None:
            arguments.append(f"--output={output_fd}")
            descriptors.append(output_fd)
        try:
            self._process = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                # What it prints could quote the document or a password into the pod's log.
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=descriptors,
                env={},
                cwd="/",
                start_new_session=True,
            )
        except BaseException:
            os.close(self._report)
            raise
        finally:
            os.close(report_end)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._kill()
        self._process.wait()
        with suppress(OSError):
            if self._process.stdin:
                self._process.stdin.close()
        os.close(self._report)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def sealed(self) -> Seal | None:
        """Wait until the worker has sealed itself; return what holds, None where it ended instead.

        It has read nothing of the document by then: its word is its own.

        Raises:
            InternalError: it lives, and does not say so.
        """
        deadline = time.monotonic() + _SEAL_SECONDS
        line = bytearray()
        while not line.endswith(b"\n"):
            # Byte by byte: what follows the line is the report's.
            piece = self._read(1, deadline)
            if piece == b"":
                return None
            if piece is None or len(line) == _SEAL_BYTES:
                raise InternalError("The worker did not seal itself; nothing was handed to it.")
            line += piece
        try:
            return Seal.model_validate_json(line)
        except ValidationError:
            raise InternalError("The worker's seal cannot be understood.") from None

    def run(self, message: ControlMessage) -> Ended:
        """Hand over the message, and wait until the worker ended or its deadline passed."""
        deadline = time.monotonic() + self._limits.worker_seconds
        self._send(message)
        report, timed_out = self._read_report(deadline)
        if not timed_out and len(report) <= WORKER_REPORT_BYTES:
            try:
                self._process.wait(timeout=max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                timed_out = True
        # It may not write more, nor live on, after its report or its deadline.
        self._kill()
        status = self._process.wait()
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        return Ended(status, report, timed_out, peak)

    def _send(self, message: ControlMessage) -> None:
        # A worker that is gone already tells more by its status than by the broken pipe.
        with suppress(BrokenPipeError):
            if self._process.stdin:
                try:
                    self._process.stdin.write(message.to_bytes())
                    self._process.stdin.flush()
                finally:
                    self._process.stdin.close()

    def _read_report(self, deadline: float) -> tuple[bytes, bool]:
        report = bytearray()
        while len(report) <= WORKER_REPORT_BYTES:
            room = WORKER_REPORT_BYTES + 1 - len(report)
            piece = self._read(min(_READ_BYTES, room), deadline)
            if piece is None:
                return bytes(report), True
            if not piece:
                break
            report += piece
        return bytes(report), False

    def _read(self, count: int, deadline: float) -> bytes | None:
        """Read what there is, when there is something; None where there was nothing in time."""
        poll = select.poll()
        poll.register(self._report, select.POLLIN)
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            return None
        return os.read(self._report, count)

    def _kill(self) -> None:
        if self._process.poll() is None:
            # Its own session is its own group: what it might have started goes too.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
