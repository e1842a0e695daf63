"""Who takes one of the places that a class has, and who waits for one. Pure; knows no Kubernetes.

How many places there are stands in `admission`.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from heapq import nsmallest

from pdf_security_operator.admission import Running
from pdf_security_operator.identity import Key

Order = tuple[int, str]
"""Whose turn comes first in a namespace: priority negated, then time of creation."""


class Places:
    """The places that are taken, by the key of the Job that takes them."""

    def __init__(self) -> None:
        self._class_of: dict[Key, str] = {}
        self._reserved: set[Key] = set()
        self._totals: Counter[str] = Counter()
        self._by_namespace: Counter[tuple[str, str]] = Counter()

    def __contains__(self, key: Key) -> bool:
        """Whether a Job takes a place."""
        return key in self._class_of

    def take(self, key: Key, class_name: str) -> None:
        """Take a place of a class; one is enough."""
        if key not in self._class_of:
            self._class_of[key] = class_name
            self._totals[class_name] += 1
            self._by_namespace[class_name, key.namespace] += 1

    def free(self, key: Key) -> str | None:
        """Give a place back, unless it is reserved; return of which class it was."""
        if key not in self._class_of or key in self._reserved:
            return None
        class_name = self._class_of.pop(key)
        self._totals[class_name] -= 1
        self._by_namespace[class_name, key.namespace] -= 1
        if not self._by_namespace[class_name, key.namespace]:
            del self._by_namespace[class_name, key.namespace]
        return class_name

    @contextmanager
    def reserved(self, key: Key, class_name: str) -> Iterator[None]:
        """Hold a place while its Job is being started, so that no two start on one place.

        Who reserves looks afterwards whether the Job is there to take it.
        """
        self.take(key, class_name)
        self._reserved.add(key)
        try:
            yield
        finally:
            self._reserved.discard(key)

    def running(self, class_name: str, namespace: str) -> Running:
        """Count the places that are taken of a class."""
        return Running(self._totals[class_name], self._by_namespace[class_name, namespace])

    def classes_in(self, namespace: str) -> set[str]:
        """Name the classes of which a namespace's Jobs take places."""
        return {class_name for class_name, place in self._by_namespace if place == namespace}


class WaitingRoom:
    """Those that wait for a class, and who of them is next."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[str, dict[Key, Order]]] = {}
        self._class_of: dict[Key, str] = {}

    def __len__(self) -> int:
        """Count those that wait."""
        return len(self._class_of)

    def wait(self, key: Key, class_name: str, order: Order) -> None:
        """Let one wait for a class; an empty name is that of whichever class is the default."""
        self.leave(key)
        self._class_of[key] = class_name
        by_namespace = self._waiting.setdefault(class_name, {})
        by_namespace.setdefault(key.namespace, {})[key] = order

    def leave(self, key: Key) -> None:
        """Let one wait no more."""
        class_name = self._class_of.pop(key, None)
        if class_name is None:
            return
        by_namespace = self._waiting[class_name]
        del by_namespace[key.namespace][key]
        if not by_namespace[key.namespace]:
            del by_namespace[key.namespace]
        if not by_namespace:
            del self._waiting[class_name]

    def wake_all(self, class_name: str) -> list[Key]:
        """Take all that wait for a class: it has changed."""
        by_namespace = self._waiting.get(class_name, {})
        return self._left([key for keys in by_namespace.values() for key in keys])

    def wake(self, class_name: str, namespace: str, most: int = 4) -> list[Key]:
        """Take those that are next: a place became free.

        Args:
            class_name: name of the class.
            namespace: where it became free; its own and others are taken alike.
            most: how many of the namespace, and how many others, of each namespace one.
        """
        by_namespace = self._waiting.get(class_name, {})
        own = by_namespace.get(namespace, {})
        firsts = {
            min(keys, key=keys.__getitem__): min(keys.values())
            for place, keys in by_namespace.items()
            if place != namespace
        }
        taken = nsmallest(most, own, key=own.__getitem__)
        return self._left(taken + nsmallest(most, firsts, key=firsts.__getitem__))

    def _left(self, keys: list[Key]) -> list[Key]:
        for key in keys:
            self.leave(key)
        return keys
