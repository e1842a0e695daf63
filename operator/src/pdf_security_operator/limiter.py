"""A rate limiter for one event loop: a bucket of tokens, a line before it, and a stop for all.

Knows nothing of what it limits, and nothing of Kubernetes.
"""

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Callable

LONGEST_HOLD_SECONDS = 60.0
"""Seconds that one hold lasts at most, whatever a server asks for."""

JITTER = 0.2
"""Part of a hold over which those who waited come back, in place of all in one instant."""


class Limiter:
    """Lets so many through a second, first come, first served.

    Args:
        rate_per_second: how many on the average.
        burst: how many at once after a pause, at least 1.
        clock: monotonic seconds.
    """

    def __init__(
        self, rate_per_second: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if rate_per_second <= 0 or burst < 1:
            raise ValueError("a limiter needs a rate above 0 and a burst of at least 1")
        self._interval = 1 / rate_per_second
        self._slack = (burst - 1) * self._interval
        self._clock = clock
        # The bucket as one number: the time at which it is full again. It is empty while that is
        # more than `_slack` ahead.
        self._full_at = float("-inf")
        self._held_until = float("-inf")
        self._spread_until = float("-inf")
        self._line: OrderedDict[asyncio.Event, None] = OrderedDict()

    async def acquire(self) -> float:
        """Wait for one's turn; return the seconds that it took, 0.0 where nobody had to wait."""
        if not self._line:
            now = self._clock()
            if now >= self._held_until and now >= self._full_at - self._slack:
                self._full_at = max(now, self._full_at) + self._interval
                return 0.0
        return await self._stand_in_line()

    def hold(self, seconds: float) -> None:
        """Let nobody through for so long, 60 seconds at most. A longer hold stays as it is."""
        bounded = min(seconds, LONGEST_HOLD_SECONDS)
        until = self._clock() + bounded
        if bounded > 0 and until > self._held_until:
            self._held_until = until
            self._spread_until = max(self._spread_until, until + JITTER * bounded)

    async def _stand_in_line(self) -> float:
        began = self._clock()
        turn = asyncio.Event()
        self._line[turn] = None
        try:
            if next(iter(self._line)) is not turn:
                await turn.wait()
            # A token is taken after the last `await`: whoever is cancelled has taken none.
            return await self._at_the_head() - began
        finally:
            del self._line[turn]
            if self._line:
                next(iter(self._line)).set()

    async def _at_the_head(self) -> float:
        """Wait for the hold, the jitter and a token, and take it; return the time then."""
        jittered_after = float("-inf")
        while True:
            now = self._clock()
            if now < self._held_until:
                await asyncio.sleep(self._held_until - now)
            elif now < self._spread_until and jittered_after < self._held_until:
                jittered_after = self._held_until
                await asyncio.sleep(self._jitter(self._spread_until - now))
            elif now < self._full_at - self._slack:
                await asyncio.sleep(self._full_at - self._slack - now)
            else:
                self._full_at = max(now, self._full_at) + self._interval
                return now

    def _jitter(self, seconds: float) -> float:
        """Draw when the first of the line goes, as if each had drawn, and the earliest went first.

        Were each to wait for its own draw in the order of the line, all would gather behind the
        latest.
        """
        earliest: float = 1 - random.random() ** (1 / len(self._line))  # noqa: S311  (no secret)
        return seconds * earliest
