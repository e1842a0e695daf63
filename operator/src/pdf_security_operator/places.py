"""Who takes one of the places that a class has. Pure; how many there are stands in `admission`."""

from collections import Counter, defaultdict

from pdf_security_operator.admission import Claim, Load, Running
from pdf_security_operator.identity import Key

_Group = tuple[str, ...]


class Places:
    """The places that are taken, by the key of the Job that takes them.

    A place is held for one that is being started, Job or no Job, until it is let go.
    """

    def __init__(self) -> None:
        self._claims: dict[Key, Claim] = {}
        self._held: set[Key] = set()
        self._jobs: Counter[_Group] = Counter()
        self._memory: Counter[_Group] = Counter()
        self._classes_in: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def __contains__(self, key: Key) -> bool:
        """Whether a Job takes a place."""
        return key in self._claims

    def take(self, key: Key, claim: Claim) -> None:
        """Take a place of a class; one is enough."""
        if key not in self._claims:
            self._claims[key] = claim
            self._add(claim, 1)

    def free(self, key: Key) -> Claim | None:
        """Give a place back, unless it is held; return what it was."""
        if key not in self._claims or key in self._held:
            return None
        claim = self._claims.pop(key)
        self._add(claim, -1)
        return claim

    def hold(self, key: Key, claim: Claim) -> None:
        """Take a place for one that is being started, so that no two start on it."""
        self.take(key, claim)
        self._held.add(key)

    def holds(self, key: Key) -> bool:
        """Whether a place is held."""
        return key in self._held

    def let_go(self, key: Key) -> None:
        """Hold a place no more; whether its Job is there to take it is looked at afterwards."""
        self._held.discard(key)

    def running(self, claim: Claim) -> Running:
        """Count the places that are taken of a class, as one that makes a claim sees them."""
        return Running(*(Load(self._jobs[group], self._memory[group]) for group in _groups(claim)))

    def classes(self) -> dict[str, int]:
        """Count the places that are taken of each class."""
        return {group[0]: number for group, number in self._jobs.items() if len(group) == 1}

    def classes_in(self, namespace: str) -> set[str]:
        """Name the classes of which a namespace's Jobs take places."""
        return set(self._classes_in.get(namespace, ()))

    def in_namespace(self, class_name: str, namespace: str) -> int:
        """Count the places of a class that a namespace's Jobs take."""
        return self._classes_in[namespace][class_name] if namespace in self._classes_in else 0

    def _add(self, claim: Claim, number: int) -> None:
        for group in _groups(claim):
            self._jobs[group] += number
            self._memory[group] += number * claim.memory
            if not self._jobs[group]:
                del self._jobs[group], self._memory[group]
        counts = self._classes_in[claim.namespace]
        counts[claim.class_name] += number
        if not counts[claim.class_name]:
            del counts[claim.class_name]
        if not counts:
            del self._classes_in[claim.namespace]


def _groups(claim: Claim) -> tuple[_Group, _Group, _Group]:
    """Give what a claim counts towards: the class, the namespace in it, the user in it."""
    return (
        (claim.class_name,),
        (claim.class_name, "namespace", claim.namespace),
        (claim.class_name, "user", claim.user),
    )
