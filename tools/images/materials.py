"""What an image's layers were made of: one entry a fetched file. Never fetches any."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from packageurl import PackageURL
from packaging.tags import Tag, parse_tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from images.errors import MaterialsError

FILE = "materials.json"
"""Where a layer's folder in the cache keeps them."""


@dataclass(frozen=True)
class Material:
    """A file that was fetched and went into an image."""

    purl: str
    """Package URL, by which the SBOM knows it too."""
    file: str
    """The file's name, without where it was fetched from."""
    sha256: str
    """Hex digest of the file's bytes."""


def purl_of_wheel(name: str, version: str) -> str:
    """Return the package URL of a distribution of PyPI."""
    return str(PackageURL("pypi", None, canonicalize_name(name), version))


def purl_of_debian(name: str, version: str, architecture: str) -> str:
    """Return the package URL of a package of Debian 12."""
    qualifiers = {"arch": architecture, "distro": "debian-12"}
    return str(PackageURL("deb", "debian", name, version, qualifiers))


def wheel_of(candidates: Iterable[tuple[str, str]], wheel_file: str) -> tuple[str, str]:
    """Return which of the wheels (name, sha256) is the installed one.

    Args:
        candidates: the wheels that the index has of the locked version.
        wheel_file: the text of the installed `WHEEL`, whose tags are those of the file's name.

    Raises:
        MaterialsError: none or several of them have these tags.
    """
    installed = {
        tag
        for line in wheel_file.splitlines()
        if line.startswith("Tag: ")
        for tag in parse_tag(line.removeprefix("Tag: ").strip())
    }
    found = [wheel for wheel in candidates if _tags_of(wheel[0]) & installed]
    if len(found) != 1:
        raise MaterialsError(
            f"{len(found)} wheels have the tags {', '.join(sorted(map(str, installed)))}: "
            f"{', '.join(name for name, _ in found) or 'is the index another one than before?'}"
        )
    return found[0]


def wheels_of(pylock: str) -> dict[str, list[tuple[str, str]]]:
    """Read a pylock.toml (PEP 751): distribution -> names and SHA-256 of its wheels."""
    return {
        canonicalize_name(package["name"]): [
            (_name_of(wheel), wheel["hashes"]["sha256"]) for wheel in package.get("wheels", ())
        ]
        for package in tomllib.loads(pylock)["packages"]
    }


def write_materials(file: Path, materials: Iterable[Material]) -> None:
    """Write them, sorted."""
    entries = [asdict(each) for each in sorted(materials, key=lambda each: each.purl)]
    file.write_text(json.dumps(entries, indent=1) + "\n")


def read_materials(file: Path) -> Sequence[Material]:
    """Read what `write_materials` wrote.

    Raises:
        MaterialsError: it is not there, or something else.
    """
    try:
        return [Material(**entry) for entry in json.loads(file.read_text())]
    except (OSError, ValueError, TypeError) as problem:
        raise MaterialsError(
            f"{file} does not say what the image was made of ({problem}); build it: make images"
        ) from problem


def _name_of(wheel: dict[str, str]) -> str:
    return wheel.get("name") or wheel["url"].rpartition("/")[2]


def _tags_of(file: str) -> frozenset[Tag]:
    try:
        return parse_wheel_filename(file)[3]
    except InvalidWheelFilename:
        return frozenset()
