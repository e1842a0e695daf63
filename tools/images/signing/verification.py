"""Verifies an image and all that was signed of it, part by part. Writes nothing.

Only bytes and the key are believed: no digest that a file states is taken without computing it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from images.archive import read_archive
from images.errors import (
    ArchiveAlteredError,
    NotVerifiedError,
    ProvenanceRefusedError,
    SbomRefusedError,
    SignatureRefusedError,
    UnsignedError,
)
from images.recipes import Image
from images.sbom.document import digest_of_subject
from images.signing.artifacts import Signed, compare_layout
from images.signing.envelope import EnvelopeError, opened
from images.signing.files import Files, read
from images.signing.keys import VerifyingKey
from images.signing.payload import claims_of
from images.signing.provenance import PREDICATE_TYPE, summary_of
from images.signing.sealing import SBOM_TYPE

PARTS = ("archive", "signature", "provenance", "sbom", "artifacts")
"""What is verified, in order."""


@dataclass(frozen=True)
class Check:
    """What verifying one part came to."""

    image: str
    part: str
    passed: bool
    detail: str


def verify_image(folder: Path, image: Image, key: VerifyingKey) -> list[Check]:
    """Verify one image of a folder; one check a part, whatever fails.

    Where the archive is not what it says, the rest is not looked at: it would be about nothing.
    """
    beside = Files(folder, image.name)
    try:
        digest = verify_archive(beside, image.repository)
    except (NotVerifiedError, UnsignedError) as problem:
        rest = [Check(image.name, part, False, "not looked at") for part in PARTS[1:]]
        return [Check(image.name, PARTS[0], False, str(problem)), *rest]
    subject = image.repository, digest
    deeds: dict[str, Callable[[], str]] = {
        "signature": lambda: verify_signature(beside, subject, key),
        "provenance": lambda: verify_provenance(beside, subject, key),
        "sbom": lambda: verify_sbom(beside, subject, key),
        "artifacts": lambda: verify_artifacts(beside, digest),
    }
    checks = [Check(image.name, PARTS[0], True, digest)]
    for part, deed in deeds.items():
        try:
            checks.append(Check(image.name, part, True, deed()))
        except (NotVerifiedError, UnsignedError) as problem:
            checks.append(Check(image.name, part, False, str(problem)))
    return checks


def verify_archive(beside: Files, repository: str) -> str:
    """Return the image's digest, computed from every byte of its archive.

    Raises:
        ArchiveAlteredError: some byte is another, or it is another image, however well signed.
        UnsignedError: there is no archive.
    """
    if not beside.archive.is_file():
        raise UnsignedError(f"{beside.archive} is not there\n  -> make images")
    archive = read_archive(beside.archive)
    if archive.repository != repository:
        raise ArchiveAlteredError(f"{beside.archive} is {archive.repository}, not {repository}")
    return archive.digest


def verify_signature(beside: Files, subject: tuple[str, str], key: VerifyingKey) -> str:
    """Verify that the key signed this digest under this name.

    Raises:
        SignatureRefusedError: it signed another one, or nothing.
    """
    payload = read(beside.payload)
    try:
        signature = base64.b64decode(read(beside.signature), validate=True)
    except binascii.Error as problem:
        raise SignatureRefusedError(f"{beside.signature} is no base64: {problem}") from problem
    if not key.verifies(signature, payload):
        raise SignatureRefusedError(
            f"{beside.signature} is not of this key, or {beside.payload.name} was altered"
        )
    if claims_of(payload) != subject:
        raise SignatureRefusedError(f"{beside.payload} is about {claims_of(payload)}: sign anew")
    return "signed by this key"


def verify_provenance(beside: Files, subject: tuple[str, str], key: VerifyingKey) -> str:
    """Verify that the key signed a provenance of this digest; return what it was built from.

    Raises:
        ProvenanceRefusedError: it did not.
    """
    try:
        predicate = opened(read(beside.provenance), key, subject, PREDICATE_TYPE)
    except EnvelopeError as problem:
        raise ProvenanceRefusedError(f"{beside.provenance} {problem}") from problem
    try:
        return summary_of(predicate)
    except (KeyError, TypeError) as problem:
        raise ProvenanceRefusedError(
            f"{beside.provenance} lacks {problem}; was it made by another version?"
        ) from problem


def verify_sbom(beside: Files, subject: tuple[str, str], key: VerifyingKey) -> str:
    """Verify that the key signed an SBOM of this digest, and that the plain file is the same.

    Raises:
        SbomRefusedError: one of it is not so.
    """
    try:
        document = dict(opened(read(beside.signed_sbom), key, subject, SBOM_TYPE))
    except EnvelopeError as problem:
        raise SbomRefusedError(f"{beside.signed_sbom} {problem}") from problem
    if digest_of_subject(document) != subject[1]:
        raise SbomRefusedError(f"{beside.signed_sbom} describes {digest_of_subject(document)}")
    try:
        plain = json.loads(read(beside.sbom))
    except ValueError as problem:
        raise SbomRefusedError(f"{beside.sbom} is no JSON: {problem}") from problem
    if plain != document:
        raise SbomRefusedError(f"{beside.sbom} is not what was signed")
    return f"{len(document['components'])} components"


def verify_artifacts(beside: Files, digest: str) -> str:
    """Verify that what a registry would be filled with is what the other files hold.

    Raises:
        ArtifactsAlteredError: it is something else.
    """
    signed = Signed(
        digest=digest,
        payload=read(beside.payload),
        signature=read(beside.signature).decode("ascii", "replace"),
        attestations={
            PREDICATE_TYPE: read(beside.provenance),
            SBOM_TYPE: read(beside.signed_sbom),
        },
    )
    compare_layout(beside.artifacts, signed)
    return f"tags {digest.replace(':', '-')}.sig and .att"
