"""The Leases of the shards: never two holders, whatever fails, and one again soon after."""

from __future__ import annotations

import asyncio
import copy
import datetime
import itertools
import random
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdf_security_operator import leader as leader_module
from pdf_security_operator import leases as leases_module
from pdf_security_operator import names, shards
from pdf_security_operator.errors import (
    ApiError,
    ConflictError,
    NotFoundError,
    UnavailableError,
)
from pdf_security_operator.leader import LOOK_SECONDS, Leader, identity_of
from pdf_security_operator.leases import LEASE_SECONDS, MARGIN_SECONDS, RENEW_SECONDS

Object = dict[str, Any]
Objects = list[Object]
Answer = TypeVar("Answer")

USABLE_SECONDS = LEASE_SECONDS - MARGIN_SECONDS
NAMESPACES = [f"namespace-{number}" for number in range(12)]
START = datetime.datetime(2026, 11, 24, 16, tzinfo=datetime.UTC)


class Store:
    """The Leases of a namespace, and what the API server does to them at once."""

    def __init__(self) -> None:
        self.leases: dict[str, Object] = {}
        self._numbers = itertools.count(1)

    def get(self, name: str) -> Object:
        if name not in self.leases:
            raise NotFoundError(404, name)
        return copy.deepcopy(self.leases[name])

    def create(self, lease: Object) -> Object:
        name = lease["metadata"]["name"]
        if name in self.leases:
            raise ConflictError(409, f"{name} exists")
        return self._put(lease, uid=f"uid-{next(self._numbers)}")

    def replace(self, lease: Object) -> Object:
        stored = self.get(lease["metadata"]["name"])
        if stored["metadata"]["resourceVersion"] != lease["metadata"]["resourceVersion"]:
            raise ConflictError(409, "the object has been modified")
        return self._put(lease)

    def delete(self, name: str, uid: str) -> None:
        if self.get(name)["metadata"]["uid"] != uid:
            raise ConflictError(409, "another uid")
        del self.leases[name]

    def list(self) -> Objects:
        found = copy.deepcopy([*self.leases.values()])
        return [it for it in found if shards.LEASE_LABEL in it["metadata"]["labels"]]

    def _put(self, lease: Object, **metadata: str) -> Object:
        lease = copy.deepcopy(lease)
        version = str(next(self._numbers))
        lease["metadata"] |= {**metadata, "resourceVersion": version}
        self.leases[lease["metadata"]["name"]] = lease
        return copy.deepcopy(lease)


class Link:
    """One replica's way to the store, which may fail."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.requests: list[str] = []
        self.is_down = False
        self.loses_answers = False
        self.on_write: Callable[[], None] | None = None
        """What happens, once, after a write went through and before that is known."""
        self.before_write: Callable[[Object], None] = lambda _: None

    async def get(self, name: str) -> Object:
        return await self.call("get", lambda: self._store.get(name))

    async def create(self, lease: Object) -> Object:
        return await self.call("create", lambda: self._store.create(lease))

    async def replace(self, lease: Object) -> Object:
        self.before_write(lease)
        return await self.call("replace", lambda: self._store.replace(lease))

    async def delete(self, name: str, uid: str) -> None:
        await self.call("delete", lambda: self._store.delete(name, uid))

    async def list(self) -> Objects:
        return await self.call("list", self._store.list)

    async def call(self, name: str, apply: Callable[[], Answer]) -> Answer:
        self.requests.append(name)
        await asyncio.sleep(0)
        if self.is_down:
            raise UnavailableError(0, "out of reach")
        answer = apply()
        if name == "replace" and self.on_write:
            happens, self.on_write = self.on_write, None
            happens()
        if self.loses_answers and name != "list":
            raise UnavailableError(0, "connection reset")
        return answer


class Replica:
    """A leader, its clock, and what it told."""

    def __init__(self, world: World, link: Link, number: int, count: int, rate: float = 1) -> None:
        self.link = link
        link.before_write = self._writes
        self.rate = rate
        self.told: set[int] = set()
        self.history: list[tuple[str, int]] = []
        self.wall_hours = 0
        self.leader = Leader(
            link,
            identity=identity_of(f"operator-{number}"),
            namespace="system",
            shard_count=count,
            on_gained=self._gained,
            on_lost=self._lost,
            now=lambda: 1000.0 * number + world.now * rate,
            wall=lambda: START + datetime.timedelta(seconds=world.now, hours=self.wall_hours),
        )

    def _writes(self, lease: Object) -> None:
        """What is given up must be over by then: another may begin before the answer is here."""
        if not shards.holder_of(lease):
            assert int(shards.name_of(lease).rpartition("-")[2]) not in self.told

    def _gained(self, shard: int) -> None:
        assert shard not in self.told
        self.told.add(shard)
        self.history.append(("gained", shard))

    def _lost(self, shard: int) -> None:
        self.told.remove(shard)
        self.history.append(("lost", shard))


class World:
    """Time, the store, and all replicas that ever were."""

    def __init__(self, count: int = 1) -> None:
        self.now = 0.0
        self.count = count
        self.store = Store()
        self.replicas: list[Replica] = []
        self.stopped: set[Replica] = set()

    def add(self) -> Replica:
        replica = Replica(self, Link(self.store), len(self.replicas), self.count)
        self.replicas.append(replica)
        return replica

    def held(self, replica: Replica) -> set[int]:
        return {shard for shard in range(self.count) if replica.leader.holds(shard)}

    async def passes(self, seconds: float) -> None:
        """Let all replicas that are not stopped do their rounds."""
        for _ in range(round(seconds / LOOK_SECONDS)):
            self.now += LOOK_SECONDS
            for replica in self.replicas:
                if replica not in self.stopped:
                    await replica.leader.round()
                self.check()

    def pass_by(self, seconds: float) -> None:
        """Let time go by in which nobody does anything."""
        self.now += seconds

    def check(self) -> None:
        """Nothing may be two replicas', a stopped one's included, nor anyone's who was not told."""
        for namespace in NAMESPACES:
            owners = [it for it in self.replicas if it.leader.owns(namespace)]
            assert len(owners) <= 1, f"{namespace} at {self.now}"
        for replica in self.replicas:
            assert self.held(replica) <= replica.told


