"""One program that runs until it is told to end: started, signalled, measured. Knows no meaning."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cluster.errors import StartFailedError

LOG_LINES = 15
"""Last lines of a log that go into a message."""

POLL = 0.02
"""Seconds between two looks while waiting; it is the resolution of times that are measured."""

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Ending:
    """How a process ended that was asked to."""

    code: int
    """The exit code; of a signal that ended it, the negative."""
    seconds: float
    """From the signal to the end."""


class Process:
    """A program; it may be started again after its end.

    The kernel kills it when the thread that called `start` ends: call it from one that stays.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        folder: Path,
        log: Path,
        environment: Mapping[str, str],
    ) -> None:
        self.name = name
        self.log = log
        """What it writes to stdout and stderr, of all its lives."""
        self._arguments = list(arguments)
        self._folder = folder
        self._environment = dict(environment)
        self._handle: subprocess.Popen[bytes] | None = None
        self._started = 0.0

    @property
    def pid(self) -> int:
        """The process's number while it runs, or has not been waited for."""
        return self._running().pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended; a paused one runs."""
        return self._handle is not None and self._handle.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How its last life ended; None while it runs, or has never run."""
        return self._handle.poll() if self._handle else None

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._started

    def start(self) -> None:
        """Start it; does not wait for anything."""
        if self.is_running:
            raise RuntimeError(f"{self.name} runs already")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._started = time.monotonic()
            self._handle = subprocess.Popen(
                # It replaces itself by the program, so the number is the program's. `preexec_fn`
                # would do the same, and is not safe in a process of several threads.
                ["setpriv", "--pdeathsig", "KILL", *self._arguments],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """End it by SIGKILL, paused or not; no error if it has ended."""
        if self._handle:
            self._handle.kill()
            self._handle.wait()

    def terminate(self, seconds: float = 90) -> Ending:
        """Ask it to end, and wait until it has."""
        handle, begun = self._running(), time.monotonic()
        handle.terminate()
        try:
            code = handle.wait(seconds)
        except subprocess.TimeoutExpired as problem:
            raise TimeoutError(
                f"{self.name} did not end within {seconds:.0f} s of SIGTERM; its last words:\n"
                + self.last_words()
            ) from problem
        return Ending(code, time.monotonic() - begun)

    def pause(self) -> None:
        """Stop it where it stands; its connections stay, and nobody answers on them."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused one go on."""
        self._running().send_signal(signal.SIGCONT)

    def cpu_seconds(self) -> float:
        """Return the processor time of its present life."""
        # After the name, which is in parentheses and may hold anything, the third field comes
        # first: proc_pid_stat(5).
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    def rss_bytes(self) -> int:
        """Return the memory that it has now."""
        return self._status("VmRSS")

    def peak_rss_bytes(self) -> int:
        """Return the most memory that it had in its present life."""
        return self._status("VmHWM")

    def wait_until(self, condition: Callable[[], bool], seconds: float) -> float:
        """Wait until something holds while it lives; return its age then."""
        until = time.monotonic() + seconds
        while not condition():
            if not self.is_running:
                what = f"{self.name} ended with {self.exit_code}"
            elif time.monotonic() > until:
                what = f"{self.name} is not ready within {seconds:.0f} s"
            else:
                time.sleep(POLL)
                continue
            raise StartFailedError(
                f"{what}; its last words:\n{self.last_words()}", f"all of them: {self.log}"
            )
        return self.age

    def last_words(self) -> str:
        """Return the end of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_LINES:])

    def _status(self, field: str) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == field:
                return int(value.split()[0]) * 1024
        raise RuntimeError(f"{self.name} is a zombie")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._handle is None or self._handle.poll() is not None:
            raise RuntimeError(f"{self.name} does not run; its last words:\n{self.last_words()}")
        return self._handle
