"""Rounds, in which what nobody waits for is done together: the process is woken once for it."""

import asyncio


def seconds_to_round(length: float) -> float:
    """Seconds until the next multiple of so many, on the event loop's clock."""
    return length - asyncio.get_running_loop().time() % length


async def next_round(length: float) -> None:
    """Wait until then."""
    await asyncio.sleep(seconds_to_round(length))
