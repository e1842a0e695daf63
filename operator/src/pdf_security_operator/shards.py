"""Which shard a namespace is of, and what the Leases of the shards say and for how long. Pure.

Shares are counted here; what is asked, written and told of, and when, is never decided here.
"""

import copy
import datetime
import functools
import hashlib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pdf_security_operator import names

Object = dict[str, Any]

CLUSTER_SHARD = 0
"""Shard of what belongs to no namespace: the statuses of the classes."""

LEASE_LABEL = f"{names.GROUP}/lease"
"""On our Leases: what they are for. Its presence is the selector that lists them."""

SHARD = "shard"
MEMBER = "member"

COUNT_LABEL = f"{names.GROUP}/shards"
"""On our Leases: the number of shards that their writer counts with."""

RELEASED_SECONDS = 1
"""Duration, in seconds, that a Lease says once it was given up: the least that is valid."""

_NAME_LENGTH = 200
"""Characters of a pod's name in that of its Lease, which may have 253."""


@dataclass(frozen=True)
class Writer:
    """What is the same in all Leases that one process writes; the duration is in seconds."""

    identity: str
    namespace: str
    shards: int
    duration: int


@functools.lru_cache(maxsize=4096)
def shard_of(namespace: str, shards: int) -> int:
    """Shard of a namespace: the same in every process, which `hash` would not be."""
    return int.from_bytes(hashlib.sha256(namespace.encode()).digest()[:8]) % shards


def shard_lease_name(shard: int) -> str:
    """Name of the Lease of a shard."""
    return f"{names.MANAGED_BY}-{SHARD}-{shard}"


def member_lease_name(identity: str) -> str:
    """Name of the Lease by which a process is known to live; no underscore may be in it."""
    pod, _, suffix = identity.rpartition("_")
    safe = re.sub("[^a-z0-9.-]", "-", pod)[:_NAME_LENGTH].strip(".-")
    return "-".join(part for part in (names.MANAGED_BY, MEMBER, safe, suffix) if part)


def fair_share(shards: int, members: int) -> int:
    """Shards that one of so many live members holds at most."""
    return math.ceil(shards / max(members, 1))


