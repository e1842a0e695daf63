"""The fair, de-duplicating work queue with delays and back-off; knows nothing of Kubernetes.

Keys of one group go out by priority, then by age; groups take turns. A key is never handed out
twice at the same time: added again meanwhile, it comes back when the first is done.
"""

import asyncio
import heapq
import itertools
import random
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 60.0


@dataclass(order=True)
class _Entry(Generic[Key]):
    order: tuple[int, float, int]
    key: Key = field(compare=False)


class FairQueue(Generic[Key]):
    """A queue for one event loop."""

    def __init__(self) -> None:
        # Insertion order is the order of turns: a group that was served goes to the end.
        self._groups: OrderedDict[str, list[_Entry[Key]]] = OrderedDict()
        self._waiting: set[Key] = set()
        self._active: set[Key] = set()
        self._again: dict[Key, tuple[str, int, float]] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._failures: dict[Key, int] = {}
        self._sequence = itertools.count()
        self._ready = asyncio.Event()

    def __len__(self) -> int:
        """Count the keys that wait to be handed out now."""
        return len(self._waiting)

    def add(self, key: Key, *, group: str, priority: int = 0, age: float = 0) -> None:
        """Put a key in line.

        Args:
            key: what is to be worked on.
            group: keys of different groups take turns.
            priority: higher goes first within the group.
            age: time of creation; earlier goes first within a priority.
        """
        self._cancel_timer(key)
        if key in self._active:
            self._again[key] = (group, priority, age)
            return
        if key in self._waiting:
            return
        entry = _Entry((-priority, age, next(self._sequence)), key)
        self._waiting.add(key)
        heapq.heappush(self._groups.setdefault(group, []), entry)
        self._ready.set()

    def add_after(
        self, key: Key, seconds: float, *, group: str, priority: int = 0, age: float = 0
    ) -> None:
        """Put a key in line after a delay; an earlier `add` of it takes its place."""
        self._cancel_timer(key)
        loop = asyncio.get_running_loop()
        self._timers[key] = loop.call_later(
            seconds, lambda: self.add(key, group=group, priority=priority, age=age)
        )

    def retry(
        self,
        key: Key,
        *,
        group: str,
        priority: int = 0,
        age: float = 0,
        at_least: float = 0,
    ) -> float:
        """Put a key in line again after a failure, later each time; return the delay in seconds."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        usual = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0 ** min(failures, 16))
        # Jitter, or everything that one outage stopped comes back in the same instant.
        delay = max(at_least, usual) * random.uniform(1.0, 1.3)  # noqa: S311  (no secret)
        self.add_after(key, delay, group=group, priority=priority, age=age)
        return delay

    def forgive(self, key: Key) -> None:
        """Forget the failures of a key."""
        self._failures.pop(key, None)

    async def get(self) -> Key:
        """Hand out the next key; `done` must follow."""
        while True:
            key = self._pop()
            if key is not None:
                return key
            self._ready.clear()
            await self._ready.wait()

    def done(self, key: Key) -> None:
        """Take a key back."""
        self._active.discard(key)
        again = self._again.pop(key, None)
        if again:
            group, priority, age = again
            self.add(key, group=group, priority=priority, age=age)

    def _pop(self) -> Key | None:
        if not self._groups:
            return None
        group, entries = next(iter(self._groups.items()))
        entry = heapq.heappop(entries)
        if entries:
            self._groups.move_to_end(group)
        else:
            del self._groups[group]
        if self._groups:
            # Whoever else waits in `get` may go on.
            self._ready.set()
        self._waiting.remove(entry.key)
        self._active.add(entry.key)
        return entry.key

    def _cancel_timer(self, key: Key) -> None:
        timer = self._timers.pop(key, None)
        if timer:
            timer.cancel()
