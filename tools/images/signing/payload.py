"""The simple-signing payload: what a signature of an image is of. Pure.

https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
"""

from __future__ import annotations

import json

from images.signing.envelope import bytes_of

TYPE = "cosign container image signature"


def build_payload(repository: str, digest: str) -> bytes:
    """Return the payload that claims `digest` for `repository`."""
    return bytes_of(
        {
            "critical": {
                "identity": {"docker-reference": repository},
                "image": {"docker-manifest-digest": digest},
                "type": TYPE,
            },
            "optional": None,
        }
    )


def claims_of(payload: bytes) -> tuple[str, str] | None:
    """Return the repository and the digest that a payload claims; None if it is no such payload."""
    try:
        critical = json.loads(payload)["critical"]
        claims = (
            critical["identity"]["docker-reference"],
            critical["image"]["docker-manifest-digest"],
        )
        return claims if critical["type"] == TYPE else None
    except (ValueError, KeyError, TypeError):
        return None
