"""The newest known state of all objects of one kind. No I/O, and no knowledge of any kind.

Fed by a watch, by lists and by answers to writes, which overtake one another: what is older than
what is known is passed over, and what was deleted never comes back.
"""

from collections.abc import Callable, Iterator
from typing import Any

from pdf_security_operator.identity import Key, key_of, uid_of, version_of

Object = dict[str, Any]

REMEMBERED_DELETIONS = 10_000
"""UIDs of deleted objects that are kept: more than are deleted while one list is on its way."""


class Mirror:
    """Objects by key; one event loop reads and writes it."""

    def __init__(self, trimmed: Callable[[Object], Object]) -> None:
        """Make an empty one.

        Args:
            trimmed: leaves out of an object what is never read.
        """
        self._trimmed = trimmed
        self._objects: dict[Key, Object] = {}
        self._by_namespace: dict[str, dict[Key, Object]] = {}
        # Insertion order is the order of deletion: the oldest goes first.
        self._deleted: dict[str, None] = {}

    def __len__(self) -> int:
        """Count the objects."""
        return len(self._objects)

    def __contains__(self, key: Key) -> bool:
        """Whether an object is known."""
        return key in self._objects

    def get(self, key: Key) -> Object | None:
        """Give an object, trimmed."""
        return self._objects.get(key)

    def values(self) -> list[Object]:
        """Give all objects: a copy, which stays as it is while the mirror changes."""
        return list(self._objects.values())

    def all_keys(self) -> list[Key]:
        """Give all keys: a copy, as `values`."""
        return list(self._objects)

    def items(self) -> Iterator[tuple[Key, Object]]:
        """Give all objects with their keys; the mirror must not change meanwhile."""
        yield from self._objects.items()

    def in_namespace(self, namespace: str) -> Iterator[Object]:
        """Give the objects of a namespace; the mirror must not change meanwhile."""
        yield from self._by_namespace.get(namespace, {}).values()

    def put(self, body: Object) -> bool:
        """Remember an object; return False when it is no news."""
        if uid_of(body) in self._deleted:
            return False
        key = key_of(body)
        known = self._objects.get(key)
        # Whatever the UID: what was deleted and created again has the larger version.
        if known and version_of(known) >= version_of(body):
            return False
        trimmed = self._trimmed(body)
        self._objects[key] = trimmed
        self._by_namespace.setdefault(key.namespace, {})[key] = trimmed
        return True

    def forget(self, body: Object) -> bool:
        """Forget a deleted object; return False when it was not known, or another of its name is.

        It does not come back, however late an older state of it arrives.
        """
        self._deleted[uid_of(body)] = None
        if len(self._deleted) > REMEMBERED_DELETIONS:
            del self._deleted[next(iter(self._deleted))]
        key = key_of(body)
        known = self._objects.get(key)
        if known is None or uid_of(known) != uid_of(body):
            return False
        del self._objects[key], self._by_namespace[key.namespace][key]
        if not self._by_namespace[key.namespace]:
            del self._by_namespace[key.namespace]
        return True