@pytest.fixture
def world() -> World:
    """A world of one shard."""
    return World()


async def pair(world: World) -> tuple[Replica, Replica]:
    """Give a replica that leads, and one that stands by."""
    first, second = world.add(), world.add()
    await world.passes(5)
    assert (world.held(first), world.held(second)) == ({0}, set())
    return first, second


async def test_one_leads_and_asks_little(world: World) -> None:
    """Both would act, or the one that leads would load the API server for nothing."""
    first, second = await pair(world)
    first.link.requests.clear()
    await world.passes(60)
    assert (first.told, second.told) == ({0}, set())
    assert first.link.requests == ["replace"] * 20
    lease = world.store.leases["pdf-security-operator-shard-0"]
    assert lease["spec"]["leaseTransitions"] == 0
    assert lease["metadata"]["labels"][names.MANAGED_BY_LABEL] == names.MANAGED_BY


async def test_a_killed_one_is_followed(world: World) -> None:
    """Nothing would be done any more, or two would act."""
    first, second = await pair(world)
    world.stopped.add(first)
    killed = world.now
    while not world.held(second):
        await world.passes(LOOK_SECONDS)
    renewed_at_most = 3
    assert LEASE_SECONDS - renewed_at_most < world.now - killed <= LEASE_SECONDS + LOOK_SECONDS
    assert world.store.leases["pdf-security-operator-shard-0"]["spec"]["leaseTransitions"] == 1


async def test_one_that_stops_hands_over_at_once(world: World) -> None:
    """Each update of the operator would leave everything lying for seconds."""
    first, second = await pair(world)
    await first.leader.release()
    assert first.told == set()
    await world.passes(LOOK_SECONDS)
    assert world.held(second) == {0}
    await world.passes(30)
    assert world.held(first) == set()


async def test_one_that_was_stopped_knows_it_before_it_asks(world: World) -> None:
    """A process that was frozen would go on where it was, beside the one that took over."""
    first, second = await pair(world)
    world.stopped.add(first)
    await world.passes(60)
    first.link.requests.clear()
    assert not first.leader.holds(0)
    assert not first.leader.owns("legal")
    assert first.link.requests == []
    assert first.leader.seconds_since_round() >= 60
    world.stopped.clear()
    await world.passes(LOOK_SECONDS)
    assert (first.told, second.told) == (set(), {0})


async def test_it_stops_before_another_may_begin(world: World) -> None:
    """A clock that runs slow, or a request on its way, would reach into another's time."""
    first, _ = await pair(world)
    world.stopped.add(first)
    renewed = datetime.datetime.fromisoformat(
        world.store.leases["pdf-security-operator-shard-0"]["spec"]["renewTime"]
    )
    world.now = (renewed - START).total_seconds() + USABLE_SECONDS - 0.01
    assert first.leader.holds(0)
    world.now += 0.01
    assert not first.leader.holds(0)


