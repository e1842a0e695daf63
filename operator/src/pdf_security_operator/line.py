"""Who waits for a place of a class, and who of them is next. Pure; knows no Kubernetes.

Namespaces take turns, by weight; within one it goes by priority, then by age. Whoever is kept from
starting by a limit of its own keeps nobody else: neither a user the others of the namespace, nor a
namespace the others of the class.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import log2

from pdf_security_operator.admission import Claim, Obstacle, Scope
from pdf_security_operator.identity import Key

Order = tuple[int, str, Key]
"""Whose turn comes first in a namespace: priority negated, time of creation, key."""

OVERTAKINGS = 16
"""Times that smaller jobs go before one for which there is too little memory: then all wait until
there is enough, or it would wait for ever."""


@dataclass(frozen=True)
class Ticket:
    """One that waits: what it would take, and its order among its namespace's."""

    claim: Claim
    order: Order

    @property
    def key(self) -> Key:
        """Key of the resource."""
        return self.order[2]


class Line:
    """Those that wait for one class."""

    def __init__(self) -> None:
        self._tickets: dict[Key, Ticket] = {}
        self._orders: dict[str, dict[str, list[Order]]] = {}
        """Namespace -> user -> what waits, sorted."""
        self._turns: dict[str, float] = {}
        """Namespace -> places that it was given, each divided by its weight."""
        self._floor = 0.0
        """The turn that was given last: who comes new begins here, and owes and is owed nothing."""
        self._overtaken: dict[Key, int] = {}

    def __len__(self) -> int:
        """Count those that wait."""
        return len(self._tickets)

    def __contains__(self, key: Key) -> bool:
        """Whether one waits."""
        return key in self._tickets

    def join(self, ticket: Ticket) -> None:
        """Let one wait."""
        known = self._tickets.get(ticket.key)
        if known == ticket:
            return
        if known:
            self.leave(ticket.key)
        namespace = ticket.claim.namespace
        if namespace not in self._orders:
            self._turns[namespace] = max(self._turns.get(namespace, 0.0), self._floor)
        self._tickets[ticket.key] = ticket
        users = self._orders.setdefault(namespace, {})
        insort(users.setdefault(ticket.claim.user, []), ticket.order)

    def leave(self, key: Key) -> None:
        """Let one wait no more."""
        ticket = self._tickets.pop(key, None)
        if ticket is None:
            return
        self._overtaken.pop(key, None)
        users = self._orders[ticket.claim.namespace]
        orders = users[ticket.claim.user]
        del orders[bisect_left(orders, ticket.order)]
        if not orders:
            del users[ticket.claim.user]
        if not users:
            del self._orders[ticket.claim.namespace]
            # What a namespace was given beyond the others it still owes when it comes back soon.
            self._turns = {
                name: turn
                for name, turn in self._turns.items()
                if turn > self._floor or name in self._orders
            }

    def take_next(
        self, obstacle_to: Callable[[Claim], Obstacle | None], weight_of: Callable[[str], int]
    ) -> Ticket | None:
        """Take out the one whose turn it is; None while nobody who waits may start.

        Args:
            obstacle_to: what keeps one from starting.
            weight_of: how many turns a namespace has for one of the others.
        """
        overtaken: list[Key] = []
        for namespace in sorted(self._orders, key=lambda name: self._turns[name]):
            for ticket in self._heads(namespace):
                obstacle = obstacle_to(ticket.claim)
                if obstacle is None:
                    self._give(ticket, weight_of(namespace), overtaken)
                    return ticket
                if obstacle.scope is Scope.USER:
                    continue
                if obstacle.scope is Scope.TOTAL:
                    if not obstacle.is_size or self._overtaken.get(ticket.key, 0) >= OVERTAKINGS:
                        return None
                    overtaken.append(ticket.key)
                break
        return None

    def position_of(self, key: Key, weight_of: Callable[[str], int]) -> int:
        """Estimate how many go before one, if all have jobs of the same length."""
        ticket = self._tickets[key]
        own = ticket.claim.namespace
        rank = sum(bisect_left(orders, ticket.order) for orders in self._orders[own].values())
        turns = (rank + 1) / weight_of(own)
        others = (
            min(sum(map(len, users.values())), int(turns * weight_of(namespace)))
            for namespace, users in self._orders.items()
            if namespace != own
        )
        return rank + sum(others)

    def _heads(self, namespace: str) -> Iterator[Ticket]:
        """Give the first of each user, in their order."""
        for order in sorted(orders[0] for orders in self._orders[namespace].values()):
            yield self._tickets[order[2]]

    def _give(self, ticket: Ticket, weight: int, overtaken: list[Key]) -> None:
        namespace = ticket.claim.namespace
        self._floor = self._turns[namespace]
        self._turns[namespace] += 1 / weight
        self.leave(ticket.key)
        for key in overtaken:
            self._overtaken[key] = self._overtaken.get(key, 0) + 1


def rounded(position: int) -> int:
    """Round a place in line, so that not every step of thousands is worth a status write."""
    return position if position < 10 else 2 ** round(log2(position))
