"""The only caller of the Kubernetes API: thin calls on plain dicts, API errors translated.

Decides nothing.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson

from pdf_security_operator import names
from pdf_security_operator.errors import ApiError, FencedError, api_error_of
from pdf_security_operator.limiter import Limiter
from pdf_security_operator.listing import Listing
from pdf_security_operator.metrics import Metrics

Object = dict[str, Any]

WATCH_SECONDS = 300
"""How long the server keeps a watch."""

QUIET_SECONDS = 65.0
"""Silence after which a watch is taken for dead: its bookmarks come every minute or so."""

_MERGE_PATCH = "application/merge-patch+json"
_RESOURCES = f"/apis/{names.API_VERSION}"


class Cluster:
    """Calls of one API server on one session."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        server: str,
        limiter: Limiter,
        metrics: Metrics,
        owns: Callable[[str], bool],
    ) -> None:
        """Make one.

        Args:
            session: to the API server.
            server: origin of the API server.
            limiter: lets each request through.
            metrics: count requests and waits.
            owns: whether this process may write in a namespace now; asked right before each write.
        """
        self._session = session
        self._server = server
        self._limiter = limiter
        self._metrics = metrics
        self._owns = owns

    def list_security_jobs(self) -> Listing:
        """List all PdfSecurityJobs, page by page."""
        return self._list(f"{_RESOURCES}/{names.JOB_PLURAL}")

    def list_classes(self) -> Listing:
        """List all PdfSecurityClasses."""
        return self._list(f"{_RESOURCES}/{names.CLASS_PLURAL}")

    def list_jobs(self) -> Listing:
        """List the Jobs that the operator created."""
        return self._list("/apis/batch/v1/jobs", labelSelector=names.MANAGED_SELECTOR)

    def watch_jobs(self, version: str) -> AsyncIterator[Object]:
        """Give the changes of the Jobs that the operator created; see `_watch`."""
        return self._watch("/apis/batch/v1/jobs", version, labelSelector=names.MANAGED_SELECTOR)

    def watch_security_jobs(self, version: str) -> AsyncIterator[Object]:
        """Give the changes of all PdfSecurityJobs; see `_watch`."""
        return self._watch(f"{_RESOURCES}/{names.JOB_PLURAL}", version)

    def list_network_policies(self) -> Listing:
        """List the NetworkPolicies that the operator created."""
        return self._list(
            "/apis/networking.k8s.io/v1/networkpolicies", labelSelector=names.MANAGED_SELECTOR
        )

    async def get_job(self, namespace: str, name: str) -> Object:
        """Read a Job. Raises NotFoundError."""
        return await self._call("GET", _job_path(namespace, name))

    async def create_job(self, job: Object) -> Object:
        """Create a Job; return it as it was stored. Raises ConflictError when the name is taken."""
        path = f"/apis/batch/v1/namespaces/{job['metadata']['namespace']}/jobs"
        return await self._write("POST", job["metadata"]["namespace"], path, json=job)

    async def patch_job_spec(self, namespace: str, name: str, **fields: Any) -> Object:
        """Change `suspend` or `ttlSecondsAfterFinished` of a Job."""
        return await self._patch(namespace, _job_path(namespace, name), {"spec": fields})

    async def list_pods(self, namespace: str, job_uid: str) -> list[Object]:
        """List the pods that are labelled as a Job's."""
        selector = f"batch.kubernetes.io/controller-uid={job_uid}"
        return await self._pods(namespace, labelSelector=selector)

    async def list_unfinished_pods(self, namespace: str, class_name: str) -> list[Object]:
        """List the pods of a class in a namespace that have not ended, Job or no Job."""
        phases = "status.phase!=Succeeded,status.phase!=Failed"
        selector = f"{names.CLASS_LABEL}={class_name}"
        return await self._pods(namespace, labelSelector=selector, fieldSelector=phases)

    async def _pods(self, namespace: str, **selectors: str) -> list[Object]:
        path = f"/api/v1/namespaces/{namespace}/pods"
        return [pod async for pod in self._list(path, **selectors)]

    async def list_warnings(self, namespace: str, uid: str) -> list[Object]:
        """List the Warning events of an object."""
        selector = f"involvedObject.uid={uid},type=Warning"
        path = f"/api/v1/namespaces/{namespace}/events"
        return [event async for event in self._list(path, fieldSelector=selector)]

    async def create_network_policy(self, policy: Object) -> Object:
        """Create a NetworkPolicy. Raises ConflictError when the name is taken."""
        path = _policy_path(policy, with_name=False)
        return await self._write("POST", policy["metadata"]["namespace"], path, json=policy)

    async def get_network_policy(self, policy: Object) -> Object:
        """Read the NetworkPolicy of the same name."""
        return await self._call("GET", _policy_path(policy))

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

    async def get_lease(self, namespace: str, name: str) -> Object:
        """Read a Lease, never from a cache: without a version, a read is of the newest state."""
        return await self._call("GET", _lease_path(namespace, name))

    async def create_lease(self, lease: Object) -> Object:
        """Create a Lease. Raises ConflictError when the name is taken."""
        return await self._call("POST", _lease_path(lease["metadata"]["namespace"]), json=lease)

    async def replace_lease(self, lease: Object) -> Object:
        """Replace a Lease; its resourceVersion guards against a change meanwhile."""
        metadata = lease["metadata"]
        path = _lease_path(metadata["namespace"], metadata["name"])
        return await self._call("PUT", path, json=lease)

    async def delete_lease(self, namespace: str, name: str, uid: str) -> None:
        """Delete exactly this Lease."""
        options = {"preconditions": {"uid": uid}}
        await self._call("DELETE", _lease_path(namespace, name), json=options)

    async def list_leases(self, namespace: str, label: str) -> list[Object]:
        """List the Leases of a namespace that bear a label."""
        return [lease async for lease in self._list(_lease_path(namespace), labelSelector=label)]

    async def create_event(self, event: Object) -> None:
        """Create an Event."""
        namespace = event["metadata"]["namespace"]
        await self._write("POST", namespace, f"/api/v1/namespaces/{namespace}/events", json=event)

    async def _watch(self, path: str, version: str, **query: str) -> AsyncIterator[Object]:
        """Give what changes after a version: `type` and `object`; ends when the server ends it.

        Raises:
            GoneError: what happened since that version, nobody can say any more.
            ApiError: the watch ended in another way.
        """
        query |= {"watch": "true", "resourceVersion": version, "allowWatchBookmarks": "true"}
        query["timeoutSeconds"] = str(WATCH_SECONDS)
        # A server that is silent for longer than its bookmarks are apart is one that is gone.
        quiet = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=QUIET_SECONDS)
        try:
            async with self._session.get(
                self._server + path, params=query, timeout=quiet
            ) as response:
                await _raise_refusal(response)
                async for line in _lines(response.content):
                    event = orjson.loads(line)
                    if event["type"] == "ERROR":
                        status = event["object"]
                        raise api_error_of(status.get("code", 0), status.get("message", ""))
                    yield event
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise api_error_of(0, f"watch of {path}: {type(error).__name__}") from error

    def _list(self, path: str, **query: str) -> Listing:
        return Listing(self._call, path, query)

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
        if not self._owns(namespace):
            raise FencedError(0, "another process may be acting by now")
        return await self._call(method, path, **options)

    async def _call(self, method: str, path: str, **options: Any) -> Object:
        """Send one request. Raises the ApiError that fits the answer."""
        if method in ("POST", "PATCH", "PUT"):
            options["params"] = {"fieldManager": names.MANAGED_BY}
        self._metrics.limiter_waited(await self._limiter.acquire())
        began, code = time.monotonic(), 0
        try:
            async with self._session.request(method, self._server + path, **options) as response:
                code = response.status
                await _raise_refusal(response)
                body = orjson.loads(await response.read())
                return body if isinstance(body, dict) else {}
        except ApiError as refusal:
            if refusal.retry_after:
                # Asked of this request, meant for all: it is the server that is overloaded.
                self._limiter.hold(refusal.retry_after)
            raise
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise api_error_of(0, f"{method} {path}: {type(error).__name__}") from error
        finally:
            self._metrics.api_answered(method, code, time.monotonic() - began)


async def _raise_refusal(response: aiohttp.ClientResponse) -> None:
    if response.status >= 300:
        message = _message_of(await response.text(errors="replace"))
        wait = response.headers.get("Retry-After", "")
        raise api_error_of(response.status, message[:1024], float(wait) if wait.isdigit() else None)


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Give the lines of a stream; one may be as large as the largest object."""
    rest = b""
    async for chunk in content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line


def _message_of(answer: str) -> str:
    """Take the message out of an error's Status; overload is told in plain text."""
    try:
        status = orjson.loads(answer)
    except (ValueError, RecursionError):
        return answer.strip()
    return str(status.get("message", "")) if isinstance(status, dict) else answer.strip()


def _job_path(namespace: str, name: str) -> str:
    return f"/apis/batch/v1/namespaces/{namespace}/jobs/{quote(name, safe='')}"


def _policy_path(policy: Object, *, with_name: bool = True) -> str:
    metadata = policy["metadata"]
    path = f"/apis/networking.k8s.io/v1/namespaces/{metadata['namespace']}/networkpolicies"
    return f"{path}/{metadata['name']}" if with_name else path


def _lease_path(namespace: str, name: str = "") -> str:
    path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
    return f"{path}/{quote(name, safe='')}" if name else path
