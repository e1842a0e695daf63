"""Lines before the places of a class: fair between namespaces, and nobody waits for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdf_security_operator.admission import Claim, Obstacle, obstacle_of
from pdf_security_operator.api import Concurrency
from pdf_security_operator.identity import Key
from pdf_security_operator.line import OVERTAKINGS, Line, Ticket, rounded
from pdf_security_operator.reconcile import (
    LONGEST_WAIT_SECONDS,
    LOOKS_PER_SECOND,
    WAIT_SECONDS,
    seconds_in_line,
)
from pdf_security_operator.turnstile import Turnstile


def ticket(
    namespace: str,
    name: str,
    *,
    user: str = "anna",
    priority: int = 0,
    age: str = "0",
    size: int = 1,
) -> Ticket:
    """Give a ticket of the class `standard`."""
    claim = Claim("standard", namespace, user, size)
    return Ticket(claim, (-priority, age, Key(namespace, name)))


class Class:
    """A class with limits, and what runs of it."""

    def __init__(self, **concurrency: Any) -> None:
        self.concurrency = Concurrency.model_validate(concurrency)
        self.turnstile = Turnstile()

    def apply(self, wanted: Ticket) -> str:
        """Ask for a place; return the reason why not, empty where it is held."""
        refusal = self.turnstile.apply(wanted, job(wanted.key), self.concurrency)
        return refusal[0].reason if refusal else ""

    def let_in(self) -> list[str]:
        """Give the freed places away; name who got them."""
        if self.turnstile.take_freed():
            self.turnstile.let_in("standard", self.concurrency)
        return [key.name for key in self.turnstile.take_let_in()]

    def end(self, wanted: Ticket) -> list[str]:
        """Let a job end; name who got its place."""
        self.turnstile.return_unused(job(wanted.key))
        return self.let_in()


def job(key: Key) -> Key:
    """Give the key of a Job."""
    return Key(key.namespace, f"{key.name}-job")


def served(line: Line, count: int, weight_of: Callable[[str], int] = lambda _: 1) -> Counter[str]:
    """Count by namespace who is taken when nothing is in the way."""

    def nothing(_: Claim) -> Obstacle | None:
        return None

    taken = [line.take_next(nothing, weight_of) for _ in range(count)]
    return Counter(one.claim.namespace for one in taken if one)


def test_a_burst_delays_others_by_its_share_only() -> None:
    """A namespace with a thousand jobs would keep one with a single job waiting for them all."""
    line = Line()
    for number in range(1000):
        line.join(ticket("busy", f"{number:04}", age=f"{number:04}"))
    assert served(line, 100) == {"busy": 100}
    line.join(ticket("calm", "one", age="9999"))
    # It comes new, and is owed nothing for the time when it wanted nothing, nor owes for it.
    assert served(line, 2)["calm"] == 1


def test_namespaces_go_by_weight() -> None:
    """The administrator's shares would mean nothing."""
    line = Line()
    for number in range(100):
        for namespace in ("a", "b", "c"):
            line.join(ticket(namespace, str(number)))
    weights = {"a": 4, "b": 2, "c": 1}
    assert served(line, 70, weights.__getitem__) == {"a": 40, "b": 20, "c": 10}


def test_who_leaves_and_comes_back_still_owes() -> None:
    """One job at a time, each created as the one before starts, would go before all others."""
    line = Line()
    for number in range(100):
        line.join(ticket("busy", f"{number:02}"))
    got = 0
    for number in range(40):
        line.join(ticket("sly", str(number), age="99"))
        got += served(line, 1)["sly"]
    assert got <= 21


def test_within_a_namespace_priority_then_age() -> None:
    """An urgent job would wait behind older ones, or a young one go before an old one."""
    one = Class(total=1)
    assert one.apply(ticket("legal", "first")) == ""
    waiting = [
        ticket("legal", "young", age="2"),
        ticket("legal", "old", age="1"),
        ticket("legal", "urgent", age="3", priority=5),
    ]
    assert [one.apply(each) for each in waiting] == ["ConcurrencyLimit"] * 3
    assert one.end(ticket("legal", "first")) == ["urgent"]
    assert one.end(waiting[2]) == ["old"]


def test_nobody_finds_the_place_that_was_freed_for_another() -> None:
    """Whoever comes in the right moment would go before all who wait."""
    one = Class(total=1)
    first, second = ticket("legal", "first"), ticket("legal", "second", age="1")
    assert one.apply(first) == ""
    assert one.apply(second) == "ConcurrencyLimit"
    one.turnstile.return_unused(job(first.key))
    assert one.apply(ticket("legal", "third", age="2")) == "ConcurrencyLimit"
    assert [key.name for key in one.turnstile.take_let_in()] == ["second"]
    assert one.apply(second) == ""


