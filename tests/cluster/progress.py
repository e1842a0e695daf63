"""Shows how far builds are: a live table on a terminal, plain lines elsewhere. No builds here."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table

EVERY = 30.0
"""Seconds between two plain lines about a running build, so that no one takes it for hung."""


class Progress:
    """What was cached, what is running since when, what is done."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._started: dict[str, float] = {}
        self._finished: dict[str, str] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._live: Live | None = None
        self._ticker: threading.Thread | None = None

    def say(self, message: str) -> None:
        """Print one line."""
        self._console.print(message)

    def cached(self, name: str) -> None:
        """Note a component that needs no building."""
        with self._lock:
            self._finished[name] = "cached"

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """Show one component as being built while the block runs."""
        start = time.monotonic()
        with self._lock:
            self._started[name] = start
        if not self._console.is_terminal:
            self.say(f"{name}: building")
        outcome = "failed"
        try:
            yield
            outcome = "built"
        finally:
            with self._lock:
                del self._started[name]
                self._finished[name] = f"{outcome} after {time.monotonic() - start:.0f} s"
            if not self._console.is_terminal:
                self.say(f"{name}: {self._finished[name]}")

    def __rich__(self) -> Table:
        table = Table("component", "state", box=None)
        with self._lock:
            for name, outcome in self._finished.items():
                table.add_row(name, outcome)
            for name, start in self._started.items():
                table.add_row(name, f"building, {time.monotonic() - start:.0f} s")
        return table

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._live = Live(
                console=self._console, get_renderable=self.__rich__, refresh_per_second=2
            )
            self._live.start()
        else:
            self._ticker = threading.Thread(target=self._tick, daemon=True)
            self._ticker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        if self._live:
            self._live.stop()
        if self._ticker:
            self._ticker.join()

    def _tick(self) -> None:
        while not self._stopped.wait(EVERY):
            with self._lock:
                running = dict(self._started)
            for name, start in running.items():
                self.say(f"{name}: still building, {time.monotonic() - start:.0f} s")
