"""The release before this one: its checkout, its images, its definitions. Installs nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import archives
from cluster import processes
from cluster.errors import RefusedError
from images.build import REPOSITORY

PREVIOUS = "3348d3e"
"""Tag or commit of the release before this one; there is no published one yet."""

BUILD_SECONDS = 1800.0


def check_out(folder: Path, revision: str = PREVIOUS) -> Path:
    """Write a revision's files to a folder, and give it.

    Raises:
        RefusedError: this checkout does not have the revision.
    """
    done = subprocess.run(
        ["git", "archive", "--format=tar", revision],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise RefusedError(
            f"git has no {revision}: {done.stderr.decode().strip()}",
            "fetch the whole history, `git fetch --unshallow --tags`",
        )
    archives.unpack(done.stdout, folder)
    return folder


def build_images_of(checkout: Path) -> dict[str, Path]:
    """Build a checkout's images by its own recipes; give the archives by the images' names."""
    tools = checkout / ".tools"
    if not tools.exists():
        # uv is pinned, and the same.
        tools.symlink_to(REPOSITORY / ".tools")
    environment = {
        **processes.without_proxies(),
        "PYTHONPATH": f"{checkout / 'tests'}:{checkout / 'tools'}",
    }
    printed = processes.run(
        [sys.executable, "-m", "images", "build", "--json"],
        seconds=BUILD_SECONDS,
        environment=environment,
        next_step=f"run `python -m images build` in {checkout}",
    )
    return {image["name"]: checkout / image["archive"] for image in json.loads(printed)}
