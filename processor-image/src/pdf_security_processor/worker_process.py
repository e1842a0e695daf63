"""The broker's side of a worker: hands it its message, waits, and ends it.

Everything that comes from the worker is untrusted, and leaves here as bytes.
"""

import os
import select
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from pydantic import ValidationError

from pdf_security_processor.contract import Limits, Seal
from pdf_security_processor.contract.report import WORKER_REPORT_BYTES
from pdf_security_processor.control import ControlMessage
from pdf_security_processor.errors import InternalError

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


def start_apart(
    arguments: Sequence[str], descriptors: Sequence[int], stdin: int
) -> subprocess.Popen[bytes]:
    """Start a program that has nothing of the broker's but these descriptors.

    Its session is its own, and with it its group of processes.
    """
    return subprocess.Popen(
        arguments,
        stdin=stdin,
        # What it prints could quote the document or a password into the pod's log.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=descriptors,
        env={},
        cwd="/",
        start_new_session=True,
    )


class Process(Protocol):
    """A process of which the end can be waited for, whoever its parent is."""

    @property
    def pid(self) -> int:
        """Process id."""

    def wait(self, seconds: float | None) -> tuple[int, int] | None:
        """Give status and largest resident size (bytes); None where it still runs after so long."""

    def kill(self) -> None:
        """End it and what it may have started; nothing where it ended."""


class Worker:
    """A running worker. Leaving the `with` block kills it if it still runs."""

    def __init__(self, process: Process, orders: int, report: int, limits: Limits) -> None:
        """Take over the two descriptors.

        Args:
            process: the worker's.
            orders: where its message is written to.
            report: where its words are read from.
            limits: bounds that it puts on itself, and the deadline.
        """
        self._process = process
        self._orders: int | None = orders
        self._report = report
        self._limits = limits

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait(None)
        self._close_orders()
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
        self.hand_over(message.to_bytes())
        report, timed_out = self._read_report(deadline)
        ended = None
        if not timed_out and len(report) <= WORKER_REPORT_BYTES:
            ended = self._process.wait(max(0.0, deadline - time.monotonic()))
            timed_out = ended is None
        # It may not write more, nor live on, after its report or its deadline.
        self._process.kill()
        status, peak = ended or self._process.wait(None) or (0, 0)
        return Ended(status, report, timed_out, peak)

    def hand_over(self, orders: bytes) -> None:
        """Give the process its orders, which are all that it is ever told.

        Args:
            orders: no more than a pipe holds, so that they are taken at once.
        """
        # A worker that is gone already tells more by its status than by the broken pipe.
        with suppress(BrokenPipeError):
            try:
                if self._orders is not None:
                    os.write(self._orders, orders)
            finally:
                self._close_orders()

    def read_exactly(self, count: int, deadline: float) -> bytes | None:
        """Read so many bytes of what it says; None where they did not come until the deadline."""
        data = bytearray()
        while len(data) < count:
            piece = self._read(min(_READ_BYTES, count - len(data)), deadline)
            if not piece:
                return None
            data += piece
        return bytes(data)

    def _close_orders(self) -> None:
        if self._orders is not None:
            os.close(self._orders)
            self._orders = None

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


Start = Callable[[Limits, int, int | None], Worker]
"""Starts a worker: its bounds; descriptors of the scratch input, which is readable only, and of the
empty scratch output, readable and writable, where one is wanted."""
