"""Starts, reaps and restarts the node's components, for process 1. Knows nothing of Kubernetes."""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from typing import IO

from cluster.commands import Command
from cluster.errors import StartFailedError
from cluster.layout import Layout

LOG_LINES = 15
"""Last lines of a dead component's log that go into the message."""

BACKOFF = 1.0
"""Seconds between a death and the restart, so that a crash loop does not take a core."""

POLL = 0.05
"""Seconds between two looks while waiting; short, because these add up to the start time."""


class Supervisor:
    """The parent of every process of the node, orphans included."""

    def __init__(self, layout: Layout, search_path: str) -> None:
        self._layout = layout
        # Nothing inherited: a proxy variable would send the components' calls to a proxy.
        self._environment = {"PATH": search_path, "HOME": str(layout.state), "LANG": "C.UTF-8"}
        self._running: dict[int, Command] = {}
        self._handles: dict[int, tuple[subprocess.Popen[bytes], IO[bytes]]] = {}
        self._deaths: Counter[str] = Counter()
        self.failure = ""

    def start(self, command: Command) -> None:
        """Start a component with its output in its log."""
        log = self._layout.log_of(command.name).open("ab")
        process = subprocess.Popen(
            command.arguments,
            cwd=self._layout.state,
            env={**self._environment, **command.environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        self._running[process.pid] = command
        self._handles[process.pid] = (process, log)

    def run(self, arguments: list[str]) -> None:
        """Run a short program to its end."""
        done = subprocess.run(
            arguments, env=self._environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise StartFailedError(
                f"`{' '.join(arguments)}` failed: {(done.stderr or done.stdout).strip()}",
                "the log of init shows what went before: `python -m cluster logs init`",
            )

    def wait_for(self, what: str, condition: Callable[[], bool], seconds: float) -> None:
        """Wait until something holds, while noticing deaths."""
        until = time.monotonic() + seconds
        while not condition():
            self._reap(os.WNOHANG)
            if self.failure:
                raise StartFailedError(self.failure, "see `python -m cluster logs COMPONENT`")
            if time.monotonic() > until:
                raise StartFailedError(
                    f"{what}: not within {seconds:.0f} s",
                    f"the logs are in {self._layout.logs}",
                )
            time.sleep(POLL)

    def tend(self) -> None:
        """Wait for the next death of any process and act on it."""
        self._reap(0)

    def fail(self, message: str) -> None:
        """Record that the cluster is unusable, whole or not at all; the first cause counts."""
        if not self.failure:
            self.failure = message
            temporary = self._layout.failed.with_suffix(".new")
            temporary.write_text(message + "\n")
            temporary.replace(self._layout.failed)

    def _reap(self, options: int) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, options)
            except ChildProcessError:
                time.sleep(BACKOFF)
                return
            if pid == 0:
                return
            command = self._running.pop(pid, None)
            if command:
                process, log = self._handles.pop(pid)
                process.returncode = os.waitstatus_to_exitcode(status)
                log.close()
                self._bury(command, process.returncode)
            if options == 0:
                return

    def _bury(self, command: Command, code: int) -> None:
        self._deaths[command.name] += 1
        deaths = self._deaths[command.name]
        if deaths > command.restarts:
            ended = f"{command.name} ended with {code} (death {deaths}); its last words:\n"
            self.fail(ended + self._last_words(command.name))
            return
        with self._layout.restarts.open("a") as file:
            file.write(f"{time.time():.0f} {command.name} ended with {code}, restarted\n")
        time.sleep(BACKOFF)
        self.start(command)

    def _last_words(self, component: str) -> str:
        text = self._layout.log_of(component).read_text(errors="replace")
        return "\n".join(text.splitlines()[-LOG_LINES:])