async def test_it_goes_on_after_an_outage(world: World) -> None:
    """It would act unseen while the API server is away, or never again after."""
    first, second = await pair(world)
    first.link.is_down = second.link.is_down = True
    await world.passes(USABLE_SECONDS)
    for _ in range(300):
        assert not first.leader.holds(0)
        assert first.told == set()
        await world.passes(LOOK_SECONDS)
        assert first.leader.seconds_since_round() == 0
    first.link.is_down = False
    await world.passes(LOOK_SECONDS)
    assert first.history == [("gained", 0), ("lost", 0), ("gained", 0)]
    second.link.is_down = False
    await world.passes(30)
    assert (world.held(first), world.held(second)) == ({0}, set())


async def test_it_stays_out_when_another_took_over_in_an_outage(world: World) -> None:
    """It would take back what another is at work on."""
    first, second = await pair(world)
    first.link.is_down = True
    await world.passes(30)
    first.link.is_down = False
    await world.passes(30)
    assert (world.held(first), world.held(second)) == (set(), {0})


async def test_lost_answers_are_made_up_for(world: World) -> None:
    """It would take its own write for another's, and give way to nobody."""
    first, second = await pair(world)
    first.link.loses_answers = True
    await world.passes(4)
    first.link.loses_answers = False
    await world.passes(30)
    assert first.history == [("gained", 0)]
    assert not second.history


async def test_an_answer_that_comes_late_counts_from_when_it_was_asked_for(world: World) -> None:
    """Others count from when the write went through: they could have it, and we as well."""
    first, second = await pair(world)
    world.stopped.add(first)
    second.link.on_write = lambda: world.pass_by(USABLE_SECONDS)
    while second.link.on_write is not None:
        await world.passes(LOOK_SECONDS)
    assert not second.history
    await world.passes(LOOK_SECONDS)
    assert second.history == [("gained", 0)]
    second.link.on_write = lambda: world.pass_by(5)
    await world.passes(RENEW_SECONDS)
    assert second.leader.holds(0)
    world.pass_by(USABLE_SECONDS - 5)
    assert not second.leader.holds(0)


async def test_a_renewal_that_comes_too_late_begins_anew(world: World) -> None:
    """What was stopped in between would never be looked at again."""
    first, _ = await pair(world)
    first.link.on_write = lambda: world.pass_by(6)
    await world.passes(3)
    assert first.history == [("gained", 0), ("lost", 0), ("gained", 0)]


async def test_a_lease_whose_creation_was_not_answered(world: World) -> None:
    """It would wait for itself."""
    first = world.add()
    first.link.loses_answers = True
    await world.passes(1)
    assert not first.told
    first.link.loses_answers = False
    await world.passes(1)
    assert first.told == {0}


@pytest.mark.parametrize("hours", [-1, 1])
async def test_the_time_of_day_counts_for_nothing(world: World, hours: int) -> None:
    """A node whose clock is wrong would lose its Lease at once, or keep it for an hour."""
    first, second = world.add(), world.add()
    first.wall_hours = hours
    await world.passes(30)
    assert (world.held(first), world.held(second)) == ({0}, set())
    world.stopped.add(first)
    await world.passes(LEASE_SECONDS + LOOK_SECONDS)
    assert world.held(second) == {0}


@pytest.mark.parametrize("is_new", [True, False], ids=["creating", "taking"])
async def test_of_two_at_once_one_wins(world: World, *, is_new: bool) -> None:
    """Both would have it."""
    if not is_new:
        await world.add().leader.round()
        await world.replicas[0].leader.release()
    first, second = world.add(), world.add()
    await asyncio.gather(first.leader.round(), second.leader.round())
    world.check()
    assert len(world.held(first) | world.held(second)) == 1


