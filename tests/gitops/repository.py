"""A Git repository on disk, as the one that holds a team's jobs. Knows nothing of what is in it."""

from __future__ import annotations

from pathlib import Path

from cluster.processes import run
from gitops.objects import BRANCH

_NEXT = "install git"


class Repository:
    """Files and commits. Paths are relative to the repository's root."""

    def __init__(self, folder: Path) -> None:
        """Make an empty one in a folder that is not there yet."""
        self._folder = folder
        folder.mkdir(parents=True)
        self._git("init", "--quiet", f"--initial-branch={BRANCH}")

    @property
    def url(self) -> str:
        """Where others clone it from."""
        return self._folder.as_uri()

    def write(self, path: str, content: str) -> None:
        """Write a file; it counts when it is committed."""
        file = self._folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    def remove(self, path: str) -> None:
        """Remove a file; it counts when it is committed."""
        (self._folder / path).unlink()

    def commit(self, message: str) -> str:
        """Commit all changes; return the revision."""
        self._git("add", "--all")
        # Nobody's settings and keys have a say in this.
        who = ["-c", "user.name=team", "-c", "user.email=team@example.com"]
        self._git(*who, "-c", "commit.gpgsign=false", "commit", "--quiet", "-m", message)
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *arguments: str) -> str:
        return run(["git", "-C", self._folder, *arguments], next_step=_NEXT)
