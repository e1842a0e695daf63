"""Keeps what was built under the key of what it was built from. Knows nothing of images."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from images.tree import replace_tree

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
    if not final.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=cache))
        # mkdtemp's is closed to others; mmdebstrap's hooks may run as another user.
        fresh.chmod(0o755)
        try:
            make(fresh)
            replace_tree(fresh, final)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return final
