"""Reads what an archive holds and describes it. The only module of the SBOM that opens files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from images.archive import Archive, files_of
from images.materials import Material
from images.sbom.component import Component
from images.sbom.debian import components_of_debian, is_of_debian
from images.sbom.distributions import components_of_distributions, is_of_distributions
from images.sbom.document import build_document


def components_of(archive: Archive, materials: Iterable[Material]) -> list[Component]:
    """Return everything that the image holds, sorted.

    Args:
        archive: the image.
        materials: what it was made of, for the hashes of what was fetched.

    Raises:
        LicenceError: the licence of something cannot be told.
    """
    sha256_of = {material.purl: material.sha256 for material in materials}
    files = files_of(archive, lambda path: is_of_debian(path) or is_of_distributions(path))
    found = [
        *components_of_debian(files, sha256_of),
        *components_of_distributions(files, sha256_of),
    ]
    return sorted(found, key=lambda component: component.purl)


def sbom_of(archive: Archive, materials: Iterable[Material]) -> dict[str, Any]:
    """Return the CycloneDX document of an image."""
    return build_document(archive, components_of(archive, materials))
