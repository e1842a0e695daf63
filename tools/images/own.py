"""Makes the third layer: the packages of this repository. Never their dependencies."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cluster.oci import write_layer
from images.recipes import SOURCES, OwnPackage
from images.tree import compile_bytecode, normalise


@dataclass(frozen=True)
class Project:
    """What a pyproject.toml says that an image repeats."""

    version: str
    licence: str


def read_project(repository: Path, own: OwnPackage) -> Project:
    """Read a project's version and licence."""
    table = tomllib.loads((repository / own.folder / "pyproject.toml").read_text())["project"]
    return Project(table["version"], table["license"])


def files_of(repository: Path, own: OwnPackage) -> Iterator[tuple[str, Path]]:
    """Give each file's path beneath /app/src, and where it lies."""
    source = repository / own.folder / "src"
    for part in own.parts:
        start = source / own.module / part
        candidates = [start] if start.is_file() else sorted(start.rglob("*"))
        for path in candidates:
            beneath = path.relative_to(source / own.module).parts
            if path.is_file() and "__pycache__" not in beneath and beneath[0] not in own.omitted:
                yield str(path.relative_to(source)), path


def build_own(folder: Path, *, repository: Path, own: Sequence[OwnPackage], base: Path) -> None:
    """Fill `folder` with layer.tar: the packages, compiled, with what scanners read of them."""
    root = folder / "root"
    target = root / SOURCES
    for package in own:
        for name, path in files_of(repository, package):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / name)
        project = read_project(repository, package)
        metadata = target / f"{package.module}-{project.version}.dist-info" / "METADATA"
        metadata.parent.mkdir(parents=True)
        metadata.write_text(
            f"Metadata-Version: 2.4\nName: {package.distribution}\nVersion: {project.version}\n"
            f"License-Expression: {project.licence}\n"
        )
    compile_bytecode(base, root, SOURCES)
    normalise(root)
    write_layer(folder / "layer.tar", root)
