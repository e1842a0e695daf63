"""Asks a sealed process one thing: the broker's side. What it answers is untrusted."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from pdf_security_processor.contract import Limits, Seal
from pdf_security_processor.control import FRAME_LENGTH, build_order
from pdf_security_processor.worker_process import Start

ANSWER_BYTES = 256 * 1024
"""Most that is heard."""


def answer_to(
    order: dict[str, Any],
    start: Start,
    limits: Limits,
    input_fd: int,
    output_fd: int | None,
    check: Callable[[Seal | None], None],
) -> bytes | None:
    """Start a process, ask it, and end it; None where no whole answer came in time.

    Args:
        order: what it is told; may hold a password.
        start: starts it.
        limits: that it puts on itself, and its deadline.
        input_fd: the document, readable.
        output_fd: an empty file, readable and writable, where one is wanted.
        check: called with what holds it before anything is handed to it; raises where that is too
            little.
    """
    deadline = time.monotonic() + limits.worker_seconds
    with start(limits, input_fd, output_fd) as process:
        check(process.sealed())
        process.hand_over(build_order(order))
        header = process.read_exactly(FRAME_LENGTH.size, deadline)
        (length,) = FRAME_LENGTH.unpack(header) if header else (ANSWER_BYTES + 1,)
        return process.read_exactly(length, deadline) if length <= ANSWER_BYTES else None
