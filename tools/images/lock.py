"""Which lines of requirements.lock an image needs. Pure but for `installed_requirements`."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from images.errors import ImageBuildError

MARKERS = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.2",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "",
    "platform_system": "Linux",
    "platform_version": "",
    "python_full_version": "3.11.2",
    "python_version": "3.11",
    "sys_platform": "linux",
}
"""The images' environment, whatever Python computes the closure."""

Requires = Callable[[str], Sequence[str]]
"""Distribution -> its `Requires-Dist` lines."""


class LockError(ImageBuildError):
    """The lock file and the distributions do not fit together."""


@dataclass(frozen=True)
class Locked:
    """One locked distribution: the pin, the marker behind it, and its hashes."""

    pin: str
    marker: str
    hashes: tuple[str, ...]

    @property
    def lines(self) -> str:
        """What a requirements file says of it; without the marker, which has been decided."""
        return " \\\n    ".join([self.pin, *self.hashes])


def locked_of(text: str) -> dict[str, Locked]:
    """Parse a lock file: one `name==version ; marker` and its hashes a statement."""
    found: dict[str, Locked] = {}
    for line in text.replace("\\\n", " ").splitlines():
        statement = line.partition(" #")[0].strip()
        if not statement or statement.startswith("#"):
            continue
        head, *hashes = statement.split("--hash=")
        pin, _, marker = head.partition(";")
        name = canonicalize_name(Requirement(pin).name)
        if not hashes:
            raise LockError(f"{name} has no hash in the lock file; lock it with hashes")
        found[name] = Locked(
            pin.strip(), marker.strip(), tuple(f"--hash={value.strip()}" for value in hashes)
        )
    return found


def closure_of(
    root: str,
    extras: Collection[str],
    *,
    locked: Mapping[str, Locked],
    members: Collection[str],
    requires: Requires,
    omitted: Collection[str] = (),
) -> list[str]:
    """Return the locked names that `root[extras]` needs, sorted.

    Members of the workspace are followed but not listed; what is omitted is neither.
    """
    seen: dict[str, set[str]] = {}
    waiting: list[tuple[str, frozenset[str]]] = [(canonicalize_name(root), frozenset(extras))]
    while waiting:
        name, wanted = waiting.pop()
        if name in omitted or (name in seen and wanted <= seen[name]):
            continue
        seen.setdefault(name, set()).update(wanted)
        for line in requires(name):
            requirement = Requirement(line)
            if _applies(requirement.marker, wanted):
                waiting.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    names = sorted(set(seen) - set(members))
    _check(names, locked)
    return names


def build_requirements(names: Iterable[str], locked: Mapping[str, Locked]) -> str:
    """Return the requirements file of the closure."""
    return "".join(f"{locked[name].lines}\n" for name in names)


def installed_requirements(name: str) -> list[str]:
    """Return what an installed distribution requires.

    What is locked for Python 3.11 only may be absent from the environment of a newer Python:
    such backports require nothing.
    """
    try:
        return importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return []


def _applies(marker: Marker | None, extras: Collection[str]) -> bool:
    if marker is None:
        return True
    return any(marker.evaluate({**MARKERS, "extra": extra}) for extra in ("", *extras))


def _check(names: Iterable[str], locked: Mapping[str, Locked]) -> None:
    absent = [name for name in names if name not in locked]
    if absent:
        raise LockError(
            f"{', '.join(absent)}: needed by an image and not in requirements.lock; lock again"
        )
    excluded = [
        name
        for name in names
        if locked[name].marker and not Marker(locked[name].marker).evaluate(MARKERS)
    ]
    if excluded:
        raise LockError(
            f"{', '.join(excluded)}: needed by an image, and its marker in requirements.lock "
            "excludes Python 3.11 on Linux; lock again"
        )