def micro_time(time: datetime.datetime) -> str:
    """Write a time as Kubernetes' MicroTime."""
    return time.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def build_lease(
    writer: Writer, name: str, kind: str, time: str, current: Object | None = None
) -> Object:
    """Build the Lease as the writer holds it.

    Args:
        writer: who holds it.
        name: name of the Lease.
        kind: `SHARD` or `MEMBER`.
        time: now, as MicroTime. It is for people: nobody counts with it.
        current: the Lease as it was read, which this replaces; its version stays in it, so that
            the API server refuses the write if it has changed since. None to create one.
    """
    metadata = {"name": name, "namespace": writer.namespace}
    lease: Object = {"metadata": metadata} if current is None else copy.deepcopy(current)
    before: Object = lease.get("spec", {})
    goes_on = before.get("holderIdentity") == writer.identity
    transitions = 0 if current is None else transitions_of(lease) + (not goes_on)
    lease |= {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
    lease["metadata"]["labels"] = {
        **(lease["metadata"].get("labels") or {}),
        names.MANAGED_BY_LABEL: names.MANAGED_BY,
        LEASE_LABEL: kind,
        COUNT_LABEL: str(writer.shards),
    }
    lease["spec"] = {
        "holderIdentity": writer.identity,
        "leaseDurationSeconds": writer.duration,
        "acquireTime": before.get("acquireTime", time) if goes_on else time,
        "renewTime": time,
        "leaseTransitions": transitions,
    }
    return lease


def build_release(current: Object, time: str) -> Object:
    """Build a Lease as nobody holds it, so that the next one need not wait."""
    lease = copy.deepcopy(current)
    lease["spec"] |= {
        "holderIdentity": "",
        "leaseDurationSeconds": RELEASED_SECONDS,
        "renewTime": time,
    }
    return lease


def name_of(lease: Object) -> str:
    """Name of a Lease."""
    return str(lease["metadata"]["name"])


def holder_of(lease: Object) -> str:
    """Who holds a Lease; empty when nobody does."""
    return str(lease.get("spec", {}).get("holderIdentity") or "")


def transitions_of(lease: Object) -> int:
    """How often a Lease has changed hands."""
    return int(lease.get("spec", {}).get("leaseTransitions") or 0)


def is_kind(lease: Object, kind: str) -> bool:
    """Whether a Lease is a shard's, or a member's: by its name, which nobody can change."""
    return name_of(lease).startswith(f"{names.MANAGED_BY}-{kind}-")


def counts_alike(lease: Object, shards: int) -> bool:
    """Whether who wrote a Lease counts with the same number of shards."""
    return bool((lease["metadata"].get("labels") or {}).get(COUNT_LABEL) == str(shards))


def is_same_hold(lease: Object, written: Object) -> bool:
    """Whether a Lease is still held as it was written: nobody had it in between."""
    return holder_of(lease) == holder_of(written) and (
        transitions_of(lease) == transitions_of(written)
    )


@dataclass
class _Sighting:
    """A state of a Lease: when, in seconds of our own clock, it surely stood as it does."""

    version: tuple[str, str] | None
    """Of the object; None while it is gone."""
    holder: str
    duration: float
    since: float
    """When the first answer that showed it had arrived."""
    until: float
    """When the last question was asked that it was the answer to."""


class Sightings:
    """For how long which Lease has not changed, on our own clock: those of others may be wrong."""

    def __init__(self, identity: str, duration: float) -> None:
        """Know nothing yet.

        Args:
            identity: our own.
            duration: seconds, for Leases that say nothing of it.
        """
        self._identity = identity
        self._duration = duration
        self._sightings: dict[str, _Sighting] = {}

    def take_in(
        self, leases: dict[str, Object], expected: Iterable[str], asked: float, answered: float
    ) -> None:
        """Take in a list of all Leases, and of those expected in it which are missing.

        The others are forgotten: members come and go for as long as we live.
        """
        for lease in leases.values():
            self.see(lease, asked, answered)
        kept = {*leases, *expected}
        for name in kept.difference(leases):
            self._miss(name, asked, answered)
        self._sightings = {name: seen for name, seen in self._sightings.items() if name in kept}

    def see(self, lease: Object, asked: float, answered: float) -> None:
        """Take in a Lease that was read."""
        metadata = lease["metadata"]
        version = (str(metadata.get("uid", "")), str(metadata["resourceVersion"]))
        known = self._sightings.get(name_of(lease))
        if known and known.version == version:
            known.until = max(known.until, asked)
            return
        seconds = lease.get("spec", {}).get("leaseDurationSeconds") or self._duration
        self._sightings[name_of(lease)] = _Sighting(
            version, holder_of(lease), seconds, since=answered, until=asked
        )

    def unchanged(self, name: str) -> float:
        """Seconds that a Lease has surely stood as it does; at most what has been looked at."""
        seen = self._sightings.get(name)
        return seen.until - seen.since if seen else 0.0

    def is_held_by_other(self, name: str) -> bool:
        """Whether another holds a Lease, or may still believe so."""
        seen = self._sightings.get(name)
        if seen is None or seen.holder in ("", self._identity):
            return False
        return self.unchanged(name) < seen.duration

    def _miss(self, name: str, asked: float, answered: float) -> None:
        """Take in that a Lease does not exist: who held it may learn so only at its next renewal.

        One that was never seen counts as free, or nothing would start for a whole duration.
        """
        known = self._sightings.get(name)
        if known and known.version is None:
            known.until = max(known.until, asked)
        elif known:
            known.version, known.since, known.until = None, answered, asked
