"""Carries what the watches show into the queue, and what the queue gives to those who act on it."""

import asyncio
import datetime
import itertools
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from pdf_security_operator.api import Concurrency
from pdf_security_operator.classes import Classes
from pdf_security_operator.cluster import Cluster
from pdf_security_operator.errors import ApiError, ConflictError
from pdf_security_operator.identity import Key, class_label_of, key_of, uid_of
from pdf_security_operator.jobs import Jobs
from pdf_security_operator.mirror import Mirror
from pdf_security_operator.observed import Observed, owner_in
from pdf_security_operator.policies import Policies
from pdf_security_operator.queue import FairQueue, Turn
from pdf_security_operator.reconcile import Reconciler
from pdf_security_operator.record import Record
from pdf_security_operator.settings import Settings

Object = dict[str, Any]

RELIST_SECONDS = 1.0
"""After a watch began anew, what it listed is let in before everything is compared."""

logger = structlog.get_logger()


@dataclass(frozen=True)
class JobTask:
    """A PdfSecurityJob is to be brought forward."""

    key: Key


@dataclass(frozen=True)
class StatusTask:
    """What was found of a PdfSecurityJob is to be written."""

    key: Key


@dataclass(frozen=True)
class ClassTask:
    """The status of a class is to be written."""

    name: str


@dataclass(frozen=True)
class PoliciesTask:
    """The policies of a namespace are to be restored or removed."""

    namespace: str


Task = JobTask | StatusTask | ClassTask | PoliciesTask


class Seen(Protocol):
    """Takes in the state of an object, or that it is gone."""

    def __call__(self, body: Object, /, *, deleted: bool) -> None:
        """Take it in."""


