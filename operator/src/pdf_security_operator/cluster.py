"""The only caller of the Kubernetes API: thin calls on plain dicts, API errors translated.

Decides nothing.
"""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp

from pdf_security_operator import names
from pdf_security_operator.errors import api_error_of

Object = dict[str, Any]

PAGE = 100
"""Objects of one page of a list: each may have a megabyte."""

_MERGE_PATCH = "application/merge-patch+json"
_RESOURCES = f"/apis/{names.API_VERSION}"


class Cluster:
    """Calls of one API server on one session."""

    def __init__(self, session: aiohttp.ClientSession, server: str) -> None:
        self._session = session
        self._server = server

    def list_security_jobs(self) -> AsyncIterator[Object]:
        """List all PdfSecurityJobs, page by page."""
        return self._list(f"{_RESOURCES}/{names.JOB_PLURAL}")

    def list_classes(self) -> AsyncIterator[Object]:
        """List all PdfSecurityClasses."""
        return self._list(f"{_RESOURCES}/{names.CLASS_PLURAL}")

    def list_jobs(self) -> AsyncIterator[Object]:
        """List the Jobs that the operator created."""
        return self._list("/apis/batch/v1/jobs", labelSelector=names.MANAGED_SELECTOR)

    def list_network_policies(self) -> AsyncIterator[Object]:
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
        return await self._call("POST", path, json=job)

    async def patch_job_spec(self, namespace: str, name: str, **fields: Any) -> Object:
        """Change `suspend` or `ttlSecondsAfterFinished` of a Job."""
        return await self._patch(_job_path(namespace, name), {"spec": fields})

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
        return await self._call("POST", _policy_path(policy, with_name=False), json=policy)

    async def get_network_policy(self, policy: Object) -> Object:
        """Read the NetworkPolicy of the same name."""
        return await self._call("GET", _policy_path(policy))

    async def replace_network_policy(self, policy: Object) -> Object:
        """Replace a NetworkPolicy; its resourceVersion guards against a change meanwhile."""
        return await self._call("PUT", _policy_path(policy), json=policy)

    async def delete_network_policy(self, policy: Object) -> None:
        """Delete exactly this NetworkPolicy, not a later one of the same name."""
        await self._delete(_policy_path(policy), policy["metadata"]["uid"])

    async def patch_status(self, body: Object, status: Object) -> Object:
        """Merge into the status of a PdfSecurityJob; return the resource.

        Raises:
            ConflictError: it is no more what `body` is, or another of its name.
        """
        metadata = body["metadata"]
        path = f"{_RESOURCES}/namespaces/{metadata['namespace']}/{names.JOB_PLURAL}"
        version = {"resourceVersion": metadata["resourceVersion"]}
        patch = {"metadata": version, "status": status}
        return await self._patch(f"{path}/{metadata['name']}/status", patch)

    async def patch_class_status(self, name: str, status: Object) -> Object:
        """Merge into the status of a PdfSecurityClass; return the resource."""
        path = f"{_RESOURCES}/{names.CLASS_PLURAL}/{name}/status"
        return await self._patch(path, {"status": status})

    async def delete_security_job(self, namespace: str, name: str, uid: str) -> None:
        """Delete exactly this PdfSecurityJob; what it owns goes with it."""
        await self._delete(f"{_RESOURCES}/namespaces/{namespace}/{names.JOB_PLURAL}/{name}", uid)

    async def create_event(self, event: Object) -> None:
        """Create an Event."""
        path = f"/api/v1/namespaces/{event['metadata']['namespace']}/events"
        await self._call("POST", path, json=event)

    async def _list(self, path: str, **query: str) -> AsyncIterator[Object]:
        continuation: str | None = None
        while True:
            page = {"limit": str(PAGE), **({"continue": continuation} if continuation else {})}
            answer = await self._call("GET", path, params={**query, **page})
            for item in answer["items"]:
                yield item
            continuation = answer["metadata"].get("continue")
            if not continuation:
                return

    async def _patch(self, path: str, patch: Object) -> Object:
        return await self._call("PATCH", path, json=patch, headers={"Content-Type": _MERGE_PATCH})

    async def _delete(self, path: str, uid: str) -> None:
        options = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        await self._call("DELETE", path, json=options)

    async def _call(self, method: str, path: str, **options: Any) -> Object:
        """Send one request. Raises the ApiError that fits the answer."""
        if method in ("POST", "PATCH", "PUT"):
            options["params"] = {"fieldManager": names.MANAGED_BY}
        try:
            async with self._session.request(method, self._server + path, **options) as response:
                if response.status < 300:
                    body = await response.json(content_type=None)
                    return body if isinstance(body, dict) else {}
                message = _message_of(await response.text(errors="replace"))
                wait = response.headers.get("Retry-After", "")
                raise api_error_of(
                    response.status, message[:1024], float(wait) if wait.isdigit() else None
                )
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise api_error_of(0, f"{method} {path}: {type(error).__name__}") from error


def _message_of(answer: str) -> str:
    """Take the message out of an error's Status; overload is told in plain text."""
    try:
        status = json.loads(answer)
    except (ValueError, RecursionError):
        return answer.strip()
    return str(status.get("message", "")) if isinstance(status, dict) else answer.strip()


def _job_path(namespace: str, name: str) -> str:
    return f"/apis/batch/v1/namespaces/{namespace}/jobs/{quote(name, safe='')}"


def _policy_path(policy: Object, *, with_name: bool = True) -> str:
    metadata = policy["metadata"]
    path = f"/apis/networking.k8s.io/v1/namespaces/{metadata['namespace']}/networkpolicies"
    return f"{path}/{metadata['name']}" if with_name else path