async def test_a_lease_that_is_renewed_while_it_is_taken_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looked before the renewal and writes after it would have it as well."""
    first, second = await pair(world)
    through = second.link.list

    async def overtaken() -> Objects:
        listed = await through()
        await first.leader.round()
        return listed

    first.link.is_down = True
    await world.passes(USABLE_SECONDS)
    assert not first.told
    world.stopped |= {first, second}
    await world.passes(5)
    first.link.is_down = False
    monkeypatch.setattr(second.link, "list", overtaken)
    assert not second.told
    await second.leader.round()
    world.check()
    assert (world.held(first), world.held(second)) == ({0}, set())


async def test_a_deleted_lease_is_not_free_while_its_holder_may_not_know(world: World) -> None:
    """Who deletes a Lease would let two act at the same time."""
    first, second = await pair(world)
    del world.store.leases["pdf-security-operator-shard-0"]
    await second.leader.round()
    world.check()
    await world.passes(10)
    assert (world.held(first), world.held(second)) == ({0}, set())


async def test_a_lease_that_lost_its_labels_is_found_again(world: World) -> None:
    """Nobody would ever lead again."""
    first, second = await pair(world)
    world.stopped.add(first)
    lease = world.store.leases["pdf-security-operator-shard-0"]
    lease["metadata"] |= {"labels": {}, "resourceVersion": "1000"}
    await world.passes(3 * LEASE_SECONDS)
    assert world.held(second) == {0}


async def test_shards_are_shared_evenly() -> None:
    """One replica would do all the work, or some of it would be nobody's."""
    world = World(count=4)
    first, second = world.add(), world.add()
    await world.passes(5)
    assert [len(world.held(it)) for it in world.replicas] == [2, 2]
    third = world.add()
    await world.passes(15)
    assert all(len(world.held(it)) <= 2 for it in world.replicas)
    assert set.union(*map(world.held, world.replicas)) == {0, 1, 2, 3}
    world.stopped.add(first)
    for _ in range(LEASE_SECONDS + 2):
        await world.passes(LOOK_SECONDS)
        assert len(world.held(second)) == 2
    assert world.held(second) | world.held(third) == {0, 1, 2, 3}


async def test_what_is_given_up_is_not_taken_back() -> None:
    """Replicas that join and are slow would never get their share."""
    world = World(count=6)
    first = world.add()
    await world.passes(3)
    others = {world.add() for _ in range(3)}
    for replica in others:
        await replica.leader.round()
    world.stopped |= others
    await world.passes(5)
    assert world.held(first) == {0, 1}


async def test_what_is_left_of_members_is_removed() -> None:
    """A Lease would be left of each pod that ever was; one that only sleeps comes back."""
    world = World(count=2)
    first, second = world.add(), world.add()
    await world.passes(5)
    assert len(world.store.leases) == 4
    world.stopped.add(second)
    await world.passes(11 * LEASE_SECONDS - 5)
    assert len(world.store.leases) == 4
    await world.passes(10)
    assert len(world.store.leases) == 3
    world.stopped.clear()
    await world.passes(15)
    assert (len(world.held(first)), len(world.held(second))) == (1, 1)
    await second.leader.release()
    assert len(world.store.leases) == 3


@pytest.mark.parametrize(("old", "new"), [(1, 3), (3, 1), (2, 3)])
async def test_a_changed_number_of_shards_waits_for_the_old_ones(old: int, new: int) -> None:
    """In an update that changes it, two would act on a namespace that is cut out differently."""
    world = World(count=old)
    first = world.add()
    await world.passes(3)
    world.count = new
    second = world.add()
    await world.passes(30)
    assert not second.told
    written = {name for name, it in world.store.leases.items() if shards.is_kind(it, shards.SHARD)}
    assert written == {shards.shard_lease_name(shard) for shard in range(old)}
    await first.leader.release()
    await world.passes(3)
    assert second.told == set(range(new))


