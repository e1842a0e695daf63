"""Where lines of the audit log are kept: standard output, and files on a volume.

The only I/O of the audit log but its keys. A volume's files are one a chain, `CHAIN.jsonl`.
Nothing in them is ever changed or removed here.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

SUFFIX = ".jsonl"

RECENT_CHAINS = 16
"""Chains that are looked at when a process begins: of each replica the last, and some before."""

RECENT_BYTES = 1 << 20
"""Bytes of each that are read, from its end."""


class Sink(Protocol):
    """One place where lines go; each is used by one task."""

    name: str

    async def put(self, chain: str, lines: Sequence[bytes]) -> None:
        """Keep lines, all of them or none. Raises OSError when they cannot be kept now."""

    async def recent(self) -> list[bytes]:
        """Give lines that were kept last, of all processes. Raises OSError."""


class StandardOutput:
    """Among the process's own log; whoever collects that keeps it."""

    name = "stdout"

    def __init__(self, stream: BinaryIO = sys.stdout.buffer) -> None:
        self._stream = stream

    async def put(self, chain: str, lines: Sequence[bytes]) -> None:
        """Write lines at once, so that none of the log's comes between half of one."""
        self._stream.write(b"".join(line + b"\n" for line in lines))
        self._stream.flush()

    async def recent(self) -> list[bytes]:
        """Give nothing: what was written is gone."""
        return []


class Volume:
    """A folder of its own, which several replicas may share."""

    name = "volume"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, chain: str, lines: Sequence[bytes]) -> None:
        """Append lines; return when they are on the disk."""
        data = b"".join(line + b"\n" for line in lines)
        await asyncio.to_thread(_append, self._folder / f"{chain}{SUFFIX}", data)

    async def recent(self) -> list[bytes]:
        """Read the ends of the files that were written last."""
        return await asyncio.to_thread(_read_recent, self._folder)


def lines_of(path: Path) -> Iterator[bytes]:
    """Read the lines of a file, or of all files of a folder, each chain's in its order."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in files:
        if file.is_file():
            with file.open("rb") as opened:
                yield from opened


def _append(path: Path, data: bytes) -> None:
    is_new = not path.exists()
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o640)
    try:
        size = os.fstat(descriptor).st_size
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        except OSError:
            # Half a line would stand between those that come later.
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)
    if is_new:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_recent(folder: Path) -> list[bytes]:
    files = sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime, reverse=True)
    found: list[bytes] = []
    for file in files[:RECENT_CHAINS]:
        with file.open("rb") as opened:
            size = opened.seek(0, os.SEEK_END)
            opened.seek(max(0, size - RECENT_BYTES))
            found += opened
    return found
