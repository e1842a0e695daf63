"""Has a worker that was taken over try all it can, each time in a sealed process of its own.

`python -m processor.seal_probe` prints a table, and one line of JSON last; it exits with 1 where an
attempt succeeds that should not, or fails with nothing in its way. With `--json` it prints all that
was seen: attempt -> layers taken away -> what came of it. It needs root, to become the user that
pods run as.
"""

from __future__ import annotations

import errno
import itertools
import json
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from rich.console import Console
from rich.table import Table

from pdf_security_processor import kernel, sandbox
from pdf_security_processor.contract import Limits
from processor.seal_attempts import (
    ATTEMPTS,
    DESCRIPTORS,
    LANDLOCK,
    LIMITS,
    SECCOMP,
    Attempt,
    World,
)

NOBODY = 65534

REMOVED: dict[str, tuple[str, Any]] = {
    SECCOMP: ("seccomp.is_supported", lambda: False),
    LANDLOCK: ("landlock.restrict_self", lambda _: 0),
    LIMITS: ("sandbox._limit_resources", lambda _: None),
    DESCRIPTORS: ("sandbox._close_all_but", lambda _: None),
}
"""Layers of the seal: which function of the processor is replaced to take one away, and by what."""

BOUNDS = Limits(worker_memory_bytes=10**8, worker_seconds=20, output_bytes=1000)

KILLED, REFUSED, DONE = "killed", "refused", "done"

_REFUSALS = (errno.EPERM, errno.EACCES, errno.EAGAIN, errno.EBADF, errno.EFBIG, errno.EMFILE)

_EXITS = {0: DONE, 10: REFUSED}


Seen = dict[str, dict[str, str]]
"""What was seen: attempt -> layers taken away, joined by "+" -> what came of it."""


def main(arguments: list[str]) -> int:
    """Try everything, with the whole seal and with layers taken away; return the exit code."""
    with _world() as world:
        seen = {
            name: {
                "+".join(removed): _tried(attempt, removed, world) for removed in _choices(layers)
            }
            for name, (attempt, layers) in ATTEMPTS.items()
        }
    if arguments == ["--json"]:
        sys.stdout.write(json.dumps(seen, indent=1) + "\n")
        return 0
    wrong = {name: why for name in ATTEMPTS if (why := fault_of(name, seen[name]))}
    _print(seen, wrong)
    sys.stdout.write(json.dumps({"attempts": len(seen), "held": len(seen) - len(wrong)}) + "\n")
    return 1 if wrong else 0


def fault_of(attempt: str, tries: dict[str, str]) -> str:
    """Say what is wrong with what came of an attempt; nothing where all is as it should be."""
    layers = ATTEMPTS[attempt][1]
    if tries.get("+".join(layers)) != DONE:
        return "fails with nothing in its way, which proves nothing"
    # Where several layers stand in the way, each does alone.
    for removed in _choices(layers):
        if removed != layers and tries.get("+".join(removed)) not in (KILLED, REFUSED):
            return f"not stopped without {' and '.join(removed)}" if removed else "not stopped"
    return ""


def _print(seen: Seen, wrong: dict[str, str]) -> None:
    table = Table("attempt", "sealed", "layers, each enough", "without them", box=None)
    for name, tries in seen.items():
        layers = ATTEMPTS[name][1]
        cells = (name, tries[""], ", ".join(layers), tries["+".join(layers)])
        table.add_row(*cells, wrong.get(name, ""))
    Console(width=120).print(table)


def _choices(layers: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Give none, all, and all but each one."""
    yield ()
    yield from itertools.combinations(layers, len(layers) - 1) if len(layers) > 1 else ()
    yield layers


@contextmanager
def _world() -> Iterator[World]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seal-")))
        folder.chmod(0o777)
        (folder / "secret").write_text("secret")
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        kept = os.open(folder / "output", os.O_RDWR | os.O_CREAT)
        other = os.open(folder / "secret", os.O_RDONLY)
        broker = os.fork()
        if broker == 0:
            _be_broker()
        try:
            # Until it has become the other user and listens.
            time.sleep(0.5)
            yield World(folder, broker, listener.getsockname()[1], kept, other)
        finally:
            os.kill(broker, signal.SIGKILL)
            os.waitpid(broker, 0)


def _be_broker() -> None:
    """Stand for what is to be protected: a process of the same user that anybody may trace."""
    _become_nobody()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0seal-{os.getpid()}")
        listener.listen()
        signal.pause()
    os._exit(0)


def _become_nobody() -> None:
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    # Who changes its user cannot be traced by others of the new one, unless it says so.
    kernel.prctl(4, 1)


def _tried(attempt: Attempt, removed: tuple[str, ...], world: World) -> str:
    child = os.fork()
    if child == 0:
        # Nothing of the parent's is unwound here: it would end the broker.
        status = 1
        try:
            status = _try(attempt, removed, world)
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if -status == signal.SIGSYS:
        return KILLED
    return _EXITS.get(status, f"exit status {status}")


def _try(attempt: Attempt, removed: tuple[str, ...], world: World) -> int:
    _become_nobody()
    (world.folder / f"a-{os.getpid()}").touch()
    with ExitStack() as stack:
        for layer in removed:
            name, replacement = REMOVED[layer]
            stack.enter_context(mock.patch(f"pdf_security_processor.{name}", replacement))
        sandbox.seal(BOUNDS, {0, 1, 2, world.kept}, os.getppid(), prepare=_nothing)
        try:
            attempt(world)
        except (MemoryError, RuntimeError, ValueError):
            # How `bytearray`, `threading` and `resource` tell of a refusal.
            return 10
        except OSError as error:
            # Whatever else it says, the kernel has looked at what was asked.
            return 10 if error.errno in _REFUSALS else 0
    return 0


def _nothing() -> None:
    """Prepare nothing."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
