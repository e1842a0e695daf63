"""Shapes a folder into what a layer holds, and compiles it. Knows no image and no package."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from images.errors import CommandFailedError
from images.policy import mode_of
from images.recipes import PYTHON

Keeps = Callable[[PurePosixPath], bool]


def run(command: list[str], **environment: str) -> str:
    """Run a command; its errors go into the exception, not to the terminal."""
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, **environment}
    )
    if done.returncode != 0:
        raise CommandFailedError(command, done.returncode, done.stdout + done.stderr)
    return done.stdout


def prune(root: Path, keeps: Keeps) -> None:
    """Remove the files that are not kept, and the folders that are empty then."""
    for folder, folders, files in os.walk(root, topdown=False):
        here = Path(folder)
        for name in [*files, *folders]:
            entry = here / name
            if entry.is_dir() and not entry.is_symlink():
                if not any(entry.iterdir()):
                    entry.rmdir()
            elif not keeps(PurePosixPath(entry.relative_to(root))):
                entry.unlink()


def normalise(root: Path) -> None:
    """Give every folder and file its mode, whatever the umask and the packages say."""
    root.chmod(0o755)
    for folder, folders, files in os.walk(root):
        for name in folders:
            if not (Path(folder) / name).is_symlink():
                (Path(folder) / name).chmod(0o755)
        for name in files:
            entry = Path(folder) / name
            if not entry.is_symlink():
                entry.chmod(mode_of(PurePosixPath(entry.relative_to(root))))


def compile_bytecode(base: Path, root: Path, *folders: str) -> None:
    """Compile folders of `root` with the base layer's own Python, started by its own loader.

    One process, one order and no random hashes: two runs write the same bytes. Unchecked, because
    the source in a read-only image does not change, and a layer's times are all the same.
    """
    libraries = ":".join(str(base / folder / "x86_64-linux-gnu") for folder in ("lib", "usr/lib"))
    run(
        [
            str(base / "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"),
            *("--library-path", libraries, str(base / "usr/bin" / PYTHON)),
            *("-S", "-B", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
            *("-s", str(root), "-p", "/"),
            *(str(root / folder) for folder in folders),
        ],
        PYTHONHOME=str(base / "usr"),
        PYTHONHASHSEED="0",
    )


def size_of(root: Path) -> int:
    """Return the bytes of all files beneath a folder."""
    return sum(
        (Path(folder) / name).lstat().st_size
        for folder, _, files in os.walk(root)
        for name in files
    )


def replace_tree(fresh: Path, final: Path) -> None:
    """Rename a finished folder into its place; whoever came first has won."""
    try:
        fresh.rename(final)
    except OSError:
        if not final.is_dir():
            raise
        shutil.rmtree(fresh)