@pytest.mark.parametrize(
    ("limits", "blocked", "reason"),
    [
        pytest.param({"perUser": 1}, ticket("legal", "b"), "UserConcurrencyLimit", id="user"),
        pytest.param(
            {"perNamespace": 1},
            ticket("legal", "b", user="ben"),
            "NamespaceConcurrencyLimit",
            id="namespace",
        ),
        pytest.param(
            {"memory": {"perUser": 1}}, ticket("legal", "b"), "UserMemoryLimit", id="users-memory"
        ),
    ],
)
def test_a_limit_of_ones_own_keeps_nobody_else(
    limits: dict[str, Any], blocked: Ticket, reason: str
) -> None:
    """One user's or namespace's burst would stand before everybody else."""
    one = Class(**limits)
    assert one.apply(ticket("legal", "a")) == ""
    assert one.apply(blocked) == reason
    assert one.apply(ticket("tax", "c", user="carl", age="9")) == ""


def test_a_large_job_is_overtaken_so_often_and_no_more() -> None:
    """One large job would keep places empty, or wait for ever while small ones pass it."""
    one = Class(memory={"total": 10})
    small = [ticket("tax", f"{number:03}", age=f"{number:03}") for number in range(100)]
    assert one.apply(small[0]) == ""
    assert one.apply(ticket("legal", "large", size=10)) == "MemoryLimit"
    running = [small[0]]
    passed = 0
    for each in small[1:]:
        if one.apply(each):
            break
        passed += 1
        running.append(each)
        if len(running) > 5:
            one.end(running.pop(0))
    assert passed == OVERTAKINGS
    let_in = [name for each in running for name in one.end(each)]
    assert let_in[0] == "large"


def test_says_roughly_where_in_line() -> None:
    """People would not know whether to wait minutes or days."""
    line = Line()
    for number in range(100):
        line.join(ticket("busy", f"{number:03}", age=f"{number:03}"))
    line.join(ticket("calm", "one"))
    assert line.position_of(Key("busy", "000"), lambda _: 1) == 1
    assert line.position_of(Key("busy", "099"), lambda _: 1) == 100
    assert line.position_of(Key("calm", "one"), lambda _: 1) == 1
    assert [rounded(place) for place in (0, 9, 12, 700)] == [0, 9, 16, 512]


@pytest.mark.parametrize("waiting", [1, 3_000, 50_000])
def test_a_long_line_is_looked_at_no_more_often_than_a_short_one(waiting: int) -> None:
    """Would break: what a line costs grows with its length, until nothing else gets done."""
    looks = sum(1 / seconds_in_line(position, waiting) for position in range(waiting))
    assert looks <= LOOKS_PER_SECOND * 1.5
    assert seconds_in_line(0, waiting) == WAIT_SECONDS
    assert seconds_in_line(10**6, waiting) >= LONGEST_WAIT_SECONDS


def test_nobody_is_left_behind() -> None:
    """Those that wait no more would fill the memory, or be let in and hold a place for ever."""
    one = Class(total=1)
    first, second = ticket("legal", "first"), ticket("legal", "second")
    one.apply(first)
    one.apply(second)
    assert one.turnstile.waiting() == {"standard": 1}
    one.turnstile.leave(second.key)
    one.turnstile.leave(second.key)
    assert not one.turnstile.is_waiting(second.key)
    assert one.end(first) == []
    assert one.turnstile.places.classes() == {}


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.integers(0, 3)), max_size=60
    ),
    st.integers(1, 5),
    st.integers(1, 3),
)
def test_all_are_let_in_at_last_and_never_too_many(
    jobs: list[tuple[str, str, int]], total: int, per_user: int
) -> None:
    """A job would be forgotten in line, or a class would run more than it allows."""
    one = Class(total=total, perUser=per_user, memory={"total": 6})
    tickets = [
        ticket(namespace, str(number), user=user, size=size, age=f"{number:03}")
        for number, (namespace, user, size) in enumerate(jobs)
    ]
    running = [each for each in tickets if not one.apply(each)]
    done = 0
    while running:
        users = Counter(each.claim.user for each in running)
        assert len(running) <= total
        assert max(users.values()) <= per_user
        assert sum(each.claim.memory for each in running) <= 6
        let_in = set(one.end(running.pop(0)))
        done += 1
        running += [each for each in tickets if each.key.name in let_in]
    assert done == len(tickets)
    for each in tickets:
        claim = each.claim
        assert obstacle_of(one.concurrency, one.turnstile.places.running(claim), 0) is None
