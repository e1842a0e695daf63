"""Keeps what was built under the key of what it was built from. Knows nothing of images."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from images.tree import replace_tree

UNUSED = 14 * 86400.0
"""Seconds after which a layer that no build has asked for may go."""

_HERE = Path(__file__).resolve().parent


def key_of(*parts: str | bytes) -> str:
    """Return a short key of the parts, which cannot run into one another."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:20]


def recipe_of(*modules: str) -> str:
    """Return the key of modules of this package: when one changes, so may what it makes."""
    return key_of(*(_HERE.joinpath(f"{module}.py").read_bytes() for module in modules))


def kept(cache: Path, name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder `name` of the cache; if it is not there, let `make` fill it.

    It appears whole or not at all, and builds side by side do not meet.
    """
    final = cache / name
    if final.is_dir():
        os.utime(final)
    else:
        cache.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=cache))
        # mkdtemp's is closed to others; mmdebstrap's hooks may run as another user.
        fresh.chmod(0o755)
        try:
            make(fresh)
            replace_tree(fresh, final)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        _forget_unused(final)
    return final


def _forget_unused(final: Path) -> None:
    """Remove the layers that this one follows, unless some checkout still builds with them."""
    kind = final.name.rpartition("-")[0]
    for other in final.parent.glob(f"{kind}-*"):
        if other != final and other.is_dir() and time.time() - other.stat().st_mtime > UNUSED:
            shutil.rmtree(other, ignore_errors=True)
