"""From the API server's Status object to the plugin's error, and what to do next. Pure."""

import re
from typing import Any

from pdf_security_operator.plugin.errors import (
    ConflictError,
    CredentialsError,
    ExpiredError,
    ForbiddenError,
    KindsMissingError,
    NotFoundError,
    RefusedError,
    ServerError,
    UnreachableError,
)
from pdf_security_operator.plugin.rights import missing_right_of

Object = dict[str, Any]

_POLICY = re.compile(r"ValidatingAdmissionPolicy '(?P<name>[^']+)'.*? denied request: (?P<why>.*)")

_AWAY = frozenset({0, 429, 500, 502, 503, 504})
"""Of the server's state and not of the request: it may pass by itself."""


def refusal_of(code: int, status: Object, *, of_ours: bool) -> ServerError:
    """Choose the error for an answer.

    Args:
        code: HTTP status.
        status: the Status object, or what was answered in its place below `message`.
        of_ours: whether one of the product's own kinds was asked for.
    """
    message = " ".join(str(status.get("message") or f"HTTP status {code}").split())
    if code == 401:
        return CredentialsError(
            "the API server does not take these credentials: they are wrong or have expired; log "
            "in anew, and see `kubectl config view` and `kubectl auth whoami`"
        )
    right = missing_right_of(message) if code == 403 else None
    if right:
        return ForbiddenError(str(right))
    if code == 404:
        return _missing(status, message, of_ours=of_ours)
    if code == 409:
        exists = status.get("reason") == "AlreadyExists"
        advice = "choose another name, or --generate-name" if exists else "try again"
        return ConflictError(f"{message}: {advice}")
    if code == 410:
        return ExpiredError(message)
    if code in _AWAY:
        return UnreachableError(f"the API server is not ready to answer: {message}: try again")
    if code in (400, 403, 422):
        return _refused(message)
    return ServerError(f"the API server answered {code}: {message}")


def _refused(message: str) -> RefusedError:
    policy = _POLICY.search(message)
    if policy:
        return RefusedError(f"the policy {policy['name']} refuses it: {policy['why']}")
    if "exceeded quota" in message:
        return RefusedError(
            f"{message}: wait for jobs to end, delete finished ones, or ask who sets the quota"
        )
    return RefusedError(f"the API server refuses it: {message}")


def _missing(status: Object, message: str, *, of_ours: bool) -> ServerError:
    if of_ours and not status.get("details", {}).get("name"):
        # Of a path that it does not know, and not of an object.
        return KindsMissingError(
            "the cluster knows no PdfSecurityJobs: have its administrator install the operator "
            "(`kubectl apply -k manifests/base`), or choose another --context"
        )
    return NotFoundError(f"{message}: see `kubectl get psj`, and check -n and --context")
