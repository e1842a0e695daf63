"""What a cluster has, kind by kind, so that what an installation leaves can be told. Reads only."""

from __future__ import annotations

from collections.abc import Iterable

from controlplane import ControlPlane

Entry = tuple[str, str, str]
"""Kind, namespace, name."""

_COLUMNS = "KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name"

_OF_THE_CLUSTER = frozenset(
    {
        # Come and go by themselves.
        "Event",
        "EndpointSlice",
        "Endpoints",
        "Node",
        "PodMetrics",
        "APIService",
        # The API server's own, for each kind of ours that it serves.
        "StorageVersion",
    }
)


def snapshot(plane: ControlPlane) -> set[Entry]:
    """List all objects of all kinds, but what comes and goes by itself."""
    listed = plane.kubectl("api-resources", "--verbs=list", "--no-headers", "-o", "name")
    kinds = ",".join(sorted(set(listed.split())))
    found = plane.kubectl("get", kinds, "-A", "--no-headers", "-o", f"custom-columns={_COLUMNS}")
    entries = (line.split() for line in found.splitlines())
    return set(_entries(entry for entry in entries if len(entry) == 3))


def _entries(rows: Iterable[list[str]]) -> Iterable[Entry]:
    for kind, namespace, name in rows:
        own = "" if namespace == "<none>" else namespace
        if kind in _OF_THE_CLUSTER or own in ("kube-node-lease", "kube-system"):
            continue
        yield kind, own, name
