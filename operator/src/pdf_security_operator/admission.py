"""May this job start now? Class limits against what runs. Pure."""

from dataclasses import dataclass

from pdf_security_operator.api import ClassSpec
from pdf_security_operator.errors import JobWaitsForClass


@dataclass(frozen=True)
class Running:
    """Jobs of a class that run or are being started."""

    total: int
    in_namespace: int


def check_admission(class_spec: ClassSpec, running: Running) -> None:
    """Let a job pass that may start now.

    Raises:
        JobWaitsForClass: as many run as the class allows.
    """
    concurrency = class_spec.concurrency
    if concurrency is None:
        return
    if concurrency.per_namespace is not None and running.in_namespace >= concurrency.per_namespace:
        raise JobWaitsForClass(
            "NamespaceConcurrencyLimit",
            f"{running.in_namespace} jobs of the class run in this namespace, "
            f"of {concurrency.per_namespace} that may",
        )
    if concurrency.total is not None and running.total >= concurrency.total:
        raise JobWaitsForClass(
            "ConcurrencyLimit",
            f"{running.total} jobs of the class run, of {concurrency.total} that may",
        )
