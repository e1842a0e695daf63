"""Writes components as a CycloneDX 1.6 document: the same bytes for the same image. No I/O.

https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from typing import Any

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component as Entry
from cyclonedx.model.component import ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from images.archive import Archive
from images.sbom.component import Component

_PREFIX = "pdfsecurity.dev:"
"""Before the names of properties of our own, as CycloneDX's taxonomy asks."""


def build_document(archive: Archive, components: Iterable[Component]) -> dict[str, Any]:
    """Return the document: the image as its subject, and what is in it.

    Its serial number is the image's digest in another form, and it has no time: who reads the same
    image again gets the same document.
    """
    subject = _subject_of(archive)
    entries = [_entry_of(component, component.purl) for component in components]
    metadata = BomMetaData(component=subject)
    metadata.timestamp = None  # type: ignore[assignment]
    bom = Bom(
        components=entries,
        metadata=metadata,
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, str(subject.purl)),
        dependencies=[
            Dependency(subject.bom_ref, [Dependency(entry.bom_ref) for entry in entries]),
        ],
    )
    output = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string()
    document: dict[str, Any] = json.loads(output)
    return document


def text_of(document: dict[str, Any]) -> str:
    """Return the document as a file has it."""
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def digest_of_subject(document: dict[str, Any]) -> str | None:
    """Return the digest of the image that a document is about, by its hash; None if it has none."""
    try:
        (entry,) = document["metadata"]["component"]["hashes"]
        return f"sha256:{entry['content']}" if entry["alg"] == "SHA-256" else None
    except (KeyError, TypeError, ValueError):
        return None


def purl_of_image(archive: Archive) -> str:
    """Return the package URL of an image: by digest, as pods name it."""
    name = archive.repository.rpartition("/")[2]
    qualifiers = {
        "repository_url": archive.repository,
        "arch": archive.configuration["architecture"],
    }
    return str(PackageURL("oci", None, name, archive.digest, qualifiers))


def _subject_of(archive: Archive) -> Entry:
    purl = purl_of_image(archive)
    return Entry(
        name=archive.repository,
        version=archive.digest,
        type=ComponentType.CONTAINER,
        bom_ref=purl,
        purl=PackageURL.from_string(purl),
        hashes=[
            HashType(alg=HashAlgorithm.SHA_256, content=archive.digest.removeprefix("sha256:"))
        ],
    )


def _entry_of(component: Component, reference: str) -> Entry:
    properties = {"described-by": component.described_by}
    if component.version is None:
        properties["version"] = "not stated in the file"
    return Entry(
        name=component.name,
        version=component.version,
        type=ComponentType.LIBRARY,
        bom_ref=reference,
        purl=PackageURL.from_string(component.purl),
        licenses=[LicenseExpression(component.licence)],
        hashes=(
            [HashType(alg=HashAlgorithm.SHA_256, content=component.sha256)]
            if component.sha256
            else []
        ),
        properties=[
            Property(name=f"{_PREFIX}{name}", value=value) for name, value in properties.items()
        ],
        # The same crate may be in two wheels, and a reference is one's own.
        components=[
            _entry_of(part, f"{reference}#{number}-{part.name}")
            for number, part in enumerate(component.parts, 1)
        ],
    )
