"""What SIGTERM does to the broker: an exception, so that every `with` block cleans up. No work."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pdf_security_processor.errors import TerminationError


@contextmanager
def sigterm_raised() -> Iterator[None]:
    """Raise `TerminationError` in the block when the first SIGTERM comes; ignore those after it."""

    def terminate(number: int, frame: FrameType | None) -> None:
        # A second one must not interrupt the cleaning up that the first began.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise TerminationError

    previous = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


@contextmanager
def sigterm_deferred() -> Iterator[None]:
    """Let a SIGTERM that comes in the block take effect at its end, not in its middle."""
    if threading.current_thread() is not threading.main_thread():
        # Signals meet the main thread only.
        yield
        return
    came = False

    def remember(number: int, frame: FrameType | None) -> None:
        nonlocal came
        came = True

    previous = signal.signal(signal.SIGTERM, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
        if came:
            signal.raise_signal(signal.SIGTERM)