class Controller:
    """All that runs for the operator's lifetime, framework apart."""

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        self._cluster = cluster
        self._settings = settings
        self._observed = Observed()
        self._queue: FairQueue[Task] = FairQueue()
        self._classes = Classes(cluster, self._observed)
        self._policies = Policies(cluster, self._observed, self._classes)
        self._record = Record(cluster, self._observed, settings.identity)
        jobs = Jobs(cluster, self._observed, self._classes, self._policies)
        self._reconciler = Reconciler(
            cluster, self._observed, jobs, self._policies, self._record, settings, self._found
        )
        self._relisted = asyncio.Event()

    async def first_sync(self) -> None:
        """List until it goes through: without it nothing may be decided."""
        for seconds in itertools.chain((0.2, 0.5, 1, 2), itertools.repeat(5)):
            if await self._resync():
                return
            await asyncio.sleep(seconds)

    async def run(self) -> None:
        """Work until cancelled; `first_sync` comes before."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._settings.workers):
                tasks.create_task(self._work())
            while True:
                await self._until_resync()
                await self._resync()

    def relisted(self) -> None:
        """Take in that a watch began anew: what was deleted before that, it will never tell."""
        self._relisted.set()

    def security_job_seen(self, body: Object, *, deleted: bool) -> None:
        """Take in what the watch shows of a PdfSecurityJob."""
        if deleted:
            self._observed.forget_security_job(body)
        elif not self._observed.put_security_job(body):
            return
        self._enqueue(JobTask(key_of(body)))

    def class_seen(self, body: Object, *, deleted: bool) -> None:
        """Take in what the watch shows of a PdfSecurityClass."""
        name = body["metadata"]["name"]
        classes = self._observed.classes
        if not (classes.forget(body) if deleted else classes.put(body)):
            return
        self._enqueue(ClassTask(name))
        self._enqueue_all(map(JobTask, self._observed.woken_by_class(name)))
        self._let_in(name)
        self._wake()
        # What stands may open more than the class does now, or have lost its last user with it.
        self._enqueue_all(map(PoliciesTask, self._policies.namespaces_of(name)))

    def job_seen(self, job: Object, *, deleted: bool) -> None:
        """Take in what the watch shows of a Job."""
        before = self._observed.jobs.get(key_of(job))
        if deleted:
            self._observed.forget_job(job)
        elif not self._observed.put_job(job):
            return
        after = self._observed.jobs.get(key_of(job))
        # Both: whoever takes its owner off a Job takes the Job from its owner.
        owners = {owner.key for owner in (owner_in(before), owner_in(after)) if owner}
        self._enqueue_all(map(JobTask, owners))
        self._wake()
        if deleted or self._classes.spec_of(class_label_of(job)) is None:
            # It may have been the last one under its policies; those of a class that is gone stand
            # only as long as something runs.
            self._enqueue(PoliciesTask(job["metadata"]["namespace"]))

    def policy_seen(self, policy: Object, *, deleted: bool) -> None:
        """Take in what the watch shows of a NetworkPolicy."""
        policies = self._observed.policies
        if policies.forget(policy) if deleted else policies.put(policy):
            self._enqueue(PoliciesTask(policy["metadata"]["namespace"]))

    async def _work(self) -> None:
        while True:
            task, _ = await self._queue.get()
            try:
                await self._attempt(task)
            finally:
                self._queue.done(task)
                self._wake()

    async def _attempt(self, task: Task) -> None:
        try:
            delay = await self._carry_out(task)
        except ApiError as error:
            wait = self._retry(task, at_least=error.retry_after or 0)
            level = logger.debug if isinstance(error, ConflictError) else logger.warning
            level("task.retried", task=str(task), error=str(error), seconds=round(wait, 2))
        except Exception:
            # One resource that nobody foresaw must not stop the others.
            wait = self._retry(task)
            logger.exception("task.failed", task=str(task), seconds=round(wait, 2))
        else:
            self._queue.forgive(task)
            if delay is not None:
                self._queue.add_after(task, delay, self._turn_of(task))

    async def _carry_out(self, task: Task) -> float | None:
        match task:
            case JobTask(key):
                return await self._reconciler.reconcile(key)
            case StatusTask(key):
                if await self._record.write_found(key):
                    # What it still holds can be let go.
                    self._enqueue(JobTask(key))
                return None
            case PoliciesTask(namespace):
                return await self._policies.settle(namespace)
            case ClassTask(name):
                await self._classes.record(name)
                return None

    def _retry(self, task: Task, at_least: float = 0) -> float:
        return self._queue.retry(task, self._turn_of(task), at_least=at_least)

    def _found(self, key: Key, seconds: float) -> None:
        task = StatusTask(key)
        self._queue.add_after(task, seconds, self._turn_of(task))

    def _enqueue(self, task: Task) -> None:
        self._queue.add(task, self._turn_of(task))

    def _enqueue_all(self, tasks: Iterable[Task]) -> None:
        for task in tasks:
            self._enqueue(task)

    def _wake(self) -> None:
        """Let those go on for whom a place became free."""
        turnstile = self._observed.turnstile
        for name in turnstile.take_freed():
            self._let_in(name)
        self._enqueue_all(map(JobTask, turnstile.take_let_in()))

    def _let_in(self, class_name: str) -> None:
        spec = self._classes.spec_of(class_name)
        if spec:
            self._observed.turnstile.let_in(class_name, spec.concurrency or Concurrency())

    def _turn_of(self, task: Task) -> Turn:
        """By what tasks take their turns: jobs by namespace, and then as their authors say."""
        match task:
            case ClassTask():
                return Turn()
            case PoliciesTask(namespace):
                # Before the jobs of its namespace: it is they who need it.
                return Turn(namespace, _POLICIES_PRIORITY)
            case JobTask(key) | StatusTask(key):
                body = self._observed.security_jobs.get(key) or {}
                created = body.get("metadata", {}).get("creationTimestamp")
                age = datetime.datetime.fromisoformat(created).timestamp() if created else 0
                priority = body.get("spec", {}).get("priority")
                known = priority if isinstance(priority, int) else 0
                return Turn(key.namespace, known, age, can_wait=isinstance(task, StatusTask))

    async def _until_resync(self) -> None:
        """Wait until everything is to be compared: now and then, and after a watch began anew."""
        try:
            async with asyncio.timeout(self._settings.resync_seconds):
                await self._relisted.wait()
        except TimeoutError:
            return
        await asyncio.sleep(RELIST_SECONDS)
        self._relisted.clear()

    async def _resync(self) -> bool:
        """Compare everything listed with everything remembered; return whether it went through."""
        observed, cluster = self._observed, self._cluster
        try:
            await _compare(observed.classes, cluster.list_classes, self.class_seen)
            await _compare(observed.policies, cluster.list_network_policies, self.policy_seen)
            await _compare(
                observed.security_jobs, cluster.list_security_jobs, self.security_job_seen
            )
            await _compare(observed.jobs, cluster.list_jobs, self.job_seen)
        except ApiError as error:
            logger.warning("resync.failed", error=str(error))
            return False
        self._enqueue_all(map(PoliciesTask, self._policies.namespaces()))
        logger.info("resync.finished", security_jobs=len(observed.security_jobs))
        return True


_POLICIES_PRIORITY = 10**6
"""Above any that a job may ask for."""


async def _compare(
    mirror: Mirror, listing: Callable[[], AsyncIterator[Object]], seen: Seen
) -> None:
    """Take in all that is listed, and as deleted what was remembered before and is not."""
    before = mirror.values()
    present = set()
    async for body in listing():
        present.add(uid_of(body))
        try:
            seen(body, deleted=False)
        except Exception:
            # One object that nobody foresaw must not keep the operator from all the others.
            namespace, name = key_of(body)
            logger.exception("object.passed-over", namespace=namespace, name=name)
    for body in before:
        if uid_of(body) not in present:
            seen(body, deleted=True)
