"""One shell, as a reader has it open while following a page. Judges nothing."""

from __future__ import annotations

import os
import re
import select
import shlex
import signal
import subprocess
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Typed:
    """What came of a command: its status (None where it did not end in time), all it printed."""

    status: int | None
    printed: str
    seconds: float


class Shell:
    """A running shell. Leaving the `with` block ends it, and all that it started."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def type(self, text: str, seconds: float, *, on_a_terminal: bool = False) -> Typed:
        """Type commands, and wait until the shell takes the next.

        The status is that of the last that failed: one line must not hide what came of another. On
        a terminal, what is printed is without its colours.
        """
        began = time.monotonic()
        if on_a_terminal:
            text = f"script --quiet --return --command {shlex.quote(text)} /dev/null"
        mark = f"ended-{uuid.uuid4().hex}"
        assert self._process.stdin
        # Its own input is the shell's, which is where the next command comes from.
        typed = (
            "docs_check_status=0; trap 'docs_check_status=$?' ERR\n"
            f"{{\n{text}\n}} </dev/null\n"
            f"trap - ERR; printf '\\n%s %s\\n' {mark} $docs_check_status\n"
        )
        self._process.stdin.write(typed.encode())
        self._process.stdin.flush()
        output = self._read_until(mark, began + seconds)
        printed, _, status = output.partition(f"\n{mark} ")
        number = int(status) if status.strip() else None
        return Typed(number, _COLOURS.sub("", printed), time.monotonic() - began)

    def _read_until(self, mark: str, deadline: float) -> str:
        assert self._process.stdout
        descriptor, output = self._process.stdout.fileno(), b""
        while mark.encode() not in output or not output.endswith(b"\n"):
            ready, _, _ = select.select([descriptor], [], [], max(0, deadline - time.monotonic()))
            piece = os.read(descriptor, 65536) if ready else b""
            if not piece:
                break
            output += piece
        return output.decode(errors="replace")
