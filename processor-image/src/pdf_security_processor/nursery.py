"""Workers for many documents: forked from one warm parent, which imported all and read nothing.

A fork is there in milliseconds, where an interpreter takes a fifth of a second. What that costs:
all workers of one parent have their memory laid out alike, so that whoever took one over knows
where things are in the next. A pod has one document and takes a fresh worker.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self

from pdf_security_processor.contract import Limits
from pdf_security_processor.errors import InternalError
from pdf_security_processor.worker_process import Worker, start_apart

_COMMAND = (sys.executable, "-I", "-m", "pdf_security_processor.warm_parent")

_ANSWER_BYTES = 64
"""More than a process id, or a status and a size, in digits."""


class Nursery:
    """A running warm parent. Leaving the `with` block kills it, and all its workers with it."""

    def __init__(self, *, draws: bool = False) -> None:
        """Start it, from a thread that lives as long: the kernel ends it with that thread.

        Args:
            draws: whether its workers draw pages.
        """
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        try:
            self._process = start_apart(
                [*_COMMAND, str(os.getpid()), str(theirs.fileno()), str(int(draws))],
                [theirs.fileno()],
                subprocess.DEVNULL,
            )
        except BaseException:
            self._socket.close()
            raise
        finally:
            theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._socket.close()

    @property
    def pid(self) -> int:
        """Process id of the warm parent."""
        return self._process.pid

    def start(self, limits: Limits, input_fd: int, output_fd: int | None) -> Worker:
        """Have a worker forked; a `worker_process.Start`, for any thread.

        Raises:
            InternalError: the warm parent is gone.
        """
        with ExitStack() as handed_over, ExitStack() as kept:
            orders_end, orders = os.pipe()
            report, report_end = os.pipe()
            ending, ending_end = os.pipe()
            for descriptor in (orders_end, report_end, ending_end):
                handed_over.callback(os.close, descriptor)
            for descriptor in (orders, report, ending):
                kept.callback(os.close, descriptor)
            descriptors = [orders_end, report_end, ending_end, input_fd]
            if output_fd is not None:
                descriptors.append(output_fd)
            pid, process_fd = self._forked(limits, descriptors)
            kept.pop_all()
            return Worker(_Forked(pid, process_fd, ending), orders, report, limits)

    def _forked(self, limits: Limits, descriptors: list[int]) -> tuple[int, int]:
        order = limits.model_dump_json(by_alias=True).encode()
        try:
            with self._lock:
                socket.send_fds(self._socket, [order], descriptors)
                answer, received, _, _ = socket.recv_fds(self._socket, _ANSWER_BYTES, 1)
        except OSError as error:
            raise InternalError("The parent of all workers is gone.") from error
        if not received:
            raise InternalError("The parent of all workers could not make another.")
        return int(answer), received[0]


class _Forked:
    """A child of the warm parent, which tells of its end."""

    def __init__(self, pid: int, process_fd: int, ending: int) -> None:
        self.pid = pid
        self._process_fd = process_fd
        self._ending = ending
        self._ended: tuple[int, int] | None = None

    def wait(self, seconds: float | None) -> tuple[int, int] | None:
        if self._ended is None:
            poll = select.poll()
            poll.register(self._ending, select.POLLIN)
            if not poll.poll(None if seconds is None else seconds * 1000):
                return None
            status, _, peak_bytes = os.read(self._ending, _ANSWER_BYTES).decode().partition(" ")
            # Nothing is said only when the warm parent was killed, and its children with it.
            self._ended = (int(status or -signal.SIGKILL), int(peak_bytes or 0))
            os.close(self._ending)
            os.close(self._process_fd)
        return self._ended

    def kill(self) -> None:
        if self._ended is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process_fd, signal.SIGKILL)
