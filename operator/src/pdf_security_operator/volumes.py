"""Builder of a pod's volumes and where they are mounted: pure."""

from typing import Any

from pdf_security_operator.api import JobSpec
from pdf_security_processor.contract.request import (
    CREDENTIAL_KEYS,
    INPUT_PATH,
    OUTPUT_PATH,
    REPORT_PATH,
    SCRATCH_PATH,
    SECRETS_PATH,
    SESSION_TOKEN_KEY,
)

SECRET_MODE = 0o440
"""Readable by root of the pod's user namespace and by the group that only this pod has."""

Built = tuple[list[dict[str, Any]], list[dict[str, Any]]]


def build_volumes(spec: JobSpec, scratch_size: str, config_map_file: str) -> Built:
    """Build volumes and mounts of a job's pod.

    Args:
        spec: the job's spec.
        scratch_size: size of the tmpfs as a quantity.
        config_map_file: file name under which a ConfigMap's key is mounted.

    Returns:
        The volumes, and the mounts of the container.
    """
    volumes: list[dict[str, Any]] = [
        {"name": "scratch", "emptyDir": {"medium": "Memory", "sizeLimit": scratch_size}}
    ]
    mounts: list[dict[str, Any]] = [{"name": "scratch", "mountPath": SCRATCH_PATH}]
    sources = _secret_sources(spec)
    if sources:
        volumes.append(
            {"name": "secrets", "projected": {"sources": sources, "defaultMode": SECRET_MODE}}
        )
        mounts.append({"name": "secrets", "mountPath": SECRETS_PATH, "readOnly": True})
    if spec.input.config_map:
        reference = spec.input.config_map
        items = [{"key": reference.key, "path": config_map_file}]
        volumes.append({"name": "input", "configMap": {"name": reference.name, "items": items}})
        # As a single file: the folder of a ConfigMap volume is made of symbolic links, which the
        # processor refuses to follow.
        mounts.append(
            {
                "name": "input",
                "mountPath": f"{INPUT_PATH}/{config_map_file}",
                "subPath": config_map_file,
                "readOnly": True,
            }
        )
    claims, claim_mounts = _build_claims(spec)
    return volumes + claims, mounts + claim_mounts


def _build_claims(spec: JobSpec) -> Built:
    """Build one volume a claim, however often it is mounted.

    A pod with two volumes of one claim never starts (kubernetes/kubernetes#51853, #132921).
    """
    places: dict[str, list[tuple[str, str]]] = {}
    for name, place, path in (
        ("input", spec.input, INPUT_PATH),
        ("output", spec.output, OUTPUT_PATH),
        ("report", spec.report, REPORT_PATH),
    ):
        if place and place.persistent_volume_claim:
            claim_name = place.persistent_volume_claim.claim_name
            places.setdefault(claim_name, []).append((name, path))
    volumes: list[dict[str, Any]] = []
    mounts: list[dict[str, Any]] = []
    for claim_name, uses in places.items():
        volume = uses[0][0]
        claim: dict[str, Any] = {"claimName": claim_name}
        if all(name == "input" for name, _ in uses):
            # Of the volume besides the mount: or fsGroup would change the owners of its files.
            claim["readOnly"] = True
        volumes.append({"name": volume, "persistentVolumeClaim": claim})
        for name, path in uses:
            mount: dict[str, Any] = {"name": volume, "mountPath": path}
            mounts.append({**mount, "readOnly": True} if name == "input" else mount)
    return volumes, mounts


def _secret_sources(spec: JobSpec) -> list[dict[str, Any]]:
    """Project the keys that are named, and no others, into one folder a Secret."""
    wanted: dict[str, set[str]] = {}
    for operation in spec.operations:
        for reference in operation.secret_references():
            wanted.setdefault(reference.name, set()).add(reference.key)
    token = spec.input.http.bearer_token_secret_ref if spec.input.http else None
    if token:
        wanted.setdefault(token.name, set()).add(token.key)
    places = (spec.input, spec.output, spec.report)
    objects = [place.s3 for place in places if place and place.s3]
    for encryption in (each.server_side_encryption for each in objects):
        key = encryption.customer_key_secret_ref if encryption else None
        if key:
            wanted.setdefault(key.name, set()).add(key.key)
    credentials = sorted({each.credentials_secret_ref.name for each in objects})
    for name in credentials:
        wanted.setdefault(name, set()).update(CREDENTIAL_KEYS)
    sources = [_secret_source(name, sorted(keys)) for name, keys in sorted(wanted.items())]
    # A source of its own, for `optional` holds for all keys of a source: a Secret that lacks the
    # required ones keeps the pod waiting, one without a token does not.
    sources += [
        _secret_source(name, [SESSION_TOKEN_KEY], optional=True)
        for name in credentials
        if SESSION_TOKEN_KEY not in wanted[name]
    ]
    return sources


def _secret_source(name: str, keys: list[str], *, optional: bool = False) -> dict[str, Any]:
    items = [{"key": key, "path": f"{name}/{key}"} for key in keys]
    return {"secret": {"name": name, "items": items, **({"optional": True} if optional else {})}}
