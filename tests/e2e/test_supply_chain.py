"""The real images as they are described and signed: their SBOM, licences, materials, signatures."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from cluster.progress import Progress
from images.archive import Archive, read_archive
from images.build import OUTPUT, REPOSITORY, build_images, materials_file
from images.lock import locked_of
from images.materials import Material, read_materials
from images.policy import KEPT_PACKAGES
from images.sbom.component import Component
from images.sbom.document import build_document, text_of
from images.sbom.licences import ALLOWED_IN_WHEELS, ALLOWED_OF_DEBIAN, refused
from images.sbom.reading import components_of

NAMES = ("operator", "processor")

STATED = {
    "operator": {"libuv", "libyaml"},
    "processor": {"libxml2", "libxslt", "openssl", "pdfium", "qpdf", "libjpeg-turbo"},
}
"""Libraries in C whose holes matter, and which say their version: they parse what others send."""


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    build_images(Progress())
    return str(request.param)


@pytest.fixture(scope="module")
def archive(name: str) -> Archive:
    return read_archive(OUTPUT / f"{name}.oci.tar")


@pytest.fixture(scope="module")
def materials(name: str, archive: Archive) -> Sequence[Material]:
    return read_materials(materials_file(OUTPUT, name))


@pytest.fixture(scope="module")
def components(archive: Archive, materials: Sequence[Material]) -> list[Component]:
    return components_of(archive, materials)


def _all(components: Sequence[Component]) -> Iterator[Component]:
    for component in components:
        yield component
        yield from _all(component.parts)


def test_the_sbom_is_valid(archive: Archive, components: list[Component]) -> None:
    """Would break: no scanner reads it."""
    text = text_of(build_document(archive, components))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_every_licence_is_known_and_on_the_list(components: list[Component]) -> None:
    """Would break: an image is given away against the terms of something in it."""
    refusals = {
        part.purl: refusal
        for component in components
        for part in _all([component])
        if (
            refusal := refused(
                part.licence,
                ALLOWED_OF_DEBIAN if part.purl.startswith("pkg:deb/") else ALLOWED_IN_WHEELS,
            )
        )
    }
    assert refusals == {}
    assert all(component.licence for component in _all(components))


def test_all_that_was_fetched_is_in_the_sbom_with_its_hash(
    components: list[Component], materials: Sequence[Material]
) -> None:
    """Would break: something is in the image that nobody knows of, or of which no hash is known."""
    hashes = {component.purl: component.sha256 for component in components}
    ours = {purl for purl in hashes if purl.startswith("pkg:generic/pdf-security-")}
    assert {purl: hashes[purl] for purl in set(hashes) - ours} == {
        material.purl: material.sha256 for material in materials
    }


def test_every_material_is_locked_or_debians(materials: Sequence[Material]) -> None:
    """Would break: a wheel of which requirements.lock knows nothing."""
    locked = locked_of((REPOSITORY / "requirements.lock").read_text())
    hashes = {value for each in locked.values() for value in each.hashes}
    strangers = [
        material.file
        for material in materials
        if not material.purl.startswith("pkg:deb/")
        and f"--hash=sha256:{material.sha256}" not in hashes
    ]
    debian = {
        material.purl.split("/")[2].split("@")[0].replace("%2B", "+")
        for material in materials
        if material.purl.startswith("pkg:deb/")
    }
    assert strangers == []
    assert debian == KEPT_PACKAGES


def test_libraries_in_c_say_their_version(name: str, components: list[Component]) -> None:
    """Would break: a hole in qpdf is published, and nobody can tell whether we have it."""
    versions = {part.name: part.version for part in _all(components) if part.version}
    assert STATED[name] <= set(versions)
    assert all(re.match(r"\d+\.\d", versions[library]) for library in STATED[name])


def test_signed_and_verified_as_a_user_does(tmp_path: Path) -> None:
    """Would break: the commands of the README."""
    passphrase, private, public = (tmp_path / each for each in ("word", "cosign.key", "cosign.pub"))
    passphrase.write_text("correct horse\n")

    def images(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "images", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    folder = tmp_path / "images"
    build_images(Progress(), folder)
    made = images(
        *("keys", "--private", private, "--public", public, "--passphrase-file", passphrase)
    )
    assert made.returncode == 0, made.stderr
    here = ("--folder", folder)
    signed = images("sign", "--key", private, "--passphrase-file", passphrase, *here)
    assert signed.returncode == 0, signed.stderr
    verified = images("verify", "--key", public, "--json", *here)
    assert verified.returncode == 0, verified.stderr
    assert {check["passed"] for check in json.loads(verified.stdout)} == {True}
    assert "correct horse" not in made.stdout + made.stderr + signed.stdout + signed.stderr
    # The plain files are what `cosign verify-blob --key ... --signature` takes.
    assert base64.b64decode((folder / "operator.payload.sig").read_bytes(), validate=True)
    (tmp_path / "other").write_text("another\n")
    other = ("--private", tmp_path / "b.key", "--public", tmp_path / "b.pub")
    images("keys", *other, "--passphrase-file", tmp_path / "other")
    refused_by_another = images("verify", "--key", tmp_path / "b.pub", *here)
    assert refused_by_another.returncode == 1
    assert "FAILED" in refused_by_another.stdout
