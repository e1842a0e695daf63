"""The fair, de-duplicating work queue with delays and back-off; knows nothing of Kubernetes.

Keys of one group go out by priority, then by age; groups take turns. What can wait stands in a lane
of its own, which moves slowly while the first has anything in it. A key is never handed out twice
at the same time: added again meanwhile, it comes back when the first is done.
"""

import asyncio
import heapq
import itertools
import random
import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pdf_security_operator.rounds import seconds_to_round

Key = TypeVar("Key", bound=Hashable)

FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 60.0

LANE_SHARE = 32
"""Keys of the first lane for each one that can wait, while there are both: nobody starves, and a
burst is let in with hardly a status in its way."""


@dataclass(frozen=True)
class Turn:
    """Whose turn a key is.

    Attributes:
        group: keys of different groups take turns.
        priority: higher goes first within the group.
        age: time of creation, in a form that sorts; earlier goes first within a priority.
        can_wait: whether keys that cannot wait go before it.
    """

    group: str = ""
    priority: int = 0
    age: str = ""
    can_wait: bool = False


@dataclass(order=True)
class _Entry(Generic[Key]):
    order: tuple[int, str, int]
    key: Key = field(compare=False)


class FairQueue(Generic[Key]):
    """A queue for one event loop."""

    def __init__(self) -> None:
        self._first: _Lane[Key] = _Lane()
        self._second: _Lane[Key] = _Lane()
        self._overtaken = 0
        """Times in a row that the first lane went before a key of the second."""
        self._waiting: dict[Key, float] = {}
        """When each key came into line."""
        self._active: set[Key] = set()
        self._again: dict[Key, Turn] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._failures: dict[Key, int] = {}
        self._sequence = itertools.count()
        # Counts the keys in line: each wakes one of those who wait in `get`, not all of them.
        self._available = asyncio.Semaphore(0)
        self._idle = asyncio.Event()
        self._idle.set()

    def __len__(self) -> int:
        """Count the keys that wait to be handed out now."""
        return len(self._waiting)

    async def idle(self) -> None:
        """Return when no key is handed out."""
        await self._idle.wait()

    def depths(self) -> dict[str, int]:
        """Count the keys of each lane that wait to be handed out now."""
        return {"first": len(self._first), "second": len(self._second)}

    def add(self, key: Key, turn: Turn, *, after: float = 0, within: float = 0) -> None:
        """Put a key in line, at once or later: whichever it was told is sooner.

        Args:
            key: what is to be handed out.
            turn: whose turn it is.
            after: so many seconds.
            within: so many seconds, in a round with all others that can wait as long.
        """
        if key in self._waiting:
            return
        if after or within:
            self._add_later(key, turn, after or seconds_to_round(within))
            return
        self._cancel_timer(key)
        if key in self._active:
            self._again[key] = turn
            return
        self._waiting[key] = time.monotonic()
        entry = _Entry((-turn.priority, turn.age, next(self._sequence)), key)
        (self._second if turn.can_wait else self._first).push(turn.group, entry)
        self._available.release()

    def retry(self, key: Key, turn: Turn, *, at_least: float = 0) -> float:
        """Put a key in line again after a failure, later each time; return the delay in seconds."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        usual = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0 ** min(failures, 16))
        # Jitter, or everything that one outage stopped comes back in the same instant.
        delay = max(at_least, usual) * random.uniform(1.0, 1.3)  # noqa: S311  (no secret)
        self.add(key, turn, after=delay)
        return delay

    def forgive(self, key: Key) -> None:
        """Forget the failures of a key."""
        self._failures.pop(key, None)

    async def get(self) -> tuple[Key, float]:
        """Hand out the next key, and the seconds that it stood in line; `done` must follow."""
        await self._available.acquire()
        key = self._pop()
        return key, time.monotonic() - self._waiting.pop(key)

    def done(self, key: Key) -> None:
        """Take a key back."""
        self._active.discard(key)
        if not self._active:
            self._idle.set()
        again = self._again.pop(key, None)
        if again:
            self.add(key, again)

    def _pop(self) -> Key:
        overtaking = self._first and (not self._second or self._overtaken < LANE_SHARE)
        lane = self._first if overtaking else self._second
        self._overtaken = self._overtaken + 1 if overtaking and self._second else 0
        key = lane.pop()
        self._active.add(key)
        self._idle.clear()
        return key

    def _add_later(self, key: Key, turn: Turn, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        timer = self._timers.get(key)
        if timer and timer.when() <= loop.time() + seconds:
            return
        self._cancel_timer(key)
        self._timers[key] = loop.call_later(seconds, self.add, key, turn)

    def _cancel_timer(self, key: Key) -> None:
        timer = self._timers.pop(key, None)
        if timer:
            timer.cancel()


class _Lane(Generic[Key]):
    """Groups that take turns, each in its own order."""

    def __init__(self) -> None:
        # Insertion order is the order of turns: a group that was served goes to the end.
        self._groups: OrderedDict[str, list[_Entry[Key]]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def push(self, group: str, entry: _Entry[Key]) -> None:
        self._length += 1
        heapq.heappush(self._groups.setdefault(group, []), entry)

    def pop(self) -> Key:
        self._length -= 1
        group, entries = next(iter(self._groups.items()))
        entry = heapq.heappop(entries)
        if entries:
            self._groups.move_to_end(group)
        else:
            del self._groups[group]
        return entry.key
