"""May this job start now? Class limits against what runs. Pure."""

from dataclasses import dataclass
from enum import Enum

from pdf_security_operator.api.quantity import amount_of
from pdf_security_operator.api.security_class import Concurrency


class Scope(Enum):
    """Of whom as many run as may."""

    TOTAL = "total"
    NAMESPACE = "namespace"
    USER = "user"


@dataclass(frozen=True)
class Claim:
    """A place of a class: who takes it, and how much.

    Attributes:
        class_name: the class.
        namespace: the job's.
        user: who submitted the job; empty where nothing says so, and then all such are one.
        memory: bytes that its pod requests.
    """

    class_name: str
    namespace: str
    user: str
    memory: int


@dataclass(frozen=True)
class Load:
    """What runs, or is being started: a number of jobs, and the bytes that they request."""

    jobs: int = 0
    memory: int = 0


@dataclass(frozen=True)
class Running:
    """What runs of a class: of all, of one namespace, and of one user."""

    total: Load
    in_namespace: Load
    of_user: Load


@dataclass(frozen=True)
class Obstacle:
    """Why a job may not start now.

    Attributes:
        scope: whose limit it is; whoever does not share it may go before.
        is_size: the job would fit if it were smaller: there is a place, and not enough memory.
        reason: for the `Queued` condition.
        message: for people.
    """

    scope: Scope
    is_size: bool
    reason: str
    message: str


def obstacle_of(concurrency: Concurrency, running: Running, memory: int) -> Obstacle | None:
    """Find what keeps a job from starting; None where nothing does.

    Args:
        concurrency: the class's limits.
        running: what runs of the class.
        memory: bytes that the job requests.
    """
    memories = concurrency.memory
    for scope, load, most_jobs, most_memory, words in (
        (
            Scope.TOTAL,
            running.total,
            concurrency.total,
            memories.total if memories else None,
            "of the class",
        ),
        (
            Scope.NAMESPACE,
            running.in_namespace,
            concurrency.per_namespace,
            memories.per_namespace if memories else None,
            "of the class in this namespace",
        ),
        (
            Scope.USER,
            running.of_user,
            concurrency.per_user,
            memories.per_user if memories else None,
            "of the class and this user",
        ),
    ):
        name = _PREFIXES[scope]
        if most_jobs is not None and load.jobs >= most_jobs:
            message = f"{load.jobs} jobs {words} run, of {most_jobs} that may"
            return Obstacle(scope, False, f"{name}ConcurrencyLimit", message)
        if most_memory is not None and load.memory + memory > bytes_of(most_memory):
            message = (
                f"jobs {words} request {load.memory} bytes of memory, of {most_memory} that they "
                f"may, and this one requests {memory}"
            )
            return Obstacle(scope, True, f"{name}MemoryLimit", message)
    return None


def too_large_for(concurrency: Concurrency, memory: int) -> Obstacle | None:
    """Find the limit under which a job could not start even if nothing else ran."""
    obstacle = obstacle_of(concurrency, Running(Load(), Load(), Load()), memory)
    return obstacle if obstacle and obstacle.is_size else None


def bytes_of(quantity: int | str) -> int:
    """Convert a quantity to whole bytes."""
    return int(amount_of(quantity))


_PREFIXES = {Scope.TOTAL: "", Scope.NAMESPACE: "Namespace", Scope.USER: "User"}
