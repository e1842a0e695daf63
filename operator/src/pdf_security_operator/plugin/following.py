"""Follows PdfSecurityJobs through whatever befalls a watch: its end, silence, 410, restarts.

Knows what was seen last; shows nothing.
"""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from pdf_security_operator.identity import Key, key_of
from pdf_security_operator.plugin.errors import (
    CredentialsError,
    ExpiredError,
    ForbiddenError,
    KindsMissingError,
    ServerError,
    UnreachableError,
)
from pdf_security_operator.plugin.resources import JOBS
from pdf_security_operator.plugin.server import Object, Server
from pdf_security_operator.plugin.standing import has_ended

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
"""Seconds between attempts to reach an API server that is away."""

EXPIRED_PAUSE = 1.0
"""Seconds before everything is listed anew: some servers forget at once what they listed."""


STARTING_SECONDS = 30.0
"""After an outage, for so long, a right or a kind that is missing is not believed to be: an API
server that starts answers before it has read who may what, and which kinds there are."""


class Change(NamedTuple):
    """A job as it is now; None where it was deleted."""

    key: Key
    body: Object | None


class Following:
    """Changes of the jobs of a namespace, of one by name, or of all namespaces."""

    def __init__(
        self,
        server: Server,
        namespace: str | None,
        name: str = "",
        *,
        seconds: float | None,
        note: Callable[[str], None],
    ) -> None:
        """Prepare.

        Args:
            server: who is asked.
            namespace: None for all.
            name: of the one job that is followed.
            seconds: until it ends by itself; None: never.
            note: is told of outages.
        """
        self._server = server
        self._namespace = namespace
        self._query = {"fieldSelector": f"metadata.name={name}"} if name else {}
        self._until = None if seconds is None else time.monotonic() + seconds
        self._note = note
        self._versions: dict[Key, str] = {}
        self._version = ""
        self._failures = 0
        self._away_at = float("-inf")
        """When the API server was last out of reach."""

    def changes(self) -> Iterator[Change]:
        """Give what is there, and then what changes; ends only when its time is over.

        Raises:
            ServerError: the first list fails, or a right or the credentials go meanwhile.
        """
        began = False
        while self._seconds_left() > 0:
            try:
                if not self._version:
                    yield from self._list()
                    began = True
                yield from self._watch()
            except ExpiredError:
                self._version = ""
                time.sleep(EXPIRED_PAUSE)
            except (
                UnreachableError,
                CredentialsError,
                ForbiddenError,
                KindsMissingError,
            ) as error:
                if not began or not self._may_pass(error):
                    raise
                self._pause(error)

    def _list(self) -> Iterator[Change]:
        listed = self._server.list(JOBS, self._namespace, **self._query)
        self._answered()
        found = {key_of(body): body for body in listed.items}
        for key in self._versions.keys() - found.keys():
            yield self._deleted(key)
        for body in found.values():
            yield from self._changed(body)
        self._version = listed.version

    def _watch(self) -> Iterator[Change]:
        seconds = self._seconds_left()
        events = self._server.watch(JOBS, self._namespace, self._version, seconds, **self._query)
        for event in events:
            self._answered()
            body: Object = event["object"]
            self._version = body["metadata"]["resourceVersion"]
            if event["type"] == "DELETED":
                yield self._deleted(key_of(body))
            elif event["type"] != "BOOKMARK":
                yield from self._changed(body)

    def _changed(self, body: Object) -> Iterator[Change]:
        key, version = key_of(body), str(body["metadata"]["resourceVersion"])
        if self._versions.get(key) != version:
            self._versions[key] = version
            yield Change(key, body)

    def _deleted(self, key: Key) -> Change:
        self._versions.pop(key, None)
        return Change(key, None)

    def _answered(self) -> None:
        if self._failures > 1:
            self._note("the API server is back")
        self._failures = 0

    def _may_pass(self, error: ServerError) -> bool:
        now = time.monotonic()
        if isinstance(error, UnreachableError):
            self._away_at = now
        return now - self._away_at < STARTING_SECONDS

    def _pause(self, error: ServerError) -> None:
        self._failures += 1
        # One connection that breaks is nothing to speak of.
        if self._failures == 2:
            self._note(f"{error}; waiting for it")
        wanted = min(FIRST_PAUSE * 2 ** (self._failures - 1), LONGEST_PAUSE)
        time.sleep(max(0.0, min(wanted, self._seconds_left())))

    def _seconds_left(self) -> float:
        return float("inf") if self._until is None else self._until - time.monotonic()


def until_ended(
    following: Following, wanted: set[str], seen: Callable[[Change], None]
) -> dict[Key, Object | None] | None:
    """Follow jobs to their ends.

    Args:
        following: of one namespace.
        wanted: their names.
        seen: is told of each change of one of them.

    Returns:
        How each ended, None for one that was deleted; None where the time was over before.
    """
    ended: dict[Key, Object | None] = {}
    for change in following.changes():
        if change.key.name not in wanted:
            continue
        seen(change)
        if change.body is None or has_ended(change.body):
            ended[change.key] = change.body
        if {key.name for key in ended} >= wanted:
            return ended
    return None
