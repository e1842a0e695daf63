"""Says which Python distributions an image holds, by their metadata. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from email.message import Message
from email.parser import HeaderParser
from pathlib import PurePosixPath
from typing import Any

from packageurl import PackageURL

from images.errors import LicenceError
from images.materials import purl_of_wheel
from images.recipes import LIBRARIES, SOURCES
from images.sbom.bundled import LICENCES_OF_PARTS, is_bundled, parts_of
from images.sbom.component import Component
from images.sbom.licences import expression_of

_STATED = {
    # Its LICENSE: Apache 2.0 for what is newer, and BSD for all; its field says "Dual License".
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
}
"""Distribution -> what its licence file says where no field does."""


def is_of_distributions(path: str) -> bool:
    """Say whether a file of an image tells of Python distributions."""
    parts = PurePosixPath(path).parts
    if not path.startswith((f"{LIBRARIES}/", f"{SOURCES}/")):
        return False
    folder = parts[2]
    if folder.endswith(".dist-info") and (parts[3:] == ("METADATA",) or parts[3:4] == ("sboms",)):
        return True
    return is_bundled("/".join(parts[2:]))


def components_of_distributions(
    files: Mapping[str, bytes], sha256_of: Mapping[str, str]
) -> Iterator[Component]:
    """Give each distribution, with what is compiled into it.

    Args:
        files: what `is_of_distributions` chose, by path.
        sha256_of: package URL -> hex digest of the wheel that was fetched.

    Raises:
        LicenceError: a distribution's licence cannot be told.
    """
    for path in sorted(files):
        if not path.endswith(".dist-info/METADATA"):
            continue
        metadata = HeaderParser().parsestr(files[path].decode())
        name, version = metadata["Name"], metadata["Version"]
        ours = path.startswith(f"{SOURCES}/")
        # Ours are in no index: whoever has the name there is someone else.
        generic = str(PackageURL("generic", None, name, version))
        purl = generic if ours else purl_of_wheel(name, version)
        yield Component(
            name=name,
            version=version,
            purl=purl,
            licence=_licence_of(metadata),
            sha256=sha256_of.get(purl),
            described_by=path,
            parts=(*_described_parts(path, files), *parts_of(name, files)),
        )


def _licence_of(metadata: Message) -> str:
    """Read the licence as the core metadata has it: expression, free text, or classifier."""
    name = metadata["Name"]
    stated = _STATED.get(name) or metadata.get("License-Expression")
    if stated:
        return expression_of(stated, name)
    classifiers = [
        value.rpartition(" :: ")[2]
        for value in metadata.get_all("Classifier", ())
        if value.startswith("License :: ")
    ]
    try:
        return expression_of(metadata.get("License", ""), name)
    except LicenceError:
        # Of two it does not say whether both hold, or one may be chosen.
        if len(classifiers) != 1:
            raise
        return expression_of(classifiers[0], name)


def _described_parts(path: str, files: Mapping[str, bytes]) -> Iterator[Component]:
    """Give what the wheel's own SBOMs (PEP 770) name, but what only built it."""
    folder = f"{path.rpartition('/')[0]}/sboms/"
    for file in sorted(each for each in files if each.startswith(folder)):
        for entry in json.loads(files[file]).get("components", ()):
            purl = entry.get("purl", "")
            # auditwheel names the wheel itself among its parts.
            if entry.get("scope") != "excluded" and not purl.startswith("pkg:pypi/"):
                yield _part_of(entry, file)


def _part_of(entry: Mapping[str, Any], file: str) -> Component:
    name, version = entry["name"], entry["version"]
    # Qualifiers say where the wheel's maker had it from, often a folder of theirs.
    given = PackageURL.from_string(entry["purl"])
    purl = str(PackageURL(given.type, given.namespace, given.name, given.version))
    hashes = {each["alg"]: each["content"] for each in entry.get("hashes", ())}
    licence = next((each["expression"] for each in entry.get("licenses", ())), "")
    return Component(
        name=name,
        version=version,
        purl=purl,
        licence=expression_of(licence or LICENCES_OF_PARTS.get(name, ""), name),
        sha256=hashes.get("SHA-256"),
        described_by=file,
    )
