"""One watch on its way through the proxy: what a test may do to it while it streams."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

from aiohttp import web

GATHER_SECONDS = 0.3
"""Events that come within so long of one another are put into another order."""


class WatchStream:
    """A watch; made and used by the proxy's loop, except where it is said otherwise."""

    def __init__(self, path: str, request: web.BaseRequest, answer: web.StreamResponse) -> None:
        self.path = path
        self.is_silent = False
        """Nothing more is forwarded, and the connection stays."""
        self.shuffles = False
        """Each event comes twice, and in no order."""
        self.events = 0
        """How many lines were forwarded."""
        self._request = request
        self._answer = answer
        self._gathered: list[bytes] = []
        self._flusher: asyncio.Task[None] | None = None

    async def forward(self, line: bytes) -> None:
        """Pass a line of the server on, as it is or not at all."""
        if self.is_silent:
            return
        if not self.shuffles:
            await self._write(line)
            return
        self._gathered += [line, line]
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())

    async def inject(self, event: dict[str, Any]) -> None:
        """Write an event that the server never sent."""
        await self._write(json.dumps(event).encode() + b"\n")

    def reset(self) -> None:
        """Break the connection, with no word of farewell."""
        if isinstance(self._request.transport, asyncio.Transport):
            self._request.transport.abort()

    async def until_flushed(self) -> None:
        """Return when nothing is held back."""
        if self._flusher:
            await self._flusher

    async def _flush(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        gathered, self._gathered = self._gathered, []
        random.shuffle(gathered)
        for line in gathered:
            await self._write(line)

    async def _write(self, line: bytes) -> None:
        self.events += 1
        await self._answer.write(line)
