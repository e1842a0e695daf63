"""What a rendered pod of ours must say: pure. The Jobs' builder says what that is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pdf_security_operator.hardening import container_hardening, pod_hardening

Object = dict[str, Any]

POD_FIELDS = ("hostUsers", "enableServiceLinks")
POD_CONTEXT = (
    "runAsNonRoot",
    "runAsUser",
    "runAsGroup",
    "fsGroup",
    "supplementalGroupsPolicy",
    "seccompProfile",
)
CONTAINER_CONTEXT = (
    "runAsNonRoot",
    "allowPrivilegeEscalation",
    "readOnlyRootFilesystem",
    "capabilities",
    "seccompProfile",
)
"""Of what Jobs' pods have: a service account's token the operator needs, and the rest is the API's
default."""

NEVER = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace")

BOUNDED = ("cpu", "memory", "ephemeral-storage")

BY_DIGEST = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")


def hardening_faults_of(pod: Object) -> list[str]:
    """Name the fields of a pod's spec that are softer than those of a Job's pod."""
    return [*_faults_of_pod(pod), *(fault for each in _containers(pod) for fault in _faults(each))]


def _faults_of_pod(pod: Object) -> Iterator[str]:
    wanted = pod_hardening(user_namespace=True)
    for name in POD_FIELDS:
        if pod.get(name) != wanted[name]:
            yield name
    for name in POD_CONTEXT:
        if pod.get("securityContext", {}).get(name) != wanted["securityContext"][name]:
            yield f"securityContext.{name}"
    yield from (name for name in NEVER if pod.get(name))
    for volume in pod.get("volumes", ()):
        if "hostPath" in volume:
            yield f"volumes.{volume['name']}.hostPath"


def _faults(container: Object) -> Iterator[str]:
    wanted, context = container_hardening()["securityContext"], container.get("securityContext", {})
    for name in CONTAINER_CONTEXT:
        if context.get(name) != wanted[name]:
            yield f"{container['name']}.securityContext.{name}"
    if context.get("privileged"):
        yield f"{container['name']}.securityContext.privileged"
    for kind in ("requests", "limits"):
        for name in BOUNDED:
            if not container.get("resources", {}).get(kind, {}).get(name):
                yield f"{container['name']}.resources.{kind}.{name}"
    if not BY_DIGEST.fullmatch(container["image"]):
        yield f"{container['name']}.image"


def _containers(pod: Object) -> list[Object]:
    return [*pod.get("initContainers", ()), *pod["containers"]]
