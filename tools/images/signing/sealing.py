"""Signs an image, its provenance and its SBOM, and lays the results beside the archive."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from images.archive import Archive, read_archive
from images.build import materials_file
from images.materials import read_materials
from images.sbom.document import text_of
from images.sbom.reading import sbom_of
from images.signing import files
from images.signing.artifacts import Signed, write_layout
from images.signing.envelope import build_envelope, bytes_of, statement_of
from images.signing.files import Files
from images.signing.keys import SigningKey
from images.signing.payload import build_payload
from images.signing.provenance import PREDICATE_TYPE, build_provenance, commit_of

SBOM_TYPE = "https://cyclonedx.org/bom"
"""The predicate type of CycloneDX in in-toto statements."""


def write_sbom(folder: Path, image: str) -> tuple[Archive, dict[str, Any]]:
    """Write an image's SBOM beside its archive, and return both.

    Raises:
        ArchiveAlteredError: the archive is not what its digest says.
        MaterialsError: what it was made of is not known.
        LicenceError: the licence of something in it cannot be told.
    """
    beside = Files(folder, image)
    archive = read_archive(beside.archive)
    document = sbom_of(archive, read_materials(materials_file(folder, image)))
    files.write(beside.sbom, text_of(document).encode())
    return archive, document


def sign_image(folder: Path, image: str, repository: Path, key: SigningKey) -> str:
    """Sign one image of a folder; return its digest.

    Raises:
        ImageBuildError: as `write_sbom`.
    """
    archive, sbom = write_sbom(folder, image)
    provenance = build_provenance(
        image,
        commit_of(repository),
        hashlib.sha256((repository / "requirements.lock").read_bytes()).hexdigest(),
        read_materials(materials_file(folder, image)),
    )
    payload = build_payload(archive.repository, archive.digest)
    signed = Signed(
        digest=archive.digest,
        payload=payload,
        signature=base64.b64encode(key.sign(payload)).decode(),
        attestations={
            PREDICATE_TYPE: _attested(archive, PREDICATE_TYPE, provenance, key),
            SBOM_TYPE: _attested(archive, SBOM_TYPE, sbom, key),
        },
    )
    beside = Files(folder, image)
    files.write(beside.payload, signed.payload)
    files.write(beside.signature, signed.signature.encode())
    files.write(beside.provenance, signed.attestations[PREDICATE_TYPE])
    files.write(beside.signed_sbom, signed.attestations[SBOM_TYPE])
    write_layout(beside.artifacts, signed)
    return archive.digest


def _attested(
    archive: Archive, predicate_type: str, predicate: Mapping[str, Any], key: SigningKey
) -> bytes:
    statement = statement_of(archive.repository, archive.digest, predicate_type, predicate)
    return bytes_of(build_envelope(statement, key))
