"""The process that all workers of a `nursery` are forked from.

It imports what they need, and after that does nothing but fork and wait: it reads no document, no
password and no report.
"""

import gc
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from typing import NoReturn

from pdf_security_processor import worker
from pdf_security_processor.contract import Limits
from pdf_security_processor.kernel import prctl
from pdf_security_processor.sandbox import PR_SET_PDEATHSIG
from pdf_security_processor.worker_setup import prepare, set_up

_ORDER_BYTES = 4096

_DESCRIPTORS = 5
"""Of orders, report, ending, input and output."""


def main(arguments: list[str]) -> int:
    """Fork a worker for each order, until the broker is gone; return 0 then."""
    broker, channel_fd, draws = map(int, arguments)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != broker:
        return 0
    set_up()
    prepare(draws=bool(draws))
    # What is there by now is never freed: children need not copy it to look at it.
    gc.collect()
    gc.freeze()
    endings: dict[int, tuple[int, int]] = {}
    poll = select.poll()
    with socket.socket(fileno=channel_fd) as channel:
        poll.register(channel, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor in endings:
                    poll.unregister(descriptor)
                    _tell_ending(descriptor, *endings.pop(descriptor))
                    continue
                order, descriptors, _, _ = socket.recv_fds(channel, _ORDER_BYTES, _DESCRIPTORS)
                if not order:
                    return 0
                try:
                    pid, process_fd, ending = _forked(order, descriptors)
                except OSError:
                    # No process or descriptor is left: this document fails, others may not.
                    channel.send(b"-")
                    continue
                endings[process_fd] = (pid, ending)
                poll.register(process_fd, select.POLLIN)
                socket.send_fds(channel, [b"%d" % pid], [process_fd])


def _forked(order: bytes, descriptors: list[int]) -> tuple[int, int, int]:
    """Fork one worker; give its process id, a descriptor of it, and where its end is told."""
    orders, report, ending, input_fd, *output = descriptors
    bounds = Limits.model_validate_json(order)
    parent = os.getpid()
    try:
        pid = os.fork()
        if pid == 0:
            _be_worker(bounds, parent, orders, report, input_fd, output[0] if output else None)
        return pid, os.pidfd_open(pid), ending
    except OSError:
        os.close(ending)
        raise
    finally:
        for descriptor in (orders, report, input_fd, *output):
            os.close(descriptor)


def _be_worker(
    bounds: Limits, parent: int, orders: int, report: int, input_fd: int, output_fd: int | None
) -> NoReturn:
    status = 1
    try:
        os.setsid()
        os.dup2(orders, 0)
        status = worker.work(bounds, parent, input_fd, output_fd, report, _nothing)
    finally:
        # Not a step back into the parent's loop, whatever is raised.
        os._exit(status)


def _nothing() -> None:
    """Load nothing more: the warm parent has."""


def _tell_ending(process_fd: int, pid: int, ending: int) -> None:
    _, status, usage = os.wait4(pid, 0)
    os.close(process_fd)
    # Nobody may be there any more to be told.
    with suppress(BrokenPipeError):
        os.write(ending, b"%d %d" % (os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024))
    os.close(ending)


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))
