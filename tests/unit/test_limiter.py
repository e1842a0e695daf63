"""The rate limiter, on a loop whose time passes only while everybody sleeps."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdf_security_operator.limiter import JITTER, LONGEST_HOLD_SECONDS, Limiter

Result = TypeVar("Result")

TOLERANCE = 1e-6
"""Seconds: what floating point may lose."""


class Selector(selectors.DefaultSelector):
    """In place of waiting, time goes on."""

    now = 1000.0

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "everybody waits, and nobody for a time"
        self.now += max(0.0, timeout)
        return super().select(0)


class Loop(asyncio.SelectorEventLoop):
    """A loop whose clock is its selector's."""

    def __init__(self) -> None:
        self.selector = Selector()
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.now


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end, in no time."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(work)


def limiter_of(rate: float, burst: int) -> Limiter:
    return Limiter(rate, burst, clock=asyncio.get_running_loop().time)


async def note(limiter: Limiter, name: int, passed: list[tuple[int, float]]) -> None:
    """Go through, and write down when."""
    began = asyncio.get_running_loop().time()
    waited = await limiter.acquire()
    now = asyncio.get_running_loop().time()
    assert waited == pytest.approx(now - began, abs=TOLERANCE)
    passed.append((name, now))


async def arrivals(
    limiter: Limiter, gaps: list[float], hold: tuple[int, float] | None = None
) -> list[tuple[int, float]]:
    """Let one come after each gap; before the one of that number, hold all for so long."""
    passed: list[tuple[int, float]] = []
    async with asyncio.TaskGroup() as tasks:
        for number, gap in enumerate(gaps):
            await asyncio.sleep(gap)
            if hold and hold[0] == number:
                limiter.hold(hold[1])
            tasks.create_task(note(limiter, number, passed))
            await asyncio.sleep(0)
    return passed


rates = st.floats(min_value=0.1, max_value=1000)
bursts = st.integers(min_value=1, max_value=20)
gaps = st.lists(st.floats(min_value=0, max_value=2), min_size=1, max_size=40)


@settings(deadline=None)
@given(rate=rates, burst=bursts, gaps=gaps)
def test_never_more_than_the_rate_and_in_order(rate: float, burst: int, gaps: list[float]) -> None:
    """The API server would be asked more than was agreed, or somebody would be overtaken."""

    async def scene() -> list[tuple[int, float]]:
        return await arrivals(limiter_of(rate, burst), gaps)

    passed = run(scene())
    assert [name for name, _ in passed] == list(range(len(gaps)))
    times = [time for _, time in passed]
    for first in range(len(times)):
        for last in range(first, len(times)):
            window = times[last] - times[first] + TOLERANCE
            assert last - first + 1 <= burst + rate * window


@settings(deadline=None)
@given(rate=rates, burst=bursts, gaps=gaps, seconds=st.floats(min_value=0.1, max_value=100))
def test_nobody_passes_a_hold(rate: float, burst: int, gaps: list[float], seconds: float) -> None:
    """A server that asked for a pause would be asked again at once."""
    at = len(gaps) // 2

    async def scene() -> tuple[float, list[tuple[int, float]]]:
        passed = await arrivals(limiter_of(rate, burst), gaps, hold=(at, seconds))
        return 1000.0 + sum(gaps[: at + 1]), passed

    held_at, passed = run(scene())
    bounded = min(seconds, LONGEST_HOLD_SECONDS)
    for name, time in passed:
        assert time < held_at + TOLERANCE or time > held_at + bounded - TOLERANCE, name
    assert [name for name, _ in passed] == list(range(len(gaps)))


@settings(deadline=None)
@given(
    rate=st.floats(min_value=0.5, max_value=50),
    burst=bursts,
    leaving=st.sets(st.integers(min_value=0, max_value=29), max_size=29),
    after=st.floats(min_value=0, max_value=3),
)
def test_who_leaves_takes_no_token(
    rate: float, burst: int, leaving: set[int], after: float
) -> None:
    """Requests that time out in line would use up the rate of others, or stop the line for ever."""

    async def scene() -> tuple[list[tuple[int, float]], float]:
        limiter, passed = limiter_of(rate, burst), list[tuple[int, float]]()
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(note(limiter, name, passed)) for name in range(30)]
        await asyncio.sleep(after)
        for name in leaving:
            tasks[name].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return passed, loop.time()

    passed, ended = run(scene())
    names = [name for name, _ in passed]
    assert names == sorted(names)
    assert set(range(30)) - leaving <= set(names)
    # As if the others had been alone: the last goes with the token that is its own.
    due = max(0.0, (len(passed) - burst) / rate)
    assert ended <= 1000 + max(after, due) + TOLERANCE


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        pytest.param([10, 1], 10, id="shorter-changes-nothing"),
        pytest.param([1, 10], 10, id="longer-wins"),
        pytest.param([float("inf")], LONGEST_HOLD_SECONDS, id="bounded"),
        pytest.param([float("nan"), -5, 0], 0, id="nonsense"),
    ],
)
def test_longest_hold_wins(holds: list[float], expected: float) -> None:
    """A late short pause would cut a long one; an absurd one would stop the operator for good."""

    async def scene() -> float:
        limiter = limiter_of(10, 5)
        for seconds in holds:
            limiter.hold(seconds)
        return await limiter.acquire()

    waited = run(scene())
    assert expected <= waited + TOLERANCE
    assert waited <= expected * (1 + JITTER) + TOLERANCE


def test_hold_that_grows_while_some_wait() -> None:
    """Whoever already waits for a pause to end would not see that it was made longer."""

    async def scene() -> float:
        limiter = limiter_of(10, 5)
        limiter.hold(5)
        waiting = asyncio.ensure_future(limiter.acquire())
        await asyncio.sleep(4)
        limiter.hold(20)
        return await waiting

    assert run(scene()) >= 24 - TOLERANCE


def test_come_back_one_by_one() -> None:
    """All that a pause stopped would come back in one instant, and overload the server again."""

    async def scene() -> list[tuple[int, float]]:
        return await arrivals(limiter_of(10_000, 1000), [0.0] * 200, hold=(0, 10))

    times = [time - 1000 for _, time in run(scene())]
    assert times[0] >= 10 - TOLERANCE
    assert times[-1] <= 10 * (1 + JITTER) + 0.2
    quarters = [sum(10 + 0.5 * n <= time < 10.5 + 0.5 * n for time in times) for n in range(4)]
    assert min(quarters) > 20, quarters


def test_no_turn_of_the_loop_while_there_are_tokens() -> None:
    """Each request would cost a turn of the loop, although nothing is to be waited for."""
    limiter = Limiter(1, 2, clock=lambda: 0.0)
    for _ in range(2):
        with pytest.raises(StopIteration) as ended:
            limiter.acquire().send(None)
        assert ended.value.value == 0.0


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_refuses_what_lets_nobody_through(rate: float, burst: int) -> None:
    """A mistyped setting would stop the operator without a word."""
    with pytest.raises(ValueError, match="above 0"):
        Limiter(rate, burst)
