"""Has both images built twice with nothing in common but the sources. Builds nothing itself.

Each build is a process of its own, with a cache and an output of its own; the second also fetches
every wheel anew and has another time zone, language, umask and order of hashes.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from images.errors import CommandFailedError


@dataclass(frozen=True)
class Comparison:
    """One image of both builds."""

    image: str
    first: str
    second: str
    same_bytes: bool
    """Of the archives as files, of which the digests say nothing."""

    @property
    def same(self) -> bool:
        """True if nothing differs."""
        return self.first == self.second and self.same_bytes


def surroundings_of(folder: Path, *, apart: bool) -> dict[str, str]:
    """Return the variables of one build; `apart` shares nothing, not even fetched wheels."""
    chosen = {"PDF_SECURITY_CACHE": str(folder / "cache"), "PYTHONHASHSEED": "1"}
    if apart:
        chosen |= {
            "UV_CACHE_DIR": str(folder / "uv"),
            "PYTHONHASHSEED": "2",
            "TZ": "Pacific/Kiritimati",
            "LC_ALL": "C",
        }
    return chosen


def build_twice(work: Path) -> list[Comparison]:
    """Build all images twice beneath `work` and compare them.

    Raises:
        CommandFailedError: a build failed.
    """
    first = _build(work / "first", surroundings_of(work / "first", apart=False), umask=0o022)
    second = _build(work / "second", surroundings_of(work / "second", apart=True), umask=0o077)
    return [
        Comparison(
            name,
            built["digest"],
            second[name]["digest"],
            _digest_of(Path(built["archive"])) == _digest_of(Path(second[name]["archive"])),
        )
        for name, built in first.items()
    ]


def _build(folder: Path, variables: Mapping[str, str], umask: int) -> dict[str, dict[str, str]]:
    command = [sys.executable, "-m", "images", "build", "--json"]
    command += ["--output", str(folder / "output")]
    done = subprocess.run(
        command,
        env={**os.environ, **variables},
        umask=umask,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CommandFailedError(command, done.returncode, "its own words are above")
    return {image["name"]: image for image in json.loads(done.stdout)}


def _digest_of(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
