"""Carries what the watches show into the queue, and what the queue gives to those who act on it."""

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

import structlog

from pdf_security_operator import names
from pdf_security_operator.audit.log import AuditLog
from pdf_security_operator.classes import Classes
from pdf_security_operator.cluster import Cluster
from pdf_security_operator.comparison import compare
from pdf_security_operator.endings import ending_of
from pdf_security_operator.errors import ApiError, FencedError
from pdf_security_operator.gauges import keep_gauges
from pdf_security_operator.identity import class_label_of, key_of
from pdf_security_operator.jobs import Jobs
from pdf_security_operator.metrics import Metrics
from pdf_security_operator.observed import Observed, owner_in
from pdf_security_operator.policies import Policies
from pdf_security_operator.reconcile import Reconciler
from pdf_security_operator.record import Record
from pdf_security_operator.settings import Settings
from pdf_security_operator.tasks import (
    ClassTask,
    EventTask,
    JobTask,
    PoliciesTask,
    StatusTask,
    Task,
)
from pdf_security_operator.tracing import Tracer
from pdf_security_operator.watch import Watch
from pdf_security_operator.work import Work

Object = dict[str, Any]

RELIST_SECONDS = 1.0
"""After a watch began anew, what it listed is let in before everything is compared."""

FRESH_SECONDS = 5.0
"""For so long, what was compared needs no comparison: who starts first gains its Lease at once."""

STEP_SECONDS = 0.5
"""A step of a Job that is not its last is looked at within so long, with those that follow it."""

TELL_SECONDS = 1.0
"""Events are created within so long, for whoever will read them."""

logger = structlog.get_logger()


