"""Watches: what comes together is taken in together, however much it is, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from pdf_security_operator.limiter import Limiter
from pdf_security_operator.metrics import Metrics
from pdf_security_operator.transport import Transport

Say = Callable[[web.StreamResponse], Awaitable[None]]

GATHER_SECONDS = 0.4


def line_of(number: int, padding: int = 0) -> bytes:
    """Give an event as a line of a watch."""
    filling = "x" * padding
    return b'{"type":"ADDED","object":{"number":%d,"filling":"%s"}}\n' % (number, filling.encode())


@asynccontextmanager
async def watched(say: Say) -> AsyncIterator[Transport]:
    """Give a transport to a server whose only answer is said by `say`."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await say(response)
        return response

    application = web.Application()
    application.router.add_get("/", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with aiohttp.ClientSession() as session:
            yield Transport(session, f"{site.name}", Limiter(1000, 1000), Metrics("0"))
    finally:
        await runner.cleanup()


async def batches_of(transport: Transport, gather_seconds: float) -> list[list[int]]:
    """Follow a watch to its end; give the numbers of what was taken in without a pause."""
    rounds, batches = _Rounds(), dict[int, list[int]]()
    async for event in transport.watch("/", "1", gather_seconds=gather_seconds):
        batches.setdefault(rounds.count, []).append(event["object"]["number"])
    rounds.end()
    return list(batches.values())


class _Rounds:
    """Counts the rounds of the event loop."""

    def __init__(self) -> None:
        self.count = 0
        self._handle = asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        self.count += 1
        self._handle = asyncio.get_running_loop().call_soon(self._next)

    def end(self) -> None:
        self._handle.cancel()


async def _one_by_one(response: web.StreamResponse) -> None:
    # Just after a multiple of the time: before the next there is enough of it for all.
    now = asyncio.get_running_loop().time()
    await asyncio.sleep(GATHER_SECONDS - now % GATHER_SECONDS + 0.01)
    for number in range(4):
        await response.write(line_of(number))
        await asyncio.sleep(0.02)


async def test_what_comes_within_the_time_is_taken_in_together() -> None:
    """Each step of each job would wake the process, which costs more than what there is to do."""
    async with watched(_one_by_one) as transport:
        assert await batches_of(transport, GATHER_SECONDS) == [[0, 1, 2, 3]]


async def test_what_may_not_wait_does_not() -> None:
    """A job would start later than it could."""
    async with watched(_one_by_one) as transport:
        assert len(await batches_of(transport, 0)) == 4


async def test_much_is_taken_in_as_fast() -> None:
    """A burst would be read a buffer at a time, and the server end the watch of who is slow."""

    async def say(response: web.StreamResponse) -> None:
        for number in range(300):
            await response.write(line_of(number, padding=10_000))

    async with watched(say) as transport:
        batches = await batches_of(transport, GATHER_SECONDS)
    assert [number for batch in batches for number in batch] == list(range(300))
    assert len(batches) <= 3
