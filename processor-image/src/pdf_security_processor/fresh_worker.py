"""Starts a worker as a program of its own: a fresh interpreter for one document."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial

from pdf_security_processor.contract import Limits, Operation
from pdf_security_processor.worker_process import Start, Worker, start_apart

COMMAND = (sys.executable, "-I", "-m", "pdf_security_processor.worker")
"""Nothing of the broker's memory, environment or working folder."""


def starter_of(command: Sequence[str]) -> Start:
    """Give what starts workers of a program.

    Args:
        command: the program and its first arguments.
    """
    return partial(_start, command)


def _start(command: Sequence[str], limits: Limits, input_fd: int, output_fd: int | None) -> Worker:
    report, report_end = os.pipe()
    orders_end, orders = os.pipe()
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
        process = start_apart(arguments, descriptors, orders_end)
    except BaseException:
        os.close(report)
        os.close(orders)
        raise
    finally:
        os.close(report_end)
        os.close(orders_end)
    return Worker(_Child(process), orders, report, limits)


class _Child:
    """A child of this process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._peak_bytes = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait(self, seconds: float | None) -> tuple[int, int] | None:
        if self._process.returncode is None:
            if seconds is not None and not self._ends_within(seconds):
                return None
            # Not `Popen.wait`: it does not tell what the process took.
            _, status, usage = os.wait4(self._process.pid, 0)
            self._process.returncode = os.waitstatus_to_exitcode(status)
            self._peak_bytes = usage.ru_maxrss * 1024
        return self._process.returncode, self._peak_bytes

    def kill(self) -> None:
        if self._process.returncode is None:
            # Its own session is its own group: what it might have started goes too.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _ends_within(self, seconds: float) -> bool:
        descriptor = os.pidfd_open(self._process.pid)
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            return bool(poll.poll(seconds * 1000))
        finally:
            os.close(descriptor)


def fresh_for(operations: Iterable[Operation]) -> Start:
    """Give what starts the worker that a pod has."""
    draws = any(operation.draws_pages for operation in operations)
    return starter_of((*COMMAND, "--draws") if draws else COMMAND)
