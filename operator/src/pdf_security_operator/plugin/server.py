"""The only caller of the API server: thin calls on plain dicts, refusals translated.

Decides nothing, tries nothing twice, and prints nothing.
"""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import urllib3
from kubernetes.client import ApiException

from pdf_security_operator import names
from pdf_security_operator.plugin.errors import UnreachableError
from pdf_security_operator.plugin.kubeconfig import Access
from pdf_security_operator.plugin.refusals import refusal_of
from pdf_security_operator.plugin.resources import PODS, Resource, path_of

Object = dict[str, Any]

MANAGER = "kubectl-pdfsec"
"""Field manager of what is written."""

PAGE = 500
"""Objects of one answer, as kubectl asks for them."""

WATCH_SECONDS = 300
"""After so long the server ends a watch, and another one goes on."""

SILENT_SECONDS = 80.0
"""A watch tells something every minute; one that does not is dead."""

LINE_BYTES = 1024**2
"""Of a log: a container may write a line without end."""

_MERGE = "application/merge-patch+json"


class Listed(NamedTuple):
    """Objects, and the version of the list that a watch goes on from."""

    items: list[Object]
    version: str


class Server:
    """One API server, as one user."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.namespace = access.namespace
        """Where a command works that names no other."""
        self.explicit_namespace = access.explicit_namespace

    def get(self, resource: Resource, namespace: str | None, name: str) -> Object:
        """Read an object; raises ServerError."""
        return self._asked("GET", path_of(resource, namespace, name))

    def list(self, resource: Resource, namespace: str | None, **query: str) -> Listed:
        """Read all objects of a kind, page by page; raises ServerError."""
        path, more = path_of(resource, namespace), ""
        items: list[Object] = []
        while True:
            page = {**query, "limit": str(PAGE), **({"continue": more} if more else {})}
            answer = self._asked("GET", path, page)
            items += answer.get("items") or []
            more = answer["metadata"].get("continue", "")
            if not more:
                return Listed(items, answer["metadata"]["resourceVersion"])

    def create(
        self, resource: Resource, namespace: str, body: Object, *, is_trial: bool = False
    ) -> Object:
        """Create an object, or let the server say whether it would; raises ServerError."""
        return self._asked("POST", path_of(resource, namespace), _writing(is_trial=is_trial), body)

    def replace(
        self, resource: Resource, namespace: str, body: Object, *, is_trial: bool
    ) -> Object:
        """Replace an object, or let the server say what would become of it."""
        path = path_of(resource, namespace, body["metadata"]["name"])
        return self._asked("PUT", path, _writing(is_trial=is_trial), body)

    def merge(self, resource: Resource, namespace: str, name: str, patch: Object) -> Object:
        """Change fields of an object; raises ServerError."""
        path = path_of(resource, namespace, name)
        return self._asked("PATCH", path, _writing(is_trial=False), patch)

    def delete(self, resource: Resource, namespace: str, name: str) -> None:
        """Delete an object, what it owns in the background; raises ServerError."""
        options = {"propagationPolicy": "Background"}
        self._asked("DELETE", path_of(resource, namespace, name), body=options)

    def watch(
        self,
        resource: Resource,
        namespace: str | None,
        version: str,
        seconds: float = WATCH_SECONDS,
        **query: str,
    ) -> Iterator[Object]:
        """Give what changes after a version, and bookmarks, until the server ends the watch.

        Raises:
            ExpiredError: the version is too old: list anew.
            ServerError: as of every call; a watch that falls silent is unreachable.
        """
        query = {
            **query,
            "watch": "true",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(max(1, round(min(seconds, WATCH_SECONDS)))),
        }
        for line in self._lines(path_of(resource, namespace), query, SILENT_SECONDS):
            event = json.loads(line)
            if event["type"] == "ERROR":
                status = event["object"]
                raise refusal_of(int(status.get("code", 0)), status, of_ours=resource.is_ours)
            yield event

    def log_lines(self, namespace: str, pod: str, container: str, *, follow: bool) -> Iterator[str]:
        """Give the lines of a container's log; raises ServerError."""
        query = {"container": container, **({"follow": "true"} if follow else {})}
        path = path_of(PODS, namespace, pod, "log")
        # A container that is followed may say nothing for as long as it runs.
        seconds = None if follow else self.access.seconds
        for line in self._lines(path, query, seconds):
            yield line.decode(errors="replace")

    def _asked(
        self, method: str, path: str, query: dict[str, str] | None = None, body: Any = None
    ) -> Object:
        with self._answered(method, path, query, body, self.access.seconds) as answer:
            found: Object = json.loads(answer.data)
            return found

    def _lines(self, path: str, query: dict[str, str], silence: float | None) -> Iterator[bytes]:
        with self._answered("GET", path, query, None, silence) as answer:
            pending = b""
            for piece in answer.stream(amt=65536, decode_content=True):
                *whole, pending = (pending + piece).split(b"\n")
                yield from whole
                if len(pending) > LINE_BYTES and path.endswith("/log"):
                    yield pending
                    pending = b""
            if pending:
                yield pending

    @contextmanager
    def _answered(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None,
        body: Any,
        seconds: float | None,
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """Send one request, and have its answer read within the block."""
        client = self.access.api_client
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = _MERGE if method == "PATCH" else "application/json"
        request = client.param_serialize(
            method, path, None, list((query or {}).items()), headers, body, None, None,
            ["BearerToken"],
        )  # fmt: skip
        connect = self.access.seconds
        timeout = (connect, seconds) if connect or seconds else None
        try:
            answer = client.call_api(*request, _request_timeout=timeout).response
            if answer.status >= http.client.BAD_REQUEST:
                raise refusal_of(answer.status, _status_in(answer.data), of_ours=_is_ours(path))
            try:
                yield answer
            finally:
                answer.close()
        except (urllib3.exceptions.HTTPError, ApiException, OSError) as error:
            raise self._unreachable(error) from error
        except ValueError as error:
            raise UnreachableError(
                f"{self.access.server} answers what no API server does: check the server of the "
                f"context {self.access.context}, and the proxy before it"
            ) from error

    def _unreachable(self, error: Exception) -> UnreachableError:
        said = error.reason if isinstance(error, ApiException) else error
        words = " ".join(str(said).split())
        if "CERTIFICATE_VERIFY_FAILED" in words:
            advice = "check certificate-authority of its cluster in the kubeconfig"
        else:
            advice = "check --context, the network and the proxy, and whether the cluster runs"
        return UnreachableError(
            f"the API server {self.access.server} of the context {self.access.context} cannot be "
            f"reached: {words}: {advice}"
        )


def _writing(*, is_trial: bool) -> dict[str, str]:
    trial = {"dryRun": "All"} if is_trial else {}
    return {"fieldManager": MANAGER, "fieldValidation": "Strict", **trial}


def _status_in(content: bytes) -> Object:
    """Read the Status object of a refusal; what is none becomes its message."""
    try:
        status = json.loads(content)
    except ValueError:
        status = None
    if isinstance(status, dict) and status.get("kind") == "Status":
        return status
    return {"message": content[:500].decode(errors="replace").strip()}


def _is_ours(path: str) -> bool:
    return path.startswith(f"/apis/{names.GROUP}/")
