"""What end-to-end tests share: namespaces, waiting, and the lock on the one operator.

No assertions.
"""

from __future__ import annotations

import fcntl
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from cluster import Cluster
from images.build import REPOSITORY

Object = dict[str, Any]
Found = TypeVar("Found")

SCALE_LOCK = Path("/tmp/pdf-security-operator-scale.lock")
"""Held while the operator is killed, scaled or doubled: there is one for all tests of a cluster."""

REFERENCE_POLICIES = str(REPOSITORY / "manifests" / "base" / "reference-policy.yaml")

RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"


@contextmanager
def exclusive_operator() -> Iterator[None]:
    """Keep others from killing or scaling the operator meanwhile."""
    with SCALE_LOCK.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@contextmanager
def temporary_namespace(cluster: Cluster, prefix: str, *, restricted: bool = True) -> Iterator[str]:
    """Make a namespace for as long as it is needed."""
    name = f"{prefix}-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", name)
    if restricted:
        cluster.kubectl("label", "namespace", name, RESTRICTED)
    try:
        yield name
    finally:
        cluster.kubectl("delete", "namespace", name, "--wait=false")


def wait_for(found: Callable[[], Found | None], what: str, seconds: float = 60) -> Found:
    """Wait until something is found; raise TimeoutError with `what` when it is not."""
    until = time.monotonic() + seconds
    while True:
        result = found()
        if result:
            return result
        if time.monotonic() > until:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.2)


@contextmanager
def without_manifest(cluster: Cluster, path: str) -> Iterator[None]:
    """Take away what a manifest holds until the block ends."""
    cluster.kubectl("delete", "-f", path)
    try:
        yield
    finally:
        cluster.kubectl("create", "-f", path)


@contextmanager
def without_class_policies(cluster: Cluster, passes: Callable[[], bool]) -> Iterator[None]:
    """Take away what judges jobs at admission, where it is there, until the block ends.

    Args:
        cluster: of the policies.
        passes: whether what they refuse is accepted; it takes the API server a moment.
    """
    there = cluster.kubectl("get", "--ignore-not-found", "-o", "name", "-f", REFERENCE_POLICIES)
    if not there:
        yield
        return
    with without_manifest(cluster, REFERENCE_POLICIES):
        wait_for(passes, "no policy judges any more", 60)
        yield


def items_of(cluster: Cluster, kind: str, namespace: str, *more: str) -> list[Object]:
    """List objects of a namespace."""
    answer = json.loads(cluster.kubectl("get", kind, "-n", namespace, "-o", "json", *more))
    return list(answer["items"])


def phase_of(resource: Object) -> str:
    """Phase of a PdfSecurityJob, empty before its first status."""
    return str(resource.get("status", {}).get("phase", ""))


def wait_for_jobs(
    cluster: Cluster, namespace: str, number: int, seconds: float = 120
) -> list[Object]:
    """Wait until so many PdfSecurityJobs of a namespace have ended; return them."""

    def ended() -> list[Object]:
        jobs = items_of(cluster, "psj", namespace)
        done = [job for job in jobs if phase_of(job) in ("Succeeded", "Failed")]
        return done if len(done) >= number else []

    return wait_for(ended, f"{number} PdfSecurityJobs of {namespace} ended", seconds)