class Controller:
    """All that runs for the operator's lifetime, framework and Leases apart.

    What the watches show is always taken in; it is acted upon only where a namespace is ours.
    """

    def __init__(
        self,
        cluster: Cluster,
        settings: Settings,
        metrics: Metrics,
        tracer: Tracer,
        audit: AuditLog,
        owns: Callable[[str], bool],
    ) -> None:
        """Make one that has not begun.

        Args:
            cluster: the API.
            settings: of this process.
            metrics: what is counted.
            tracer: takes the spans of finished jobs.
            audit: takes what is decided and how it ends.
            owns: whether a namespace is ours to act in now; an empty one stands for the cluster.
        """
        self._cluster = cluster
        self._settings = settings
        self._metrics = metrics
        self._owns = owns
        self._observed = Observed()
        self._classes = Classes(cluster, self._observed)
        self._policies = Policies(cluster, self._observed, self._classes)
        self._work = work = Work(
            self._observed, self._classes, metrics, owns, self._carry_out, self._leave
        )
        self._record = Record(
            cluster,
            self._observed,
            settings.identity,
            metrics,
            tracer,
            audit,
            happened=lambda key: work.enqueue(EventTask(key), within=TELL_SECONDS),
        )
        jobs = Jobs(cluster, self._observed, self._classes, self._policies, metrics)
        self._reconciler = Reconciler(
            cluster,
            self._observed,
            jobs,
            self._policies,
            self._record,
            audit,
            settings,
            found=lambda key, seconds: work.enqueue(StatusTask(key), within=seconds),
        )
        audit.tell(lambda key: work.enqueue(JobTask(key)))
        self._relisted = asyncio.Event()
        self._security_jobs_version = self._jobs_version = ""
        self._comparison_began = float("-inf")

    async def first_sync(self) -> None:
        """List until it goes through: without it nothing may be decided."""
        for seconds in itertools.chain((0.2, 0.5, 1, 2), itertools.repeat(5)):
            if await self._resync():
                return
            await asyncio.sleep(seconds)

    async def run(self) -> None:
        """Work until cancelled; `first_sync` comes before."""
        cluster, metrics, observed = self._cluster, self._metrics, self._observed
        relist, seen = self._relist_security_jobs, self.security_job_seen
        watch = Watch(names.JOB_PLURAL, cluster.watch_security_jobs, relist, seen, metrics)
        jobs = Watch("jobs", cluster.watch_jobs, self._relist_jobs, self.job_seen, metrics)
        ended, pod_seen = cluster.watch_ended_pods, observed.ended_pods.seen
        pods = Watch("pods", ended, cluster.pods_version, pod_seen, metrics)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(watch.run(self._security_jobs_version))
            tasks.create_task(jobs.run(self._jobs_version))
            tasks.create_task(pods.run(""))
            tasks.create_task(keep_gauges(metrics, self._work.depths, observed, self._classes))
            for _ in range(self._settings.workers):
                tasks.create_task(self._work.run())
            while True:
                await self._until_resync()
                await self._resync()

    async def drained(self) -> None:
        """Return when nothing is being worked on; nothing new must be ours by then."""
        await self._work.idle()

    def gained(self) -> None:
        """Take in that namespaces became ours: whatever waits in them is begun."""
        self._work.enqueue(*map(ClassTask, (name for _, name in self._observed.classes.all_keys())))
        self._work.enqueue(*map(PoliciesTask, self._policies.namespaces()))
        self._work.enqueue(*map(JobTask, self._observed.security_jobs.all_keys()))
        if time.monotonic() - self._comparison_began > FRESH_SECONDS:
            # Nobody says that the watches missed nothing meanwhile.
            self._relisted.set()

    def relisted(self, plural: str) -> None:
        """Take in that a watch began anew: what was deleted before that, it will never tell."""
        if not self._relisted.is_set():
            self._metrics.watch_restarted(plural)
        self._relisted.set()

    def security_job_seen(self, body: Object, *, deleted: bool) -> None:
        """Take in what the watch shows of a PdfSecurityJob."""
        if deleted:
            self._record.deleted(body, ours=self._owns(body["metadata"]["namespace"]))
            self._observed.forget_security_job(body)
        elif not self._observed.put_security_job(body):
            return
        self._work.enqueue(JobTask(key_of(body)))

    def class_seen(self, body: Object, *, deleted: bool) -> None:
        """Take in what the watch shows of a PdfSecurityClass."""
        name = body["metadata"]["name"]
        classes = self._observed.classes
        if not (classes.forget(body) if deleted else classes.put(body)):
            return
        self._work.enqueue(ClassTask(name))
        self._work.enqueue(*map(JobTask, self._observed.woken_by_class(name)))
        self._work.let_in(name)
        self._work.wake()
        # What stands may open more than the class does now, or have lost its last user with it.
        self._work.enqueue(*map(PoliciesTask, self._policies.namespaces_of(name)))

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
        is_last = deleted or ending_of(job.get("status", {}))
        self._work.enqueue(*map(JobTask, owners), within=0 if is_last else STEP_SECONDS)
        self._work.wake()
        if deleted or self._classes.spec_of(class_label_of(job)) is None:
            # It may have been the last one under its policies; those of a class that is gone stand
            # only as long as something runs.
            self._work.enqueue(PoliciesTask(job["metadata"]["namespace"]))

    def policy_seen(self, policy: Object, *, deleted: bool) -> None:
        """Take in what the watch shows of a NetworkPolicy."""
        policies = self._observed.policies
        if policies.forget(policy) if deleted else policies.put(policy):
            self._work.enqueue(PoliciesTask(policy["metadata"]["namespace"]))

    def _leave(self, task: Task) -> None:
        """Leave a task to whichever process it is now, and nothing of it behind."""
        if isinstance(task, StatusTask | EventTask):
            self._record.forget(task.key)
        elif isinstance(task, JobTask):
            self._observed.held.pop(task.key, None)
            if body := self._observed.security_jobs.get(task.key):
                self._observed.return_unused_place(body, stays_in_line=False)

    async def _carry_out(self, task: Task) -> float | None:
        if not self._owns(task.namespace):
            raise FencedError(0, "another process acts there by now")
        match task:
            case JobTask(key):
                return await self._reconciler.reconcile(key)
            case StatusTask(key):
                if await self._record.write_found(key):
                    # What it still holds can be let go.
                    self._work.enqueue(JobTask(key))
                return None
            case EventTask(key):
                await self._record.tell(key)
                return None
            case PoliciesTask(namespace):
                return await self._policies.settle(namespace)
            case ClassTask(name):
                await self._classes.record(name)
                return None

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
        observed, cluster, began = self._observed, self._cluster, time.monotonic()
        try:
            await compare(observed.classes, cluster.list_classes(), self.class_seen)
            await compare(observed.policies, cluster.list_network_policies(), self.policy_seen)
            self._security_jobs_version = await self._relist_security_jobs()
            self._jobs_version = await self._relist_jobs()
        except ApiError as error:
            logger.warning("resync.failed", error=str(error))
            return False
        self._work.enqueue(*map(PoliciesTask, self._policies.namespaces()))
        self._comparison_began = began
        seconds = round(time.monotonic() - began, 3)
        self._metrics.resync_finished(seconds, time.time())
        logger.info("resync.finished", security_jobs=len(observed.security_jobs), seconds=seconds)
        return True

    async def _relist_security_jobs(self) -> str:
        """Take in all PdfSecurityJobs there are; return the version of the list."""
        listing = self._cluster.list_security_jobs()
        return await compare(self._observed.security_jobs, listing, self.security_job_seen)

    async def _relist_jobs(self) -> str:
        """Take in all Jobs there are; return the version of the list."""
        return await compare(self._observed.jobs, self._cluster.list_jobs(), self.job_seen)
