"""The processor's log: one JSON object a line on standard error.

Never a secret, never a string or stream of a document. A failure's message may name a key of it,
printable and cut.
"""

import sys
from typing import TextIO

import structlog

from pdf_security_processor.contract import Owner


def job_log(owner: Owner, stream: TextIO | None = None) -> structlog.typing.FilteringBoundLogger:
    """Make the log of one job; each line names it.

    Args:
        owner: the job.
        stream: standard error when none is given.
    """
    log: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(stream or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.EventRenamer("event"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
    )
    return log.bind(namespace=owner.namespace, name=owner.name, uid=owner.uid)
