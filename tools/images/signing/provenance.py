"""Says of an image what it was made of, as SLSA provenance v1. Pure but for `commit_of`.

https://slsa.dev/spec/v1.0/provenance. There is no time and no name of a run in it: the same commit
and the same packages give the same statement, and who built it once more can compare.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from images.materials import Material

PREDICATE_TYPE = "https://slsa.dev/provenance/v1"

BUILD_TYPE = "https://pdfsecurity.dev/images/build/v1"
"""How to read the parameters: docs/decisions/0019-supply-chain.md."""

BUILDER = "https://pdfsecurity.dev/images/builder/local/v1"
"""Whoever holds the key, on a machine of theirs: SLSA's Build level 1, since nobody attests it."""


INPUTS = ("operator", "processor-image", "requirements.lock", "tests/cluster", "tools/images")
"""What of the repository decides an image's bytes: a file elsewhere that git does not know is no
change of it."""


@dataclass(frozen=True)
class Source:
    """Which state of the repository was built."""

    commit: str | None
    """None outside a git checkout."""
    modified: bool
    """True where files differ from the commit, which then does not say what was built."""


def build_provenance(
    image: str, source: Source, lock_sha256: str, materials: Iterable[Material]
) -> dict[str, Any]:
    """Return the predicate.

    Args:
        image: the name under which `python -m images build` knows it.
        source: the repository's state.
        lock_sha256: hex digest of requirements.lock.
        materials: what was fetched and went in.
    """
    sources: list[dict[str, Any]] = [
        {"name": "requirements.lock", "digest": {"sha256": lock_sha256}}
    ]
    if source.commit:
        sources.append({"name": "repository", "digest": {"gitCommit": source.commit}})
    fetched = [
        {"uri": each.purl, "name": each.file, "digest": {"sha256": each.sha256}}
        for each in sorted(materials, key=lambda each: each.purl)
    ]
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "image": image,
                "gitCommit": source.commit,
                "modified": source.modified,
            },
            "resolvedDependencies": [*sources, *fetched],
        },
        "runDetails": {"builder": {"id": BUILDER}},
    }


def summary_of(predicate: Mapping[str, Any]) -> str:
    """Return in one line what a predicate says.

    Raises:
        KeyError, TypeError: it is of another form.
    """
    definition = predicate["buildDefinition"]
    parameters, fetched = definition["externalParameters"], len(definition["resolvedDependencies"])
    changed = " with changes that no commit has" if parameters["modified"] else ""
    return f"commit {parameters['gitCommit']}{changed}, {fetched} materials"


def commit_of(repository: Path) -> Source:
    """Ask git for the commit that is checked out, and whether what is built differs from it."""
    commit = _git(repository, "rev-parse", "HEAD")
    if commit is None:
        return Source(None, modified=True)
    changes = _git(repository, "status", "--porcelain", "--", *INPUTS)
    return Source(commit, modified=changes != "")


def _git(repository: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=repository, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
