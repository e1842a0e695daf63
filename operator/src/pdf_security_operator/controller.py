"""Carries what the watches show into the queue, and what the queue gives to the reconciler."""

import asyncio
import datetime
import itertools
from typing import Any

import structlog

from pdf_security_operator import names
from pdf_security_operator.classes import Classes
from pdf_security_operator.clock import timestamp
from pdf_security_operator.cluster import Cluster
from pdf_security_operator.errors import ApiError, ConflictError
from pdf_security_operator.observed import Key, Observed, is_finished, key_of, owner_uid_of
from pdf_security_operator.policies import Policies
from pdf_security_operator.queue import FairQueue
from pdf_security_operator.reconcile import Reconciler
from pdf_security_operator.settings import Settings

Object = dict[str, Any]

logger = structlog.get_logger()


class Controller:
    """All that runs for the operator's lifetime, framework apart."""

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        self._cluster = cluster
        self._settings = settings
        self._observed = Observed()
        self._queue: FairQueue[Key] = FairQueue()
        self._keys: dict[str, Key] = {}
        self._policies = Policies(cluster, self._observed)
        self._reconciler = Reconciler(cluster, self._observed, self._policies, settings)
        self._classes = Classes(cluster, self._observed)
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """List everything once, then work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            await self._first_sync()
            self.ready.set()
            for _ in range(self._settings.workers):
                tasks.create_task(self._work())
            while True:
                await asyncio.sleep(self._settings.resync_seconds)
                await self._resync()

    def security_job_seen(self, body: Object, *, deleted: bool) -> None:
        """Take in what the watch shows of a PdfSecurityJob."""
        if deleted:
            self._keys.pop(body["metadata"]["uid"], None)
            self._observed.forget_security_job(body)
        elif not self._observed.put_security_job(body):
            return
        else:
            self._keys[body["metadata"]["uid"]] = key_of(body)
        self._enqueue(key_of(body))

    def class_seen(self, body: Object, *, deleted: bool) -> None:
        """Take in what the watch shows of a PdfSecurityClass."""
        name = body["metadata"]["name"]
        if deleted:
            self._observed.classes.pop(name, None)
            return
        self._observed.classes[name] = body
        self._enqueue(Key("", name))
        for key in (*self._observed.wake(name), *self._observed.wake("")):
            self._enqueue(key)

    def job_seen(self, job: Object, *, deleted: bool) -> None:
        """Take in what the watch shows of a Job."""
        uid = owner_uid_of(job)
        if uid is None:
            return
        changed = True
        if deleted:
            self._observed.forget_job(job)
        else:
            changed = self._observed.put_job(job)
        if deleted or is_finished(job):
            class_name = job["metadata"].get("labels", {}).get(names.CLASS_LABEL, "")
            for key in self._observed.wake(class_name, job["metadata"]["namespace"]):
                self._enqueue(key)
        owner = self._keys.get(uid)
        if changed and owner:
            self._enqueue(owner)
        elif deleted:
            # The last pod of a resource that is gone: its policies may go too.
            self._enqueue(Key(job["metadata"]["namespace"], ""))

    def policy_seen(self, policy: Object, *, deleted: bool) -> None:
        """Take in what the watch shows of a NetworkPolicy."""
        if deleted:
            self._observed.policies.pop(key_of(policy), None)
        else:
            self._observed.policies[key_of(policy)] = policy

    async def _work(self) -> None:
        while True:
            key = await self._queue.get()
            try:
                await self._reconcile(key)
            finally:
                self._queue.done(key)

    async def _bring_forward(self, key: Key) -> float | None:
        if key.namespace:
            return await self._reconciler.reconcile(key)
        await self._classes.record(key.name)
        return None

    async def _reconcile(self, key: Key) -> None:
        try:
            delay = await self._bring_forward(key)
        except ApiError as error:
            wait = self._retry(key, at_least=error.retry_after or 0)
            level = logger.debug if isinstance(error, ConflictError) else logger.warning
            level("reconcile.retried", **_named(key), error=str(error), seconds=round(wait, 2))
        except Exception:
            # One resource that nobody foresaw must not stop the others.
            wait = self._retry(key)
            logger.exception("reconcile.failed", **_named(key), seconds=round(wait, 2))
        else:
            self._queue.forgive(key)
            if delay is not None:
                priority, age = self._order_of(key)
                self._queue.add_after(key, delay, group=key.namespace, priority=priority, age=age)

    def _retry(self, key: Key, at_least: float = 0) -> float:
        priority, age = self._order_of(key)
        return self._queue.retry(
            key, group=key.namespace, priority=priority, age=age, at_least=at_least
        )

    def _enqueue(self, key: Key) -> None:
        priority, age = self._order_of(key)
        self._queue.add(key, group=key.namespace, priority=priority, age=age)

    def _order_of(self, key: Key) -> tuple[int, float]:
        """Priority and time of creation, by which a namespace's jobs take their turns."""
        body = self._observed.security_jobs.get(key, {})
        created = body.get("metadata", {}).get("creationTimestamp")
        age = datetime.datetime.fromisoformat(created).timestamp() if created else 0
        priority = body.get("spec", {}).get("priority")
        return (priority if isinstance(priority, int) else 0), age

    async def _first_sync(self) -> None:
        """List until it goes through: without it nothing may be decided."""
        for seconds in itertools.chain((0.2, 0.5, 1, 2), itertools.repeat(5)):
            if await self._resync():
                return
            await asyncio.sleep(seconds)

    async def _resync(self) -> bool:
        """Compare everything listed with everything remembered; return whether it went through."""
        started = timestamp()
        try:
            for deleted, body in await self._listed(self._cluster.list_classes(), "classes"):
                self.class_seen(body, deleted=deleted)
            for deleted, body in await self._listed(
                self._cluster.list_network_policies(), "policies"
            ):
                self.policy_seen(body, deleted=deleted)
            for deleted, body in await self._listed(self._cluster.list_jobs(), "jobs"):
                self.job_seen(body, deleted=deleted)
            for deleted, body in await self._listed(
                self._cluster.list_security_jobs(), "security_jobs"
            ):
                self.security_job_seen(body, deleted=deleted)
        except ApiError as error:
            logger.warning("resync.failed", error=str(error))
            return False
        for namespace in self._policies.namespaces_with_unused():
            # Their last user went while nobody looked.
            self._enqueue(Key(namespace, ""))
        logger.info(
            "resync.finished", since=started, security_jobs=len(self._observed.security_jobs)
        )
        return True

    async def _listed(self, listing: Any, name: str) -> list[tuple[bool, Object]]:
        """Give what is listed, and as deleted what was remembered before and is not."""
        remembered = dict(getattr(self._observed, name))
        listed = [body async for body in listing]
        present = {body["metadata"].get("uid") for body in listed}
        gone = [body for body in remembered.values() if body["metadata"].get("uid") not in present]
        return [(False, body) for body in listed] + [(True, body) for body in gone]


def _named(key: Key) -> dict[str, str]:
    return {"namespace": key.namespace, "name": key.name}
