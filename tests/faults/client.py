"""Plain calls of the API server as one of its users, over a certificate of theirs. No assertions.

Administrator unless told otherwise. What is not there is None; every other refusal is raised.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from typing import Any

import urllib3

from controlplane import ControlPlane

Object = dict[str, Any]

MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}

_GROUPS = {
    "pdfsecurityjobs": "/apis/pdfsecurity.dev/v1alpha1",
    "pdfsecurityclasses": "/apis/pdfsecurity.dev/v1alpha1",
    "jobs": "/apis/batch/v1",
    "leases": "/apis/coordination.k8s.io/v1",
    "networkpolicies": "/apis/networking.k8s.io/v1",
}
"""Plural -> path of its group; what is not here is in the core group."""


class RefusedError(Exception):
    """The API said no: its status code and its message."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Client:
    """One user."""

    def __init__(
        self,
        plane: ControlPlane,
        user: str = "administrator",
        groups: Sequence[str] = ("system:masters",),
    ) -> None:
        certificate, key = plane.client_certificate(user, groups)
        self._server = plane.server
        self._pool = urllib3.PoolManager(
            ca_certs=str(plane.authority_file), cert_file=str(certificate), key_file=str(key)
        )

    def get(self, plural: str, name: str, namespace: str = "") -> Object | None:
        """Read an object; None where there is none."""
        try:
            return self.call("GET", path_of(plural, namespace, name))
        except RefusedError as answer:
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
        except RefusedError as answer:
            if answer.code != http.client.NOT_FOUND:
                raise

    def call(self, method: str, path: str, **options: Any) -> Object:
        """Send one request."""
        answer = self._pool.request(method, self._server + path, retries=False, **options)
        body = answer.json()
        if answer.status >= http.client.BAD_REQUEST:
            raise RefusedError(answer.status, str(body.get("message")))
        return dict(body)


def path_of(plural: str, namespace: str = "", name: str = "", subresource: str = "") -> str:
    """Build the path of an object, or of a list where there is no name."""
    inside = f"/namespaces/{namespace}" if namespace else ""
    rest = "/".join(part for part in (plural, name, subresource) if part)
    return f"{_GROUPS.get(plural, '/api/v1')}{inside}/{rest}"
