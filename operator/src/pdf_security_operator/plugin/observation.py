"""Reads what `explain` explains: a job, its class, its Job, pods, events. Concludes nothing."""

from collections.abc import Callable
from datetime import UTC, datetime

from pdf_security_operator import names
from pdf_security_operator.plugin.errors import ForbiddenError, NotFoundError
from pdf_security_operator.plugin.explanation import Observed
from pdf_security_operator.plugin.resources import (
    BATCH_JOBS,
    CLASSES,
    EVENTS,
    JOBS,
    PODS,
    Resource,
)
from pdf_security_operator.plugin.server import Object, Server
from pdf_security_operator.plugin.standing import batch_name_of, class_name_of


def observe(server: Server, name: str) -> Observed:
    """Read it; what may not be read is said in `unseen`.

    Raises:
        ServerError: the job itself cannot be read.
    """
    job = server.get(JOBS, server.namespace, name)
    unseen: list[str] = []

    def tried(read: Callable[[], list[Object]]) -> list[Object]:
        try:
            return read()
        except NotFoundError:
            return []
        except ForbiddenError as error:
            unseen.append(str(error))
            return []

    class_name = class_name_of(job)
    classes = tried(lambda: [server.get(CLASSES, None, class_name)]) if class_name else []
    batch_jobs = tried(lambda: [server.get(BATCH_JOBS, server.namespace, batch_name_of(job))])
    pods = tried(lambda: pods_of(server, job))
    uids = {body["metadata"]["uid"] for body in (job, *batch_jobs, *pods)}
    events = tried(lambda: _list(server, EVENTS))
    return Observed(
        job,
        datetime.now(UTC),
        next(iter(classes), None),
        next((body for body in batch_jobs if _is_owned(body, job)), None),
        tuple(pods),
        tuple(one for one in events if one.get("involvedObject", {}).get("uid") in uids),
        tuple(unseen),
    )


def pods_of(server: Server, job: Object) -> list[Object]:
    """Read the pods of a job, oldest first: those that its Job controls, whoever bears its label.

    Raises:
        ServerError: they cannot be read.
    """
    selector = f"{names.OWNER_UID_LABEL}={job['metadata']['uid']}"
    wanted = batch_name_of(job)
    found = [
        pod
        for pod in _list(server, PODS, labelSelector=selector)
        if any(
            owner.get("controller") and (owner["kind"], owner["name"]) == ("Job", wanted)
            for owner in pod["metadata"].get("ownerReferences", [])
        )
    ]
    return sorted(found, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))


def _list(server: Server, resource: Resource, **query: str) -> list[Object]:
    return server.list(resource, server.namespace, **query).items


def _is_owned(body: Object, job: Object) -> bool:
    owners = body["metadata"].get("ownerReferences", [])
    return any(owner.get("uid") == job["metadata"]["uid"] for owner in owners)
