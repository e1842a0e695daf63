"""Makes and removes the state folder, and no folder that is someone else's. Not what is in it."""

from __future__ import annotations

import json
import shutil

from cluster.errors import RefusedError
from cluster.layout import Layout

MARKER = ".pdf-security-cluster"
"""In a folder that this module made: it removes no other."""


def provider_of(layout: Layout) -> str | None:
    """Return the name of the provider whose cluster is in the folder."""
    try:
        return str(json.loads(layout.specification.read_text())["provider"])
    except (OSError, ValueError, KeyError):
        return None


def refuse_foreign(layout: Layout, provider: str) -> None:
    """Raise if the folder holds other things than this provider's cluster."""
    state = layout.state
    if state.exists() and any(state.iterdir()) and not (state / MARKER).exists():
        raise RefusedError(
            f"{state} is not a folder that this harness made",
            "set PDF_SECURITY_CLUSTER_STATE to an empty or a new folder",
        )
    other = provider_of(layout)
    if other not in {None, provider}:
        raise RefusedError(
            f"{state} belongs to a cluster of the provider {other}",
            f"`python -m cluster down --provider {other}` first, or set "
            "PDF_SECURITY_CLUSTER_STATE to another folder",
        )


def make(layout: Layout, provider: str) -> None:
    """Make the folder unless it is there."""
    refuse_foreign(layout, provider)
    layout.state.mkdir(parents=True, exist_ok=True)
    # Others may pass through to volumes, as pods' users must, but not list; keys are 0700.
    layout.state.chmod(0o711)
    (layout.state / MARKER).touch()


def remove(layout: Layout, provider: str) -> None:
    """Remove the folder with all that is in it."""
    refuse_foreign(layout, provider)
    if layout.state.exists():
        shutil.rmtree(layout.state)
