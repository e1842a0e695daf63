"""An API server in memory, for orders of events that a real one cannot be made to produce at will.

Its calls are those of `Cluster`. What the real server answers to them is tested on the real one.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pdf_security_operator import controller as controller_module
from pdf_security_operator import record
from pdf_security_operator.audit.log import AuditLog
from pdf_security_operator.audit.sinks import Sink
from pdf_security_operator.cluster import Cluster
from pdf_security_operator.controller import Controller
from pdf_security_operator.errors import ApiError, ConflictError, NotFoundError
from pdf_security_operator.identity import Key, key_of
from pdf_security_operator.metrics import Metrics
from pdf_security_operator.settings import Settings
from pdf_security_operator.tracing import Tracer
from unit.resources import class_spec, job_spec

Object = dict[str, Any]

QUIET_SECONDS = 0.15
"""Without a call for so long, and the first retry is sooner, nothing more comes of itself."""

ROUNDS = 200
"""Of the event loop, so that a machine under load does not make silence of slowness."""


@dataclass
class FakeListing:
    """A list, and a version of it."""

    objects: AsyncIterator[Object]
    version: str = str(10**9)

    def __aiter__(self) -> AsyncIterator[Object]:
        return self.objects


class FakeApi:
    """Objects by kind and key; every change is told to the controller, as by a watch."""

    def __init__(self) -> None:
        self.objects: defaultdict[str, dict[Key, Object]] = defaultdict(dict)
        self.calls: list[tuple[str, Key]] = []
        self.refusals: dict[str, ApiError] = {}
        """Call -> what it is answered."""
        self.while_listing: dict[str, Callable[[], Awaitable[None]]] = {}
        """Kind -> what happens once, after its list was made and before it arrives."""
        self.audit_sinks: list[Sink] = []
        self.metrics = Metrics("0")
        self._watching = True
        self._versions = itertools.count(100)
        self._controller: Controller | None = None

    @asynccontextmanager
    async def operator(self, **settings: Any) -> AsyncIterator[Controller]:
        """Run an operator on it."""
        # Well within what counts as quiet: what comes between is written, too.
        soon = QUIET_SECONDS / 10
        record.FIRST_SECONDS = record.BETWEEN_SECONDS = soon
        controller_module.STEP_SECONDS = controller_module.TELL_SECONDS = soon
        unused, metrics = Path("/nonexistent"), self.metrics
        audit = AuditLog(self.audit_sinks, None, {}, metrics)
        await audit.begin()
        controller = Controller(
            cast("Cluster", self),
            Settings("", unused, unused, "operator-0", workers=4, **settings),
            metrics,
            Tracer({}),
            audit,
            lambda _: True,
        )
        await controller.first_sync()
        self._controller = controller
        run = asyncio.gather(controller.run(), audit.run())
        await self.settled()
        try:
            yield controller
        finally:
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)
            await audit.close()

    async def settled(self) -> None:
        """Let the operator do all that it does without waiting."""
        async with asyncio.timeout(20):
            before = -1
            while before != len(self.calls):
                before = len(self.calls)
                for _ in range(ROUNDS):
                    await asyncio.sleep(0)
                await asyncio.sleep(QUIET_SECONDS)

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """Let the watch miss what happens meanwhile."""
        self._watching = False
        yield
        self._watching = True

    def put(self, kind: str, body: Object, **metadata: Any) -> Object:
        """Store an object, new or changed, and tell of it."""
        given = {
            "uid": str(uuid.UUID(int=next(self._versions))),
            "generation": 1,
            **body["metadata"],
        }
        version = {"resourceVersion": str(next(self._versions))}
        body["metadata"] = {"creationTimestamp": "2026-01-01T00:00:00Z", **given, **version}
        body["metadata"].update(metadata)
        self.objects[kind][key_of(body)] = body
        self._tell(kind, body, deleted=False)
        return copy.deepcopy(body)

    def remove(self, kind: str, key: Key) -> None:
        """Remove an object, and tell of it."""
        body = self.objects[kind].pop(key)
        body["metadata"]["resourceVersion"] = str(next(self._versions))
        self._tell(kind, body, deleted=True)

    def add_class(self, name: str = "standard", **spec: Any) -> Object:
        """Create a class."""
        return self.put("classes", {"metadata": {"name": name}, "spec": class_spec(**spec)})

    def add_security_job(self, name: str, namespace: str = "legal", **spec: Any) -> Object:
        """Create a PdfSecurityJob of the class `standard`."""
        metadata = {"name": name, "namespace": namespace}
        given = job_spec(**{"className": "standard", **spec})
        return self.put("security_jobs", {"metadata": metadata, "spec": given})

    def security_job(self, name: str, namespace: str = "legal") -> Object:
        """Give a PdfSecurityJob as it is stored."""
        return self.objects["security_jobs"][Key(namespace, name)]

    def job_of(self, body: Object) -> Object:
        """Give the Job of a PdfSecurityJob as it is stored."""
        (found,) = [
            job
            for job in self.objects["jobs"].values()
            if job["metadata"]["name"].endswith(body["metadata"]["uid"])
        ]
        return found

    def run_job(self, job: Object, **status: Any) -> None:
        """Change the status of a Job, and tell of it."""
        self.put("jobs", {**job, "status": status or {"active": 1, "ready": 1}})

    def finish(self, job: Object, kind: str = "Complete") -> None:
        """Let a Job come to its end."""
        self.run_job(job, succeeded=1, conditions=[{"type": kind, "status": "True"}])

    def count(self, call: str, namespace: str = "") -> int:
        """Count the calls of a kind."""
        return sum(name == call and key[0].startswith(namespace) for name, key in self.calls)

    def _tell(self, kind: str, body: Object, *, deleted: bool) -> None:
        if self._watching and self._controller:
            seen = {
                "security_jobs": self._controller.security_job_seen,
                "classes": self._controller.class_seen,
                "jobs": self._controller.job_seen,
                "policies": self._controller.policy_seen,
            }[kind]
            seen(copy.deepcopy(body), deleted=deleted)

    def list_security_jobs(self) -> FakeListing:
        return FakeListing(self._list("security_jobs"))

    def list_classes(self) -> FakeListing:
        return FakeListing(self._list("classes"))

    def list_jobs(self) -> FakeListing:
        return FakeListing(self._list("jobs"))

    def list_network_policies(self) -> FakeListing:
        return FakeListing(self._list("policies"))

    async def watch_jobs(self, version: str) -> AsyncIterator[Object]:
        """Give nothing: changes are told to the controller directly."""
        await asyncio.Event().wait()
        yield {}

    watch_security_jobs = watch_jobs
    watch_ended_pods = watch_jobs

    async def pods_version(self) -> str:
        return "1"

    async def get_job(self, namespace: str, name: str) -> Object:
        return await self._read("get_job", "jobs", Key(namespace, name))

    async def create_job(self, job: Object) -> Object:
        return await self._create("create_job", "jobs", job)

    async def patch_job_spec(self, namespace: str, name: str, **fields: Any) -> Object:
        job = await self._read("patch_job", "jobs", Key(namespace, name))
        return self.put("jobs", {**job, "spec": {**job["spec"], **fields}})

    async def list_pods(self, namespace: str, job_uid: str) -> list[Object]:
        return await self._pods("list_pods", namespace)

    async def starting_pods(self, namespace: str) -> AsyncIterator[Object]:
        async for pod in self.unfinished_pods(namespace, ""):
            yield pod

    async def unfinished_pods(self, namespace: str, selector: str) -> AsyncIterator[Object]:
        for pod in await self._pods("unfinished_pods", namespace):
            if pod["status"]["phase"] not in ("Succeeded", "Failed"):
                yield pod

    async def warnings(self, namespace: str) -> AsyncIterator[Object]:
        await self._called("warnings", Key(namespace, ""))
        for warning in self.objects["warnings"].values():
            yield warning

    async def create_network_policy(self, policy: Object) -> Object:
        return await self._create("create_policy", "policies", policy)

    async def get_network_policy(self, policy: Object) -> Object:
        return await self._read("get_policy", "policies", key_of(policy))

    async def replace_network_policy(self, policy: Object) -> Object:
        stored = await self._read("replace_policy", "policies", key_of(policy))
        return self.put("policies", {**stored, "spec": policy["spec"]})

    async def delete_network_policy(self, policy: Object) -> None:
        await self._read("delete_policy", "policies", key_of(policy))
        self.remove("policies", key_of(policy))

    async def patch_status(self, body: Object, status: Object) -> Object:
        stored = await self._read("patch_status", "security_jobs", key_of(body))
        if stored["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"]:
            raise ConflictError(409, "the object has been modified")
        return self.put("security_jobs", {**stored, "status": copy.deepcopy(status)})

    async def patch_class_status(self, name: str, status: Object) -> Object:
        stored = await self._read("patch_class", "classes", Key("", name))
        return self.put("classes", {**stored, "status": status})

    async def delete_security_job(self, namespace: str, name: str, uid: str) -> None:
        await self._read("delete_security_job", "security_jobs", Key(namespace, name))
        self.remove("security_jobs", Key(namespace, name))

    async def create_event(self, event: Object) -> None:
        await self._called("create_event", Key(event["metadata"]["namespace"], event["reason"]))

    async def _list(self, kind: str) -> AsyncIterator[Object]:
        await self._called(f"list_{kind}", Key("", ""))
        listed = copy.deepcopy(list(self.objects[kind].values()))
        happens = self.while_listing.pop(kind, None)
        if happens:
            await happens()
        for body in listed:
            yield body

    async def _called(self, call: str, key: Key) -> None:
        self.calls.append((call, key))
        await asyncio.sleep(0)
        if call in self.refusals:
            raise self.refusals[call]

    async def _read(self, call: str, kind: str, key: Key) -> Object:
        await self._called(call, key)
        if key not in self.objects[kind]:
            raise NotFoundError(404, f"{key} not found")
        return copy.deepcopy(self.objects[kind][key])

    async def _create(self, call: str, kind: str, body: Object) -> Object:
        await self._called(call, key_of(body))
        if key_of(body) in self.objects[kind]:
            raise ConflictError(409, "exists already")
        return self.put(kind, copy.deepcopy(body))

    async def _pods(self, call: str, namespace: str) -> list[Object]:
        await self._called(call, Key(namespace, ""))
        return [pod for key, pod in self.objects["pods"].items() if key.namespace == namespace]


def conditions_of(body: Object) -> Iterator[tuple[str, str]]:
    """Give type and reason of each condition that holds."""
    for condition in body["status"]["conditions"]:
        if condition["status"] == "True":
            yield condition["type"], condition["reason"]
