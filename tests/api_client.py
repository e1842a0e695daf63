"""Plain calls of an API server, on plain objects. No assertions.

What is not there is None; every other refusal is raised.
"""

from __future__ import annotations

import http.client
import json
from typing import Any

import urllib3

Object = dict[str, Any]

MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}

_GROUPS = {
    "pdfsecurityjobs": "/apis/pdfsecurity.dev/v1alpha1",
    "pdfsecurityclasses": "/apis/pdfsecurity.dev/v1alpha1",
    "jobs": "/apis/batch/v1",
    "leases": "/apis/coordination.k8s.io/v1",
    "networkpolicies": "/apis/networking.k8s.io/v1",
    "deployments": "/apis/apps/v1",
    "clusterroles": "/apis/rbac.authorization.k8s.io/v1",
    "roles": "/apis/rbac.authorization.k8s.io/v1",
    "clusterrolebindings": "/apis/rbac.authorization.k8s.io/v1",
    "rolebindings": "/apis/rbac.authorization.k8s.io/v1",
    "customresourcedefinitions": "/apis/apiextensions.k8s.io/v1",
    "subjectaccessreviews": "/apis/authorization.k8s.io/v1",
}
"""Plural -> path of its group; what is not here is in the core group."""


class AnsweredError(Exception):
    """The API said no: its status code and its message."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Api:
    """One API server, as one user."""

    def __init__(self, origin: str, pool: urllib3.PoolManager | None = None) -> None:
        """Make one.

        Args:
            origin: of the server, or of a proxy before it that is somebody.
            pool: connections that carry a user's certificate, where nobody else says who asks.
        """
        self._origin = origin
        self._pool = pool or urllib3.PoolManager()

    def get(self, plural: str, name: str, namespace: str = "") -> Object | None:
        """Read an object; None where there is none."""
        try:
            return self.call("GET", path_of(plural, namespace, name))
        except AnsweredError as answer:
            if answer.code == http.client.NOT_FOUND:
                return None
            raise

    def list(self, plural: str, namespace: str = "", **query: str) -> list[Object]:
        """List objects; `labelSelector` and `fieldSelector` narrow it."""
        return list(self.call("GET", path_of(plural, namespace), fields=query)["items"])

    def create(self, plural: str, body: Object, namespace: str = "") -> Object:
        """Create an object."""
        return self.call("POST", path_of(plural, namespace), json=body)

    def patch(
        self, plural: str, name: str, patch: Object, namespace: str = "", subresource: str = ""
    ) -> Object:
        """Merge into an object."""
        path = path_of(plural, namespace, name, subresource)
        return self.call("PATCH", path, body=json.dumps(patch), headers=MERGE_PATCH)

    def delete(self, plural: str, name: str, namespace: str = "") -> None:
        """Delete an object, what it owns in the background; none is no error."""
        try:
            options = {"propagationPolicy": "Background"}
            self.call("DELETE", path_of(plural, namespace, name), json=options)
        except AnsweredError as answer:
            if answer.code != http.client.NOT_FOUND:
                raise

    def text(self, path: str) -> bytes:
        """Read what is no JSON: a log, or metrics."""
        answer = self._pool.request("GET", self._origin + path)
        if answer.status >= http.client.BAD_REQUEST:
            raise AnsweredError(answer.status, answer.data.decode(errors="replace"))
        return bytes(answer.data)

    def call(self, method: str, path: str, **options: Any) -> Object:
        """Send one request."""
        answer = self._pool.request(method, self._origin + path, **options)
        body = answer.json()
        if answer.status >= http.client.BAD_REQUEST:
            raise AnsweredError(answer.status, str(body.get("message")))
        return dict(body)


def path_of(plural: str, namespace: str = "", name: str = "", subresource: str = "") -> str:
    """Build the path of an object, or of a list where there is no name."""
    inside = f"/namespaces/{namespace}" if namespace else ""
    rest = "/".join(part for part in (plural, name, subresource) if part)
    return f"{_GROUPS.get(plural, '/api/v1')}{inside}/{rest}"
