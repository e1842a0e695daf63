"""Shards and their Leases: the same in every process, and never free on another's word."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pdf_security_operator import names, shards

Object = dict[str, Any]

TIME = "2026-11-24T16:00:00.000000Z"
LATER = "2026-11-24T16:00:03.000000Z"
OURS = shards.Writer("us_01234567", "system", 4, 10)
THEIRS = shards.Writer("them_89abcdef", "system", 4, 10)


def lease(writer: shards.Writer = THEIRS, version: int = 1, time: str = TIME) -> Object:
    """Build the Lease of shard 0 as it is stored."""
    built = shards.build_lease(writer, shards.shard_lease_name(0), shards.SHARD, time)
    built["metadata"] |= {"uid": "uid", "resourceVersion": str(version)}
    return built


@pytest.mark.parametrize(("namespace", "shard"), [("legal", 3), ("hr", 0), ("", 1)])
def test_a_namespace_keeps_its_shard(namespace: str, shard: int) -> None:
    """Two versions of the operator, side by side in an update, would both act on a namespace."""
    assert shards.shard_of(namespace, 7) == shard


@given(st.text(), st.integers(1, 64))
def test_every_namespace_has_a_shard(namespace: str, count: int) -> None:
    """A namespace would be nobody's."""
    assert 0 <= shards.shard_of(namespace, count) < count


@pytest.mark.parametrize(
    ("count", "members", "share"), [(1, 2, 1), (4, 2, 2), (4, 3, 2), (3, 5, 1), (4, 0, 4)]
)
def test_fair_share(count: int, members: int, share: int) -> None:
    """Shards would be left over when each has its share, or one replica would do it all."""
    assert shards.fair_share(count, members) == share


LABEL = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)


@given(st.lists(LABEL, min_size=1, max_size=4).map(lambda labels: ".".join(labels)[:253]))
@example("a" * 253)
@example("a" * 199 + ".b")
def test_a_member_lease_has_a_valid_name(pod: str) -> None:
    """The API server would refuse it, and the replica never count as one."""
    name = shards.member_lease_name(f"{pod}_01234567")
    assert len(name) <= 253
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", name)
    assert name != shards.member_lease_name(f"{pod}_76543210")


def test_a_new_lease() -> None:
    """The API server would refuse it, or nobody would find it."""
    assert shards.build_lease(OURS, "a", shards.SHARD, TIME) == {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "name": "a",
            "namespace": "system",
            "labels": {
                names.MANAGED_BY_LABEL: names.MANAGED_BY,
                shards.LEASE_LABEL: "shard",
                shards.COUNT_LABEL: "4",
            },
        },
        "spec": {
            "holderIdentity": "us_01234567",
            "leaseDurationSeconds": 10,
            "acquireTime": TIME,
            "renewTime": TIME,
            "leaseTransitions": 0,
        },
    }


@pytest.mark.parametrize(
    ("before", "transitions", "acquired"),
    [
        pytest.param(lease(OURS), 0, TIME, id="renewed"),
        pytest.param(lease(THEIRS), 1, LATER, id="taken"),
        pytest.param(shards.build_release(lease(OURS), TIME), 1, LATER, id="taken-again"),
        pytest.param({"metadata": lease()["metadata"], "spec": {}}, 1, LATER, id="empty"),
    ],
)
def test_a_lease_that_is_written_over(before: Object, transitions: int, acquired: str) -> None:
    """Nobody could tell whether another had it in between, or what was added would be lost."""
    before["metadata"]["annotations"] = {"kept": "yes"}
    after = shards.build_lease(OURS, shards.name_of(before), shards.SHARD, LATER, before)
    assert after["spec"]["leaseTransitions"] == transitions
    assert (after["spec"]["acquireTime"], after["spec"]["renewTime"]) == (acquired, LATER)
    assert after["metadata"]["resourceVersion"] == "1"
    assert after["metadata"]["annotations"] == {"kept": "yes"}


def test_a_lease_that_is_given_up_names_nobody() -> None:
    """The next one would wait for it to expire."""
    given_up = shards.build_release(lease(), LATER)
    assert (shards.holder_of(given_up), given_up["spec"]["leaseDurationSeconds"]) == ("", 1)
    assert given_up["metadata"]["resourceVersion"] == "1"
    assert not shards.is_same_hold(given_up, lease())


def test_a_hold_that_another_interrupted_is_not_the_same() -> None:
    """A replica would go on where it was, though another was at work meanwhile."""
    taken = shards.build_lease(THEIRS, "a", shards.SHARD, LATER, lease(OURS))
    back = shards.build_lease(OURS, "a", shards.SHARD, LATER, taken)
    assert shards.is_same_hold(shards.build_lease(OURS, "a", shards.SHARD, LATER, back), back)
    assert not shards.is_same_hold(back, lease(OURS))
    assert not shards.is_same_hold(taken, lease(OURS))


def test_micro_time() -> None:
    """The API server would refuse the Lease; a time without its zone would be taken for UTC."""
    there = datetime.timezone(datetime.timedelta(hours=1))
    assert shards.micro_time(datetime.datetime(2026, 11, 24, 17, tzinfo=there)) == TIME


@pytest.mark.parametrize(
    ("looks", "held"),
    [
        pytest.param([], False, id="never-seen"),
        pytest.param([(0.0, lease())], True, id="just-seen"),
        pytest.param([(0.0, lease()), (9.9, lease())], True, id="not-yet"),
        pytest.param([(0.0, lease()), (10.5, lease())], False, id="expired"),
        pytest.param([(0.0, lease()), (9.0, lease(version=2)), (18.0, lease(version=2))], True),
        pytest.param([(0.0, lease(OURS))], False, id="our-own"),
        pytest.param([(0.0, shards.build_release(lease(), TIME))], False, id="given-up"),
        pytest.param([(0.0, None)], False, id="never-was"),
        pytest.param([(0.0, lease()), (9.0, None), (18.0, None)], True, id="deleted"),
        pytest.param([(0.0, lease()), (9.0, None), (19.5, None)], False, id="deleted-long-ago"),
        pytest.param([(0.0, lease()), (9.0, None), (9.5, lease()), (18.0, lease())], True),
    ],
)
def test_who_is_taken_to_hold_a_lease(
    looks: list[tuple[float, Object | None]], *, held: bool
) -> None:
    """Two would hold it, or nobody would."""
    name = shards.shard_lease_name(0)
    sightings = shards.Sightings(OURS.identity, 10)
    for time, seen in looks:
        sightings.take_in({name: seen} if seen else {}, [name], time, time + 0.1)
    assert sightings.is_held_by_other(name) is held


def test_an_answer_that_comes_late_proves_nothing_of_the_time_since() -> None:
    """A process that was stopped would take a Lease that was renewed meanwhile."""
    name = shards.shard_lease_name(0)
    sightings = shards.Sightings(OURS.identity, 10)
    sightings.take_in({name: lease()}, [name], 0, 0.1)
    sightings.take_in({name: lease()}, [name], 1, 60)
    assert sightings.is_held_by_other(name)
    assert sightings.unchanged(name) == pytest.approx(0.9)


def test_members_that_are_gone_are_forgotten() -> None:
    """Each pod that ever was would be remembered."""
    sightings = shards.Sightings(OURS.identity, 10)
    sightings.take_in({shards.name_of(lease()): lease()}, [], 0, 0)
    sightings.take_in({}, [], 60, 60)
    assert sightings.unchanged(shards.name_of(lease())) == 0
    assert not sightings.is_held_by_other(shards.name_of(lease()))
