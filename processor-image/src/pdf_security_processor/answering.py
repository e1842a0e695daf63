"""Answers the one thing that a sealed process is asked: its own side."""

from __future__ import annotations

import io
import logging
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable
from typing import Any

from pdf_security_processor import sandbox
from pdf_security_processor.contract import Limits
from pdf_security_processor.control import framed, read_order
from pdf_security_processor.scratch import write_all
from pdf_security_processor.worker_arguments import parse
from pdf_security_processor.worker_setup import load


def answer(
    arguments: list[str],
    modules: Iterable[str],
    answer_of: Callable[[dict[str, Any], Namespace], bytes],
) -> None:
    """Seal this process, then answer what comes over standard input, if anything does.

    Args:
        arguments: of the command line.
        modules: that are imported when they are first needed, and so before the seal.
        answer_of: makes the answer of the order and the arguments.
    """
    given = parse(arguments)
    descriptors = {0, 1, 2, given.input, given.report}
    if given.output is not None:
        descriptors.add(given.output)
    bounds = Limits.model_validate_json(given.limits)
    seal = sandbox.seal(bounds, descriptors, given.broker, lambda: prepare(modules))
    with io.FileIO(given.report, "w", closefd=False) as pipe:
        write_all(pipe, seal.model_dump_json(by_alias=True).encode() + b"\n")
        order = read_order(sys.stdin.buffer)
        if order is not None:
            write_all(pipe, framed(answer_of(order, given)))


def prepare(modules: Iterable[str]) -> None:
    """Let Python open now what it opens when it first needs it."""
    load(modules)
    # It would quote the document to nobody, and read its own source for that.
    logging.disable()
