"""Says of an image which layers it needs and under which keys. Reads files; makes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from images import lock, store
from images.own import files_of, read_project
from images.recipes import IMAGES, Image

_SHARED = ("materials", "policy", "tree", "recipes")
"""The modules that shape every layer and what is kept beside it."""


@dataclass(frozen=True)
class Plan:
    """What an image will be made of; the keys change exactly when the layers may."""

    image: Image
    version: str
    licence: str
    requirements: str
    base_key: str
    wheels_key: str
    key: str

    @property
    def reference(self) -> str:
        """The image's name and tag."""
        return f"{self.image.repository}:{self.version}"


def plan_of(image: Image, repository: Path, locked: Mapping[str, lock.Locked]) -> Plan:
    """Plan an image from the files of the repository."""
    names = lock.closure_of(
        image.distribution,
        image.extras,
        locked=locked,
        members={own.distribution for each in IMAGES for own in each.own},
        requires=lock.installed_requirements,
        omitted=image.omitted,
    )
    requirements = lock.build_requirements(names, locked)
    base_key = store.key_of(store.recipe_of("rootfs", *_SHARED))
    wheels_key = store.key_of(base_key, store.recipe_of("wheels", *_SHARED), requirements)
    project = read_project(repository, image.own[0])
    own = [
        part
        for package in image.own
        for name, path in (
            ("pyproject.toml", repository / package.folder / "pyproject.toml"),
            *files_of(repository, package),
        )
        for part in (name, path.read_bytes())
    ]
    return Plan(
        image=image,
        version=project.version,
        licence=project.licence,
        requirements=requirements,
        base_key=base_key,
        wheels_key=wheels_key,
        key=store.key_of(wheels_key, store.recipe_of("own", "build", "plan"), *own),
    )
