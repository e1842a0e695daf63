"""Decides which shards this replica takes, keeps and gives, and says which are surely ours now.

Knows no other object than Leases; how one of them is written is not told here.
"""

import asyncio
import datetime
import random
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog

from pdf_security_operator import shards
from pdf_security_operator.leases import (
    LEASE_SECONDS,
    REQUEST_SECONDS,
    Grip,
    Leases,
    LeaseStore,
)

Object = dict[str, Any]

LOOK_SECONDS = 1.0
"""Seconds between two rounds: a Lease that was given up is seen within them."""

FORGET_SECONDS = 11.0 * LEASE_SECONDS
"""A member's Lease that has not changed for so many seconds is removed."""

logger = structlog.get_logger()


def identity_of(pod_name: str) -> str:
    """Make an identity for this start of a process: a restarted container is not its forerunner."""
    return f"{pod_name}_{uuid.uuid4().hex[:8]}"


def _wall_clock() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


class Leader:
    """One replica's part in the shards."""

    def __init__(
        self,
        store: LeaseStore,
        *,
        identity: str,
        namespace: str,
        on_gained: Callable[[int], None],
        on_lost: Callable[[int], None],
        shard_count: int = 1,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime.datetime] = _wall_clock,
    ) -> None:
        """Hold nothing yet.

        Args:
            store: where the Leases are.
            identity: of this start of this process, from `identity_of`.
            namespace: the operator's own.
            on_gained: told of a shard from when on it is ours.
            on_lost: told of a shard that is ours no more.
            shard_count: number of shards, the same in all replicas.
            now: seconds of a clock that never goes back, and goes on while the process is stopped.
            wall: the time of day; shown in the Leases, and used for nothing.
        """
        writer = shards.Writer(identity, namespace, shard_count, LEASE_SECONDS)
        self._leases = Leases(store, writer, now, lambda: shards.micro_time(wall()))
        self._sightings = self._leases.sightings
        self._count = shard_count
        self._member_name = shards.member_lease_name(identity)
        self._on_gained, self._on_lost = on_gained, on_lost
        self._now = now
        self._grips: dict[int, Grip] = {}
        self._member: Grip | None = None
        self._waiting = False
        self._ended = False
        self._rounded = now()

    def holds(self, shard: int) -> bool:
        """Whether a shard is surely ours at this very moment; ask before each act."""
        return self.seconds_left(shard) > 0

    def owns(self, namespace: str) -> bool:
        """Whether the shard of a namespace is surely ours at this very moment."""
        return self.holds(shards.shard_of(namespace, self._count))

    def seconds_left(self, shard: int) -> float:
        """Seconds for which a shard is surely ours, even if nothing more is renewed."""
        grip = self._grips.get(shard)
        return grip.seconds_left(self._now()) if grip and grip.told else 0.0

    def seconds_since_round(self) -> float:
        """Seconds since a round ended, whatever came of it: large only when the loop is stuck."""
        return self._now() - self._rounded

    async def run(self) -> None:
        """Go on until cancelled, or `release` is called."""
        while not self._ended:
            await self.round()
            # Uneven, or two that stand in each other's way would meet again each time.
            await asyncio.sleep(LOOK_SECONDS * random.uniform(0.8, 1.0))  # noqa: S311  (no secret)

    async def round(self) -> None:
        """Renew what is due, look at the others' Leases, take or give what follows from it."""
        if self._ended:
            return
        self._notice_lapses()
        await asyncio.gather(
            self._renew_member(),
            *(
                self._renew_shard(shard)
                for shard, grip in self._grips.items()
                if grip.is_due(self._now())
            ),
        )
        self._notice_lapses()
        if self._count > 1 or not self.holds(shards.CLUSTER_SHARD):
            await self._share()
        self._notice_lapses()
        self._rounded = self._now()

    async def release(self) -> None:
        """Give everything up at once, so that others need not wait; whoever acts must have stopped.

        Returns within `REQUEST_SECONDS`, whatever the API server does.
        """
        self._ended = True
        given = {shard: self._drop(shard, "released") for shard in list(self._grips)}
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                await asyncio.gather(*(self._leases.give(grip) for grip in given.values()))
                if self._member:
                    await self._leases.delete(self._member.lease)
        except TimeoutError:
            logger.warning("lease.release-failed", error="no answer in time")
        self._member = None

    def _notice_lapses(self) -> None:
        """Tell of what was not renewed in time; it is still tried, for it may be ours again."""
        for shard, grip in self._grips.items():
            if grip.told and not grip.seconds_left(self._now()):
                self._tell_lost(shard, grip, "not renewed in time")

    def _tell_lost(self, shard: int, grip: Grip, reason: str) -> None:
        grip.told = False
        logger.info("lease.lost", shard=shard, reason=reason)
        self._on_lost(shard)

    def _drop(self, shard: int, reason: str) -> Grip:
        grip = self._grips.pop(shard)
        if grip.told:
            self._tell_lost(shard, grip, reason)
        return grip

    async def _renew_member(self) -> None:
        """Show the others that we live; with one shard there is nothing to share."""
        if self._count == 1:
            return
        member = self._member
        if member is None:
            self._member = await self._leases.take(self._member_name, shards.MEMBER, None)
        elif member.is_due(self._now()) and not await self._leases.renew(member, shards.MEMBER):
            self._member = None

    async def _renew_shard(self, shard: int) -> None:
        grip = self._grips[shard]
        ours = await self._leases.renew(grip, shards.SHARD)
        if not ours and not self._ended:
            self._drop(shard, "taken or deleted")

    async def _share(self) -> None:
        """Come to hold our share of the shards."""
        leases = await self._leases.look()
        if leases is None:
            return
        share = shards.fair_share(self._count, self._count_members(leases))
        if not self._others_count_differently(leases):
            free = [shard for shard in range(self._count) if self._is_free(shard)]
            wanted = max(share - len(self._grips), 0)
            await asyncio.gather(*(self._take_shard(shard, leases) for shard in free[:wanted]))
        await self._gain()
        if len(self._grips) > share:
            # One at a time: whoever joined takes it up before the next one is nobody's.
            await self._leases.give(self._drop(max(self._grips), "given to a new member"))
        await self._forget_members(leases)

    def _is_free(self, shard: int) -> bool:
        name = shards.shard_lease_name(shard)
        return shard not in self._grips and not self._sightings.is_held_by_other(name)

    async def _take_shard(self, shard: int, leases: dict[str, Object]) -> None:
        name = shards.shard_lease_name(shard)
        grip = await self._leases.take(name, shards.SHARD, leases.get(name))
        if grip and not self._ended:
            self._grips[shard] = grip

    async def _gain(self) -> None:
        """Let begin what was taken, once it is sure that nobody cuts the shards differently.

        Each of two who do so writes first and looks then: one of them at least sees the other.
        """
        taken = {shard: grip for shard, grip in self._grips.items() if not grip.told}
        leases = await self._leases.look() if taken else None
        if leases is None or self._ended:
            return
        if self._others_count_differently(leases):
            given = [self._drop(shard, "others count differently") for shard in taken]
            await asyncio.gather(*map(self._leases.give, given))
            return
        for shard, grip in taken.items():
            if grip.is_fresh(self._now()):
                grip.gain()
                logger.info("lease.gained", shard=shard)
                self._on_gained(shard)

    def _others_count_differently(self, leases: dict[str, Object]) -> bool:
        """Whether another holds a Lease of shards that overlap ours: the number was changed."""
        differ = any(
            shards.is_kind(lease, shards.SHARD)
            and not shards.counts_alike(lease, self._count)
            and self._sightings.is_held_by_other(name)
            for name, lease in leases.items()
        )
        if differ and not self._waiting:
            logger.warning("lease.waits", reason="replicas with another number of shards are left")
        self._waiting = differ
        return differ

    def _count_members(self, leases: dict[str, Object]) -> int:
        """Count the live members: ourselves, and the others who count as we do."""
        return 1 + sum(
            shards.is_kind(lease, shards.MEMBER)
            and shards.counts_alike(lease, self._count)
            and self._sightings.is_held_by_other(name)
            for name, lease in leases.items()
        )

    async def _forget_members(self, leases: dict[str, Object]) -> None:
        """Remove what is left of members that were killed."""
        for name, lease in leases.items():
            dead = self._sightings.unchanged(name) > FORGET_SECONDS
            if dead and name != self._member_name and shards.is_kind(lease, shards.MEMBER):
                await self._leases.delete(lease)
