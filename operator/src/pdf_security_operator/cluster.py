"""The calls of the Kubernetes API that the operator makes: thin, on plain dicts; writes are fenced.

Decides nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import quote

from pdf_security_operator import names
from pdf_security_operator.errors import FencedError, api_error_of
from pdf_security_operator.listing import Listing
from pdf_security_operator.transport import Transport

Object = dict[str, Any]

GATHER_SECONDS = 0.2
"""For what Jobs and pods go through. Between two jobs, others have taken the processor's caches: to
be woken for each step of each costs several times what there is to do then."""

_BATCH = "/apis/batch/v1"
_CORE = "/api/v1"
_NETWORKING = "/apis/networking.k8s.io/v1"
_MERGE_PATCH = "application/merge-patch+json"
_RESOURCES = f"/apis/{names.API_VERSION}"


class Cluster:
    """Calls of one API server."""

    def __init__(
        self,
        transport: Transport,
        seconds_left: Callable[[str], float],
        watched_namespace: str = "",
    ) -> None:
        """Make one.

        Args:
            transport: to the API server.
            seconds_left: for which this process may surely write in a namespace; asked right before
                each write.
            watched_namespace: the one whose objects are listed and watched; empty for all.
        """
        self._transport = transport
        self._seconds_left = seconds_left
        self._watched = f"/namespaces/{watched_namespace}" if watched_namespace else ""

    def list_security_jobs(self) -> Listing:
        """List all PdfSecurityJobs, page by page."""
        return self._transport.list(self._watched_path(_RESOURCES, names.JOB_PLURAL))

    def list_classes(self) -> Listing:
        """List all PdfSecurityClasses."""
        return self._transport.list(f"{_RESOURCES}/{names.CLASS_PLURAL}")

    def list_jobs(self) -> Listing:
        """List the Jobs that the operator created."""
        path = self._watched_path(_BATCH, "jobs")
        return self._transport.list(path, labelSelector=names.MANAGED_SELECTOR)

    def watch_jobs(self, version: str) -> AsyncIterator[Object]:
        """Give the changes of the Jobs that the operator created; see `Transport.watch`."""
        path = self._watched_path(_BATCH, "jobs")
        return self._transport.watch(
            path, version, gather_seconds=GATHER_SECONDS, labelSelector=names.MANAGED_SELECTOR
        )

    def watch_security_jobs(self, version: str) -> AsyncIterator[Object]:
        """Give the changes of all PdfSecurityJobs; see `Transport.watch`."""
        return self._transport.watch(self._watched_path(_RESOURCES, names.JOB_PLURAL), version)

    def list_network_policies(self) -> Listing:
        """List the NetworkPolicies that the operator created."""
        path = self._watched_path(_NETWORKING, "networkpolicies")
        return self._transport.list(path, labelSelector=names.MANAGED_SELECTOR)

    async def get_job(self, namespace: str, name: str) -> Object:
        """Read a Job. Raises NotFoundError."""
        return await self._transport.send("GET", _job_path(namespace, name))

    async def create_job(self, job: Object) -> Object:
        """Create a Job; return it as it was stored. Raises ConflictError when the name is taken."""
        path = f"{_BATCH}/namespaces/{job['metadata']['namespace']}/jobs"
        return await self._write("POST", job["metadata"]["namespace"], path, json=job)

    async def patch_job_spec(self, namespace: str, name: str, **fields: Any) -> Object:
        """Change `suspend` or `ttlSecondsAfterFinished` of a Job."""
        return await self._patch(namespace, _job_path(namespace, name), {"spec": fields})

    async def pods_version(self) -> str:
        """Give the version of all pods as they are now, from which on to watch them."""
        path = self._watched_path(_CORE, "pods")
        answer = await self._transport.send("GET", path, params={"limit": "1"})
        return str(answer["metadata"]["resourceVersion"])

    def watch_ended_pods(self, version: str) -> AsyncIterator[Object]:
        """Give the pods of the operator's Jobs once each, when they end; see `Transport.watch`."""
        phases = "status.phase!=Pending,status.phase!=Running,status.phase!=Unknown"
        path = self._watched_path(_CORE, "pods")
        return self._transport.watch(
            path,
            version,
            gather_seconds=GATHER_SECONDS,
            labelSelector=names.MANAGED_SELECTOR,
            fieldSelector=phases,
        )

    async def list_pods(self, namespace: str, job_uid: str) -> list[Object]:
        """List the pods that are labelled as a Job's."""
        selector = f"batch.kubernetes.io/controller-uid={job_uid}"
        return [pod async for pod in self._pods(namespace, labelSelector=selector)]

    def unfinished_pods(self, namespace: str, selector: str, **more: str) -> Listing:
        """List the pods in a namespace that have not ended, Job or no Job."""
        phases = "status.phase!=Succeeded,status.phase!=Failed"
        return self._pods(namespace, labelSelector=selector, fieldSelector=phases, **more)

    def starting_pods(self, namespace: str) -> Listing:
        """List the Jobs' pods in a namespace that have not ended, as the API server remembers them.

        That may be a moment old, and costs a hundredth of what its store takes.
        """
        return self.unfinished_pods(namespace, names.MANAGED_SELECTOR, resourceVersion="0")

    def _pods(self, namespace: str, **selectors: str) -> Listing:
        return self._transport.list(f"{_CORE}/namespaces/{namespace}/pods", **selectors)

    def warnings(self, namespace: str) -> Listing:
        """List the Warning events of a namespace."""
        path = f"{_CORE}/namespaces/{namespace}/events"
        return self._transport.list(path, fieldSelector="type=Warning")

    async def create_network_policy(self, policy: Object) -> Object:
        """Create a NetworkPolicy. Raises ConflictError when the name is taken."""
        path = _policy_path(policy, with_name=False)
        return await self._write("POST", policy["metadata"]["namespace"], path, json=policy)

    async def get_network_policy(self, policy: Object) -> Object:
        """Read the NetworkPolicy of the same name."""
        return await self._transport.send("GET", _policy_path(policy))

    async def replace_network_policy(self, policy: Object) -> Object:
        """Replace a NetworkPolicy; its resourceVersion guards against a change meanwhile."""
        namespace = policy["metadata"]["namespace"]
        return await self._write("PUT", namespace, _policy_path(policy), json=policy)

    async def delete_network_policy(self, policy: Object) -> None:
        """Delete exactly this NetworkPolicy, not a later one of the same name."""
        metadata = policy["metadata"]
        await self._delete(metadata["namespace"], _policy_path(policy), metadata["uid"])

    async def patch_status(self, body: Object, status: Object) -> Object:
        """Merge into the status of a PdfSecurityJob; return the resource.

        Raises:
            ConflictError: it is no more what `body` is, or another of its name.
        """
        metadata = body["metadata"]
        namespace = metadata["namespace"]
        path = f"{_RESOURCES}/namespaces/{namespace}/{names.JOB_PLURAL}/{metadata['name']}/status"
        version = {"resourceVersion": metadata["resourceVersion"]}
        return await self._patch(namespace, path, {"metadata": version, "status": status})

    async def patch_class_status(self, name: str, status: Object) -> Object:
        """Merge into the status of a PdfSecurityClass; return the resource."""
        path = f"{_RESOURCES}/{names.CLASS_PLURAL}/{name}/status"
        return await self._patch("", path, {"status": status})

    async def delete_security_job(self, namespace: str, name: str, uid: str) -> None:
        """Delete exactly this PdfSecurityJob; what it owns goes with it."""
        path = f"{_RESOURCES}/namespaces/{namespace}/{names.JOB_PLURAL}/{name}"
        await self._delete(namespace, path, uid)

    async def create_event(self, event: Object) -> None:
        """Create an Event."""
        namespace = event["metadata"]["namespace"]
        await self._write("POST", namespace, f"{_CORE}/namespaces/{namespace}/events", json=event)

    def _watched_path(self, group: str, plural: str) -> str:
        """Give the path of all objects of a kind that are watched."""
        return f"{group}{self._watched}/{plural}"

    async def _patch(self, namespace: str, path: str, patch: Object) -> Object:
        headers = {"Content-Type": _MERGE_PATCH}
        return await self._write("PATCH", namespace, path, json=patch, headers=headers)

    async def _delete(self, namespace: str, path: str, uid: str) -> None:
        options = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        await self._write("DELETE", namespace, path, json=options)

    async def _write(self, method: str, namespace: str, path: str, **options: Any) -> Object:
        """Send a request that changes something, if the namespace is ours to change now.

        Raises:
            FencedError: it is another process's; nothing was sent.
        """
        seconds = self._seconds_left(namespace)
        if not seconds:
            raise FencedError(0, "another process may be acting by now")
        try:
            # Between this and the sending, a connection may have to be opened. Who is stopped
            # meanwhile finds the time over when it wakes, and sends nothing.
            async with asyncio.timeout(seconds):
                return await self._transport.send(method, path, **options)
        except TimeoutError as error:
            raise api_error_of(0, f"{method} {path}: no answer while this process led") from error


def _job_path(namespace: str, name: str) -> str:
    return f"{_BATCH}/namespaces/{namespace}/jobs/{quote(name, safe='')}"


def _policy_path(policy: Object, *, with_name: bool = True) -> str:
    metadata = policy["metadata"]
    path = f"{_NETWORKING}/namespaces/{metadata['namespace']}/networkpolicies"
    return f"{path}/{metadata['name']}" if with_name else path