async def test_release_is_bounded_and_harmless(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop would hang on an API server that does not answer, or fail where nothing is held."""
    monkeypatch.setattr(leader_module, "REQUEST_SECONDS", 0.01)
    first, second = await pair(world)
    await second.leader.release()

    async def silent(*_: Any) -> Any:
        await asyncio.sleep(3600)

    monkeypatch.setattr(first.link, "call", silent)
    await asyncio.wait_for(first.leader.release(), 1)
    assert first.told == set()
    await first.leader.round()
    await first.leader.release()


async def test_the_loop_outlives_silence_and_refusals(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request without an answer would end the operator, or hold it up for ever."""
    monkeypatch.setattr(leader_module, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(leases_module, "REQUEST_SECONDS", 0.001)
    first = world.add()
    answers = itertools.count()
    through = first.link.call

    async def unreliable(name: str, apply: Callable[[], Any]) -> Any:
        number = next(answers)
        if number % 3 == 0:
            await asyncio.sleep(3600)
        if number % 3 == 1:
            raise ApiError(403, "forbidden")
        return await through(name, apply)

    monkeypatch.setattr(first.link, "call", unreliable)
    run = asyncio.create_task(first.leader.run())
    await until(lambda: next(answers) > 30)
    monkeypatch.setattr(first.link, "call", through)
    await until(lambda: bool(first.told))
    await first.leader.release()
    await asyncio.wait_for(run, 1)


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what comes within milliseconds, or fail."""
    for _ in range(5000):
        if holds():
            return
        await asyncio.sleep(0.001)
    pytest.fail("it never came")


def test_identities_differ() -> None:
    """A restarted container would take the Lease of its forerunner for its own."""
    assert identity_of("operator-0") != identity_of("operator-0")
    assert identity_of("operator-0").startswith("operator-0_")


class Request:
    """A request on its way: applied some time, answered some time, or neither."""

    def __init__(self, apply: Callable[[], Any]) -> None:
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.is_applied = False
        self._apply = apply
        self._outcome: Any = None

    def arrive(self) -> None:
        self.is_applied = True
        try:
            self._outcome = self._apply()
        except ApiError as error:
            self._outcome = error

    def return_(self) -> None:
        if isinstance(self._outcome, ApiError):
            self.answer.set_exception(self._outcome)
        else:
            self.answer.set_result(self._outcome)

    def is_open(self) -> bool:
        return not self.answer.done()


class SlowLink(Link):
    """A link whose requests take as long as it pleases those who watch."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.underway: list[Request] = []

    async def call(self, name: str, apply: Callable[[], Answer]) -> Answer:
        request = Request(apply)
        self.underway.append(request)
        answer: Answer = await request.answer
        return answer


class Storm(World):
    """A world in which everything happens at random, and nothing may go wrong."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        super().__init__(self.random.choice([1, 1, 2, 3, 4]))
        self.is_mixed = self.random.random() < 0.3
        self.links: dict[Replica, SlowLink] = {}
        self.rounds: dict[Replica, asyncio.Task[None]] = {}
        for _ in range(self.random.randint(2, 4)):
            self.join()

    def join(self) -> None:
        link = SlowLink(self.store)
        count = self.random.randint(1, 3) if self.is_mixed else self.count
        rate = self.random.uniform(0.95, 1.05)
        replica = Replica(self, link, len(self.replicas), count, rate)
        self.replicas.append(replica)
        self.links[replica] = link

    async def settle(self) -> None:
        for _ in range(8):
            await asyncio.sleep(0)
        for task in self.rounds.values():
            if task.done():
                task.result()
        self.check()

    async def step(self) -> None:
        """Let one thing happen."""
        replica = self.random.choice(self.replicas)
        chance = self.random.random()
        if chance < 0.2:
            self.now += self.random.choice([0.1, 0.5, 1, 1, 2])
        elif chance < 0.205:
            self.now += self.random.uniform(0, 30)
        elif chance < 0.22:
            self.stopped ^= {replica}
        elif chance < 0.223 and len(self.replicas) < 7:
            self.stopped.add(replica)
            self.join()
        elif replica not in self.stopped and not self.links[replica].underway:
            if self.random.random() < 0.01:
                self.rounds[replica] = asyncio.create_task(replica.leader.release())
            elif replica not in self.rounds or self.rounds[replica].done():
                self.rounds[replica] = asyncio.create_task(replica.leader.round())
        else:
            for _ in range(self.random.choice([1, 2, 6])):
                self.move(replica)
                await self.settle()
        await self.settle()

    def move(self, replica: Replica) -> None:
        """Bring one of its requests a step further, or to nothing; also while it is stopped."""
        underway = self.links[replica].underway
        for request in self.random.sample(underway, min(1, len(underway))):
            if not request.is_applied and self.random.random() < 0.9:
                request.arrive()
            elif replica not in self.stopped and request.is_open():
                if request.is_applied and self.random.random() < 0.9:
                    request.return_()
                else:
                    request.answer.set_exception(UnavailableError(0, "no answer"))
            # One that was given up on may still arrive.
            if request.is_applied and not request.is_open():
                underway.remove(request)

    async def calm(self) -> None:
        """Let everything go well for a while, with one new replica."""
        self.join()
        for _ in range(40):
            self.now += LOOK_SECONDS
            for replica in self.replicas:
                if replica in self.stopped:
                    continue
                for _ in range(30):
                    for request in list(self.links[replica].underway):
                        if not request.is_applied:
                            request.arrive()
                        if request.is_open():
                            request.return_()
                    self.links[replica].underway.clear()
                    await self.settle()
                    if self.rounds.get(replica) is None or self.rounds[replica].done():
                        break
                self.rounds[replica] = asyncio.create_task(replica.leader.round())
                await self.settle()


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_never_two_whatever_happens(seed: int) -> None:
    """Two replicas would act on the same namespace, or none would for ever."""

    async def storm() -> None:
        storm = Storm(seed)
        for _ in range(400):
            await storm.step()
        await storm.calm()
        if not storm.is_mixed:
            assert set.union(*map(storm.held, storm.replicas)) == set(range(storm.count))
        for task in storm.rounds.values():
            task.cancel()
        await asyncio.gather(*storm.rounds.values(), return_exceptions=True)

    asyncio.run(storm())
