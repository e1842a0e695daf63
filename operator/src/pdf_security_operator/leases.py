"""What is done to one Lease at a time: looked at, taken, renewed, given up; each a comparison too.

Which of them, and when, is decided elsewhere. Nothing here is done on the strength of a time that
another wrote: what counts is our own monotonic clock, and every write names what it replaces.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import structlog

from pdf_security_operator import shards
from pdf_security_operator.errors import (
    ApiError,
    ConflictError,
    NotFoundError,
    UnavailableError,
)

Object = dict[str, Any]
Objects = list[Object]
Answer = TypeVar("Answer")

LEASE_SECONDS = 10
"""Without a renewal for so many seconds a Lease is another's to take."""

MARGIN_SECONDS = 2.0
"""So many seconds before that we stop: for what is on its way, and clocks that run unevenly."""

RENEW_SECONDS = 3.0
"""Age, in seconds, at which a Lease is renewed: an attempt may fail before anything stops."""

REQUEST_SECONDS = 3.0
"""Bound, in seconds, of one request, and of all that is done to stop."""

logger = structlog.get_logger()


class LeaseStore(Protocol):
    """The Leases of the operator's namespace, as the API server keeps them."""

    async def get(self, name: str) -> Object:
        """Read a Lease, never from a cache. Raises NotFoundError."""

    async def create(self, lease: Object) -> Object:
        """Create a Lease; return it as stored. Raises ConflictError when it exists."""

    async def replace(self, lease: Object) -> Object:
        """Replace a Lease of the same version. Raises ConflictError or NotFoundError."""

    async def delete(self, name: str, uid: str) -> None:
        """Delete exactly this Lease, not a later one of its name."""

    async def list(self) -> Objects:
        """List the Leases that have `shards.LEASE_LABEL`, never from a cache."""


@dataclass
class Grip:
    """A Lease that was ours when it was last written; times in seconds of our own clock."""

    lease: Object
    renewed: float
    """When the last write that went through was begun."""
    told: bool = False
    """Whether it is known as gained, and not as lost since."""
    _lapsed: bool = False

    def is_fresh(self, now: float) -> bool:
        """Whether nobody else can have it."""
        return now < self.renewed + LEASE_SECONDS - MARGIN_SECONDS

    def seconds_left(self, now: float) -> float:
        """Seconds for which nobody else can have it, nor could since it was gained; or 0."""
        left = self.renewed + LEASE_SECONDS - MARGIN_SECONDS - now
        return 0.0 if self._lapsed else max(0.0, left)

    def is_due(self, now: float) -> bool:
        """Whether it is to be renewed."""
        return now - self.renewed >= RENEW_SECONDS

    def renew(self, lease: Object, begun: float, now: float) -> None:
        """Take in that a write went through; one that came late mends nothing by itself."""
        self._lapsed = self._lapsed or not self.is_fresh(now)
        self.lease, self.renewed = lease, begun

    def gain(self) -> None:
        """Begin, or begin anew."""
        self.told, self._lapsed = True, False


class Leases:
    """The Leases as one process sees and writes them."""

    def __init__(
        self,
        store: LeaseStore,
        writer: shards.Writer,
        now: Callable[[], float],
        timestamp: Callable[[], str],
    ) -> None:
        """Know nothing yet; arguments as for `Leader`."""
        self.sightings = shards.Sightings(writer.identity, writer.duration)
        self._store = store
        self._writer = writer
        self._now = now
        self._timestamp = timestamp

    async def look(self) -> dict[str, Object] | None:
        """List all by name, and remember what is seen; None when there is no answer."""
        asked = self._now()
        expected = [shards.shard_lease_name(shard) for shard in range(self._writer.shards)]
        try:
            leases = {shards.name_of(it): it for it in await self._ask(self._store.list())}
            # One whose label was taken off is in the way all the same.
            missing = [name for name in expected if name not in leases]
            for found in await asyncio.gather(*map(self._find, missing)):
                leases |= {shards.name_of(found): found} if found else {}
        except ApiError as error:
            logger.warning("lease.list-failed", error=str(error))
            return None
        self.sightings.take_in(leases, expected, asked, self._now())
        return leases

    async def take(self, name: str, kind: str, current: Object | None) -> Grip | None:
        """Write ourselves into a Lease that is free; None when that came to nothing.

        Args:
            name: name of the Lease.
            kind: `shards.SHARD` or `shards.MEMBER`.
            current: the Lease as it was read; None where there is none, as far as is known.
        """
        begun = self._now()
        try:
            if current is None:
                try:
                    return Grip(await self._ask(self._store.create(self._held(name, kind))), begun)
                except ConflictError:
                    current = await self._ask(self._store.get(name))
                self.sightings.see(current, begun, self._now())
                if self.sightings.is_held_by_other(name):
                    return None
                begun = self._now()
            lease = self._held(name, kind, current)
            return Grip(await self._ask(self._store.replace(lease)), begun)
        except (ConflictError, NotFoundError):
            logger.debug("lease.taken-by-other", lease=name)
        except ApiError as error:
            logger.warning("lease.take-failed", lease=name, error=str(error))
        return None

    async def renew(self, grip: Grip, kind: str) -> bool:
        """Renew a Lease; return False when it is ours no more, True also when that is unknown."""
        name = shards.name_of(grip.lease)
        try:
            try:
                await self._prolong(grip, kind, grip.lease)
            except ConflictError:
                # It may be our own write that went through and whose answer did not.
                current = await self._ask(self._store.get(name))
                if not shards.is_same_hold(current, grip.lease):
                    return False
                await self._prolong(grip, kind, current)
        except NotFoundError:
            return False
        except ApiError as error:
            logger.warning("lease.renewal-failed", lease=name, error=str(error))
        return True

    async def give(self, grip: Grip) -> None:
        """Write a Lease as nobody's; where that fails, it lapses."""
        name = shards.name_of(grip.lease)
        try:
            try:
                await self._ask(self._store.replace(self._freed(grip.lease)))
            except ConflictError:
                current = await self._ask(self._store.get(name))
                if shards.is_same_hold(current, grip.lease):
                    await self._ask(self._store.replace(self._freed(current)))
        except ApiError as error:
            logger.warning("lease.release-failed", lease=name, error=str(error))

    async def delete(self, lease: Object) -> None:
        """Delete a Lease; where that fails, another does it later."""
        name = shards.name_of(lease)
        try:
            await self._ask(self._store.delete(name, lease["metadata"]["uid"]))
        except ApiError as error:
            logger.debug("lease.not-deleted", lease=name, error=str(error))

    async def _find(self, name: str) -> Object | None:
        try:
            return await self._ask(self._store.get(name))
        except NotFoundError:
            return None

    async def _prolong(self, grip: Grip, kind: str, current: Object) -> None:
        begun = self._now()
        lease = self._held(shards.name_of(current), kind, current)
        stored = await self._ask(self._store.replace(lease))
        grip.renew(stored, begun, self._now())

    def _held(self, name: str, kind: str, current: Object | None = None) -> Object:
        return shards.build_lease(self._writer, name, kind, self._timestamp(), current)

    def _freed(self, current: Object) -> Object:
        return shards.build_release(current, self._timestamp())

    async def _ask(self, call: Awaitable[Answer]) -> Answer:
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                return await call
        except TimeoutError as error:
            raise UnavailableError(0, "no answer in time") from error
