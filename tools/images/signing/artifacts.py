"""Signatures as OCI artifacts in a layout, under the tags that cosign looks for in a registry.

The layout is also what `cosign verify --local-image` reads, once the image itself is added to it.
https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cluster.oci import CONFIG, MANIFEST
from images.errors import ArtifactsAlteredError
from images.signing.envelope import bytes_of

SIGNATURE_ANNOTATION = "dev.cosignproject.cosign/signature"

_SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"

_ENVELOPE = "application/vnd.dsse.envelope.v1+json"

_EPOCH = "0001-01-01T00:00:00Z"
"""What cosign writes where a time is asked for."""


@dataclass(frozen=True)
class Signed:
    """What was signed of one image."""

    digest: str
    payload: bytes
    signature: str
    """Of the payload, in base64."""
    attestations: Mapping[str, bytes] = field(default_factory=dict)
    """Predicate type -> DSSE envelope."""


def build_layout(signed: Signed) -> dict[str, bytes]:
    """Return the layout's files by their paths."""
    blobs: dict[str, bytes] = {}
    signature = _layer(
        blobs, signed.payload, _SIMPLE_SIGNING, {SIGNATURE_ANNOTATION: signed.signature}
    )
    attestations = [
        # The signature is within the envelope; cosign wants the annotation all the same.
        _layer(
            blobs, envelope, _ENVELOPE, {SIGNATURE_ANNOTATION: "", "predicateType": predicate_type}
        )
        for predicate_type, envelope in sorted(signed.attestations.items())
    ]
    tag = signed.digest.replace(":", "-")
    manifests = [
        _manifest(blobs, [signature], f"{tag}.sig", "sigs"),
        _manifest(blobs, attestations, f"{tag}.att", "atts"),
    ]
    index = {"schemaVersion": 2, "manifests": manifests}
    return {
        "oci-layout": bytes_of({"imageLayoutVersion": "1.0.0"}),
        "index.json": bytes_of(index),
        **{f"blobs/sha256/{name}": content for name, content in blobs.items()},
    }


def write_layout(folder: Path, signed: Signed) -> None:
    """Write the layout in place of what was there."""
    fresh = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for name, content in build_layout(signed).items():
        file = fresh / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def compare_layout(folder: Path, signed: Signed) -> None:
    """Compare a layout with what was signed, file by file.

    Raises:
        ArtifactsAlteredError: a file is another, is missing, or is there unasked.
    """
    expected = build_layout(signed)
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}
    wrong = sorted(found ^ set(expected)) or sorted(
        name for name, content in expected.items() if (folder / name).read_bytes() != content
    )
    if wrong:
        raise ArtifactsAlteredError(f"{folder} differs from what was signed: {', '.join(wrong)}")


def _layer(
    blobs: dict[str, bytes], content: bytes, media_type: str, annotations: Mapping[str, str]
) -> dict[str, Any]:
    return {**_blob(blobs, content, media_type), "annotations": dict(annotations)}


def _manifest(
    blobs: dict[str, bytes], layers: Sequence[dict[str, Any]], tag: str, kind: str
) -> dict[str, Any]:
    configuration = {
        "architecture": "",
        "created": _EPOCH,
        "history": [{"created": _EPOCH} for _ in layers],
        "os": "",
        "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]},
        "config": {},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _blob(blobs, bytes_of(configuration), CONFIG),
        "layers": layers,
    }
    annotations = {
        "org.opencontainers.image.ref.name": tag,
        "kind": f"dev.cosignproject.cosign/{kind}",
    }
    return {**_blob(blobs, bytes_of(manifest), MANIFEST), "annotations": annotations}


def _blob(blobs: dict[str, bytes], content: bytes, media_type: str) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    blobs[digest] = content
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}
