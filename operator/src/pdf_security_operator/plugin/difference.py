"""What would change in a resource, as a unified diff of YAML: pure.

Metadata that the server sets, and the status, are nobody's change.
"""

import difflib
from typing import Any

import yaml

from pdf_security_operator.cli.text import printable

Object = dict[str, Any]

_SERVERS = (
    "creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid",
)  # fmt: skip
"""Fields of metadata that no manifest has a say in."""

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def build_replacement(live: Object, wanted: Object) -> Object:
    """Build what is sent to see what would change: the file's spec, its labels and annotations."""
    metadata = {**live["metadata"]}
    for kind in ("labels", "annotations"):
        merged = {**(metadata.get(kind) or {}), **(wanted["metadata"].get(kind) or {})}
        if merged:
            metadata[kind] = merged
    return {**live, "metadata": metadata, "spec": wanted["spec"]}


def difference_of(before: Object | None, after: Object, name: str) -> list[str]:
    """Give the lines of the diff; none where nothing would change.

    Args:
        before: as it is; None where it does not exist.
        after: as it would be.
        name: for the head of the diff.
    """
    lines = difflib.unified_diff(
        _lines_of(before) if before else [],
        _lines_of(after),
        f"cluster/{name}",
        f"file/{name}",
        lineterm="",
    )
    return [printable(line) for line in lines]


def _lines_of(body: Object) -> list[str]:
    metadata = {name: value for name, value in body["metadata"].items() if name not in _SERVERS}
    annotations = {
        name: value
        for name, value in (metadata.pop("annotations", None) or {}).items()
        if name != _LAST_APPLIED
    }
    if annotations:
        metadata["annotations"] = annotations
    shown: Object = {name: body[name] for name in ("apiVersion", "kind", "spec") if name in body}
    return yaml.safe_dump({**shown, "metadata": metadata}, sort_keys=True).splitlines()
