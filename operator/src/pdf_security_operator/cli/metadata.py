"""What any resource's metadata does wrong, as the API server checks it. Pure.

No rule of a particular kind, and nothing of a spec.
"""

import re
from collections.abc import Iterator
from typing import Any

from pdf_security_operator import names

Faults = Iterator[tuple[str, str]]
"""Pairs of a field's path and what to do."""

_FIELDS = {
    "name": str,
    "generateName": str,
    "namespace": str,
    "labels": dict,
    "annotations": dict,
    "finalizers": list,
    "ownerReferences": list,
    "managedFields": list,
    "uid": str,
    "resourceVersion": str,
    "generation": int,
    "creationTimestamp": str,
    "deletionTimestamp": str,
    "deletionGracePeriodSeconds": int,
    "selfLink": str,
}
"""ObjectMeta (Kubernetes API, meta/v1)."""

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")

_NAME_LENGTH = 253
_LABEL_LENGTH = 63
_ANNOTATIONS_BYTES = 256 * 1024


def metadata_faults(manifest: dict[str, Any]) -> Faults:
    """List what is wrong with a resource's metadata."""
    metadata = manifest.get("metadata")
    if not isinstance(metadata, dict):
        yield "metadata.name", "Required value: name the resource"
        return
    sound: dict[str, Any] = {}
    for name, value in metadata.items():
        if name not in _FIELDS:
            yield f"metadata.{name}", "unknown field; labels and annotations carry what is yours"
        elif value is not None and not isinstance(value, _FIELDS[name]):
            kind = {str: "string", dict: "object", list: "array", int: "integer"}[_FIELDS[name]]
            yield f"metadata.{name}", f"must be of type {kind}"
        else:
            sound[name] = value
    yield from _name_faults(metadata, sound)
    if manifest.get("kind") == names.JOB_KIND and sound.get("namespace"):
        yield from _namespace_faults(sound["namespace"])
    for name in ("labels", "annotations"):
        yield from _map_faults(f"metadata.{name}", sound.get(name) or {})


def _name_faults(metadata: dict[str, Any], sound: dict[str, Any]) -> Faults:
    name = sound.get("name") or ""
    if not name and not sound.get("generateName"):
        if not metadata.get("name"):
            yield "metadata.name", "Required value: name the resource"
        return
    field = "metadata.name" if name else "metadata.generateName"
    # A generated name gets a suffix, so that it may end in '-'.
    text = name or f"{sound['generateName']}x"
    if len(text) > _NAME_LENGTH:
        yield field, f"must be no more than {_NAME_LENGTH} characters"
    if not _SUBDOMAIN.fullmatch(text):
        yield (
            field,
            "must consist of lower case alphanumeric characters, '-' or '.', and must start and "
            "end with an alphanumeric character",
        )


def _namespace_faults(namespace: str) -> Faults:
    if len(namespace) > _LABEL_LENGTH or not re.fullmatch(_LABEL, namespace):
        yield (
            "metadata.namespace",
            f"must be the name of a namespace: at most {_LABEL_LENGTH} lower case alphanumeric "
            "characters or '-'",
        )


def _map_faults(field: str, entries: dict[str, Any]) -> Faults:
    for key, value in entries.items():
        if not is_label_key(str(key)):
            yield field, f"key '{str(key)[:80]}' must be of the form [prefix/]name"
        if not isinstance(value, str):
            yield f"{field}.{key}", "must be of type string: put it in quotes"
        elif field == "metadata.labels" and not is_label_value(value):
            yield (
                field,
                f"the value of '{key}' must be at most {_LABEL_LENGTH} alphanumeric characters, "
                "'-', '_' or '.', and start and end with an alphanumeric character",
            )
    if sum(len(f"{key}{value}".encode()) for key, value in entries.items()) > _ANNOTATIONS_BYTES:
        yield field, f"Too long: may not be more than {_ANNOTATIONS_BYTES} bytes"


def is_label_key(key: str) -> bool:
    """Tell whether a text is a qualified name, as keys of labels and annotations are."""
    prefix, slash, name = key.rpartition("/")
    sound = bool(_QUALIFIED.fullmatch(name)) and len(name) <= _LABEL_LENGTH
    if slash:
        sound = sound and bool(_SUBDOMAIN.fullmatch(prefix)) and len(prefix) <= _NAME_LENGTH
    return sound


def is_label_value(value: str) -> bool:
    """Tell whether a text may be a label's value."""
    return not value or (bool(_QUALIFIED.fullmatch(value)) and len(value) <= _LABEL_LENGTH)
