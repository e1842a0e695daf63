"""The work queue: nothing twice at a time, nothing forgotten, nobody crowded out."""

from __future__ import annotations

import asyncio

import pytest

from pdf_security_operator import queue as queue_module
from pdf_security_operator.queue import LANE_SHARE, FairQueue, Turn


async def drained(queue: FairQueue[str]) -> list[str]:
    """Take everything that is in line now."""
    taken = []
    while len(queue):
        key, _ = await queue.get()
        taken.append(key)
        queue.done(key)
    return taken


async def test_once_however_often_it_is_added() -> None:
    """A burst of events of one job would be worked on one by one."""
    queue: FairQueue[str] = FairQueue()
    for _ in range(5):
        queue.add("a", Turn("x"))
    assert await drained(queue) == ["a"]


async def test_never_twice_at_the_same_time() -> None:
    """Two workers would bring the same job forward side by side, and create its Job twice."""
    queue: FairQueue[str] = FairQueue()
    queue.add("a", Turn("x"))
    key, _ = await queue.get()
    queue.add("a", Turn("x"))
    assert len(queue) == 0
    queue.done(key)
    assert await drained(queue) == ["a"]


async def test_groups_take_turns() -> None:
    """A namespace with a thousand jobs would hold up one with a single job."""
    queue: FairQueue[str] = FairQueue()
    for number in range(100):
        queue.add(f"many-{number}", Turn("many"))
    queue.add("one", Turn("one"))
    assert (await drained(queue)).index("one") <= 1


@pytest.mark.parametrize(
    ("entries", "order"),
    [
        pytest.param([("a", 0, "2"), ("b", 0, "1")], ["b", "a"], id="older-first"),
        pytest.param([("a", 0, "1"), ("b", 5, "2")], ["b", "a"], id="priority-before-age"),
        pytest.param([("a", 0, ""), ("b", 0, "")], ["a", "b"], id="as-they-came"),
    ],
)
async def test_order(entries: list[tuple[str, int, str]], order: list[str]) -> None:
    """An urgent job would wait behind the others of its namespace."""
    queue: FairQueue[str] = FairQueue()
    for key, priority, age in entries:
        queue.add(key, Turn("x", priority, age))
    assert await drained(queue) == order


async def test_delay_gives_way_to_an_event() -> None:
    """A job that something happened to would wait for its next look, and then be seen twice."""
    queue: FairQueue[str] = FairQueue()
    queue.add("a", Turn("x"), after=0.02)
    assert len(queue) == 0
    queue.add("a", Turn("x"))
    assert await drained(queue) == ["a"]
    await asyncio.sleep(0.05)
    assert len(queue) == 0


async def test_delay_ends() -> None:
    """What is to be looked at again later never would be."""
    queue: FairQueue[str] = FairQueue()
    queue.add("a", Turn("x"), after=0.01)
    key, _ = await asyncio.wait_for(queue.get(), 5)
    assert key == "a"


@pytest.mark.parametrize(("first", "then"), [(0.02, 30), (30, 0.02)])
async def test_the_sooner_of_two_delays_holds(first: float, then: float) -> None:
    """A step of a Job would wait for the next look at it; or each step would put that look off."""
    queue: FairQueue[str] = FairQueue()
    queue.add("a", Turn("x"), after=first)
    queue.add("a", Turn("x"), after=then)
    key, _ = await asyncio.wait_for(queue.get(), 5)
    assert key == "a"
    queue.done(key)
    assert await drained(queue) == []


async def test_what_can_wait_as_long_comes_together() -> None:
    """Each would wake the process for itself, which costs more than what there is to do then."""
    queue: FairQueue[str] = FairQueue()
    # Just after a multiple of the time: before the next there is enough of it for all.
    await asyncio.sleep(0.41 - asyncio.get_running_loop().time() % 0.4)
    for key in ("a", "b", "c", "d"):
        queue.add(key, Turn(), within=0.4)
        await asyncio.sleep(0.02)
    assert len(queue) == 0
    await queue.get()
    assert len(queue) == 3


async def test_failures_back_off_and_are_forgiven(monkeypatch: pytest.MonkeyPatch) -> None:
    """An API server in trouble would be asked ever faster, or a mended one ever slower."""
    monkeypatch.setattr(queue_module, "FIRST_DELAY_SECONDS", 10.0)
    queue: FairQueue[str] = FairQueue()
    first, second = queue.retry("a", Turn("x")), queue.retry("a", Turn("x"))
    assert 10 <= first <= 13
    assert 20 <= second <= 26
    assert queue.retry("a", Turn("x"), at_least=50) >= 50
    queue.forgive("a")
    assert queue.retry("a", Turn("x")) <= 13
    for _ in range(30):
        longest = queue.retry("a", Turn("x"))
    assert longest <= queue_module.LONGEST_DELAY_SECONDS * 1.3


async def test_every_waiting_worker_is_woken() -> None:
    """Workers would sleep beside a full queue."""
    queue: FairQueue[str] = FairQueue()
    workers = [asyncio.create_task(queue.get()) for _ in range(3)]
    await asyncio.sleep(0)
    for key in ("a", "b", "c"):
        queue.add(key, Turn(key))
    handed = await asyncio.wait_for(asyncio.gather(*workers), 5)
    assert sorted(key for key, _ in handed) == ["a", "b", "c"]


async def test_what_can_wait_lets_the_others_go_first_and_never_starves() -> None:
    """Statuses would hold up the creation of Jobs, or not be written while Jobs keep coming."""
    queue: FairQueue[str] = FairQueue()
    for number in range(3):
        queue.add(f"late-{number}", Turn("x", can_wait=True))
    for number in range(2 * LANE_SHARE):
        queue.add(f"first-{number}", Turn("x"))
    order = await drained(queue)
    places = [order.index(f"late-{number}") for number in range(3)]
    assert places == [LANE_SHARE, 2 * LANE_SHARE + 1, 2 * LANE_SHARE + 2]


async def test_tells_how_long_a_key_stood_in_line() -> None:
    """A queue that falls behind would look like a slow API server."""
    queue: FairQueue[str] = FairQueue()
    queue.add("a", Turn("x"))
    await asyncio.sleep(0.05)
    _, seconds = await queue.get()
    assert 0.05 <= seconds < 5
