"""Who of those that wait for a class is let in, and on which place. No I/O.

One decision at a time for the whole class, so that nobody who comes later finds the place that was
freed for one who waits.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from pdf_security_operator.admission import Claim, Obstacle, Scope, obstacle_of
from pdf_security_operator.api.security_class import Concurrency
from pdf_security_operator.identity import Key
from pdf_security_operator.line import Line, Ticket
from pdf_security_operator.places import Places

_OTHERS_FIRST = Obstacle(Scope.TOTAL, False, "InLine", "there is a place, and others are first")


class Turnstile:
    """The lines of all classes before their places.

    Resources wait by their keys; places are taken by the keys of their Jobs.
    """

    def __init__(self) -> None:
        self.places = Places()
        self._lines: defaultdict[str, Line] = defaultdict(Line)
        self._line_of: dict[Key, str] = {}
        self._job_of: dict[Key, Key] = {}
        """Waiting resource -> its Job."""
        self._starting: set[Key] = set()
        self._freed: set[str] = set()
        self._let_in: list[Key] = []

    def apply(
        self, ticket: Ticket, job: Key, concurrency: Concurrency
    ) -> tuple[Obstacle, int] | None:
        """Ask for a place; None when it is held from now on, else why not and how many go before.

        Args:
            ticket: who asks, and for what.
            job: key of its Job.
            concurrency: the limits of the class.
        """
        if self.places.holds(job):
            return None
        name = ticket.claim.class_name
        if self._line_of.get(ticket.key, name) != name:
            self.leave(ticket.key)
        self._line_of[ticket.key], self._job_of[ticket.key] = name, job
        self._lines[name].join(ticket)
        self.let_in(name, concurrency)
        if ticket.key in self._let_in:
            self._let_in.remove(ticket.key)
            return None
        running = self.places.running(ticket.claim)
        obstacle = obstacle_of(concurrency, running, ticket.claim.memory) or _OTHERS_FIRST
        return obstacle, self._lines[name].position_of(ticket.key, concurrency.weight_of)

    def let_in(self, class_name: str, concurrency: Concurrency) -> None:
        """Give the places of a class that are free to those whose turn it is."""
        line = self._lines.get(class_name)

        def obstacle_to(claim: Claim) -> Obstacle | None:
            return obstacle_of(concurrency, self.places.running(claim), claim.memory)

        while line:
            ticket = line.take_next(obstacle_to, concurrency.weight_of)
            if ticket is None:
                return
            del self._line_of[ticket.key]
            self.places.hold(self._job_of.pop(ticket.key), ticket.claim)
            self._let_in.append(ticket.key)

    def take_freed(self) -> set[str]:
        """Name the classes of which places became free since the last time."""
        freed, self._freed = self._freed, set()
        return freed

    def take_let_in(self) -> list[Key]:
        """Name those that were let in since the last time."""
        let_in, self._let_in = self._let_in, []
        return let_in

    def is_waiting(self, key: Key) -> bool:
        """Whether one stands in a line."""
        return key in self._line_of

    def waiting(self) -> dict[str, int]:
        """Count those that wait for each class."""
        return {name: len(line) for name, line in self._lines.items()}

    def count_waiting(self) -> int:
        """Count those that wait for any class."""
        return len(self._line_of)

    def leave(self, key: Key) -> None:
        """Let one wait no more."""
        name = self._line_of.pop(key, None)
        if name is not None:
            self._lines[name].leave(key)
            del self._job_of[key]

    @contextmanager
    def starting(self, job: Key, claim: Claim) -> Iterator[None]:
        """Hold a place while a Job is being started; whether it takes it is said afterwards."""
        self.places.hold(job, claim)
        self._starting.add(job)
        try:
            yield
        finally:
            self._starting.discard(job)
            self.places.let_go(job)

    def return_unused(self, job: Key) -> None:
        """Take back a place from one that was let in and does not start."""
        if job not in self._starting and self.places.holds(job):
            self.places.let_go(job)
            self.free(job)

    def free(self, job: Key) -> None:
        """Free the place of a Job that runs no more, unless it is held."""
        claim = self.places.free(job)
        if claim is not None:
            self._freed.add(claim.class_name)
