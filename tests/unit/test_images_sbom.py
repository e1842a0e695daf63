"""What an SBOM says of an image: read from its files, the same each time, nothing guessed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from images.archive import read_archive
from images.errors import LicenceError, MaterialsError
from images.materials import wheel_of, wheels_of
from images.sbom.bundled import parts_of
from images.sbom.component import Component
from images.sbom.debian import components_of_debian
from images.sbom.distributions import components_of_distributions
from images.sbom.document import build_document, digest_of_subject, text_of
from images.sbom.licences import (
    ALLOWED_IN_WHEELS,
    ALLOWED_OF_DEBIAN,
    PERMISSIVE,
    expression_of,
    expression_of_debian,
    refused,
)
from images.sbom.reading import components_of, sbom_of
from images.wheels import materials_of
from unit.image_scene import UVLOOP, write_images

FORMAT = b"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"


def _all(components: Sequence[Component]) -> Iterator[Component]:
    for component in components:
        yield component
        yield from _all(component.parts)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    write_images(tmp_path)
    return tmp_path / "operator.oci.tar"


def test_every_kind_of_thing_in_an_image_is_there(archive: Path) -> None:
    """Would break: a library with a hole is in the image, and no scanner hears of it."""
    found = {
        component.purl: (component.version, component.licence, component.sha256)
        for component in _all(components_of(read_archive(archive), [UVLOOP]))
    }
    runtime = "GPL-3.0-or-later WITH GCC-exception-3.1"
    gcc = "12.2.0-14+deb12u1"
    tail = "?arch=amd64&distro=debian-12"
    assert found == {
        f"pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1{tail}": (
            "1:1.2.13.dfsg-1",
            "(GPL-2.0-or-later OR MIT) AND Zlib",
            None,
        ),
        # Its licence is in a package of the same source.
        f"pkg:deb/debian/libgcc-s1@12.2.0-14%2Bdeb12u1{tail}": (gcc, runtime, None),
        f"pkg:deb/debian/gcc-12-base@12.2.0-14%2Bdeb12u1{tail}": (gcc, runtime, None),
        "pkg:pypi/uvloop@0.23.0": ("0.23.0", "MIT", "cd" * 32),
        # From the wheel's own SBOM; not what built it, nor the wheel once more.
        "pkg:cargo/libc@0.2.189": ("0.2.189", "MIT OR Apache-2.0", "ab" * 32),
        # From the bytes of the compiled module.
        "pkg:generic/libuv@1.52.1": ("1.52.1", "MIT", None),
        "pkg:generic/pdf-security-operator@0.1.0": ("0.1.0", "Apache-2.0", None),
    }


def test_the_document_is_cyclonedx_and_about_the_image(archive: Path) -> None:
    """Would break: scanners refuse it, or match it with another image."""
    image = read_archive(archive)
    document = sbom_of(image, [UVLOOP])
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text_of(document))
    assert problem is None
    assert digest_of_subject(document) == image.digest
    assert "timestamp" not in document["metadata"]


def test_the_same_image_gives_the_same_document(archive: Path, tmp_path: Path) -> None:
    """Would break: an SBOM that changes although nothing did, and cannot be compared."""
    write_images(tmp_path / "again")
    first, second = (
        text_of(sbom_of(read_archive(file), [UVLOOP]))
        for file in (archive, tmp_path / "again" / "operator.oci.tar")
    )
    assert first == second


def test_another_image_has_another_serial_number(archive: Path) -> None:
    """Would break: two documents that tools take for two versions of one."""
    operator = build_document(read_archive(archive), [])
    processor = build_document(read_archive(archive.with_name("processor.oci.tar")), [])
    assert operator["serialNumber"] != processor["serialNumber"]


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        pytest.param("License-Expression: MIT OR Apache-2.0", "MIT OR Apache-2.0", id="pep-639"),
        pytest.param("License: Apache 2.0", "Apache-2.0", id="old-spelling"),
        pytest.param(
            "Classifier: License :: OSI Approved :: MIT License", "MIT", id="classifier-alone"
        ),
        pytest.param(
            "License: see file\nClassifier: License :: OSI Approved :: BSD License",
            "BSD-3-Clause",
            id="classifier-where-the-field-says-nothing",
        ),
        pytest.param("", None, id="none-at-all"),
        pytest.param("License: see file", None, id="words"),
        pytest.param(
            "Classifier: License :: OSI Approved :: MIT License\n"
            "Classifier: License :: OSI Approved :: BSD License",
            None,
            id="two-classifiers-are-no-answer",
        ),
    ],
)
def test_the_licence_of_a_distribution(metadata: str, licence: str | None) -> None:
    """Would break: a component without a licence, or with one that nobody gave it."""
    text = f"Name: some\nVersion: 1\n{metadata}\n"
    files = {"app/lib/some-1.dist-info/METADATA": text.encode()}
    if licence is None:
        with pytest.raises(LicenceError, match="some"):
            list(components_of_distributions(files, {}))
    else:
        (component,) = components_of_distributions(files, {})
        assert component.licence == licence


@pytest.mark.parametrize(
    ("copyrights", "message"),
    [
        pytest.param({}, "neither it nor another package", id="no-copyright-file"),
        pytest.param({"some": b"Do as you like."}, "prose", id="prose-that-nobody-read"),
    ],
)
def test_a_debian_package_without_a_known_licence_is_refused(
    copyrights: dict[str, bytes], message: str
) -> None:
    """Would break: a package whose licence changed with an update goes on under the old one."""
    status = b"Package: some\nVersion: 1\nArchitecture: amd64\n"
    files = {"var/lib/dpkg/status": status} | {
        f"usr/share/doc/{name}/copyright": text for name, text in copyrights.items()
    }
    with pytest.raises(LicenceError, match=message):
        list(components_of_debian(files, {}))


@pytest.mark.parametrize(
    ("names", "expression"),
    [
        pytest.param(["Expat"], "MIT", id="debians-name"),
        pytest.param(["Apache-2.0"], "Apache-2.0", id="spdx-name"),
        pytest.param(["Zlib", "Zlib"], "Zlib", id="once"),
        pytest.param(
            ["Artistic or GPL-1+", "Zlib"],
            "(Artistic-1.0-Perl OR GPL-1.0-or-later) AND Zlib",
            id="alternatives",
        ),
        pytest.param(["my own words"], "LicenseRef-debian-my-own-words", id="unknown"),
    ],
)
def test_debians_short_names(names: list[str], expression: str) -> None:
    """Would break: a licence that no tool understands, or an alternative that is read as both."""
    assert expression_of_debian(names) == expression


@pytest.mark.parametrize(
    ("expression", "allowed", "refusal"),
    [
        pytest.param("MIT", PERMISSIVE, set(), id="on-the-list"),
        pytest.param("GPL-3.0-or-later", ALLOWED_IN_WHEELS, {"GPL-3.0-or-later"}, id="not-on-it"),
        pytest.param("MIT OR GPL-3.0-or-later", PERMISSIVE, set(), id="one-of-two-is-enough"),
        pytest.param(
            "MIT AND (Zlib OR GPL-2.0-only) AND AGPL-3.0-only",
            PERMISSIVE,
            {"AGPL-3.0-only"},
            id="both-are-needed",
        ),
        pytest.param(
            "GPL-3.0-or-later WITH GCC-exception-3.1",
            ALLOWED_OF_DEBIAN,
            set(),
            id="with-its-exception",
        ),
        pytest.param(
            "LicenseRef-debian-mine",
            ALLOWED_OF_DEBIAN,
            {"LicenseRef-debian-mine"},
            id="no-name-is-agreed-to-by-its-form",
        ),
    ],
)
def test_the_list_of_licences(expression: str, allowed: frozenset[str], refusal: set[str]) -> None:
    """Would break: the AGPL in an image, behind an AND."""
    assert refused(expression, allowed) == refusal


def test_words_are_no_expression() -> None:
    """Would break: a document that no SPDX tool can read."""
    with pytest.raises(LicenceError, match="no SPDX expression"):
        expression_of("MIT-like, see file", "some")


@pytest.mark.parametrize(
    ("content", "version"),
    [
        pytest.param(b"\0abc\x001.52.1\0", "1.52.1", id="one"),
        pytest.param(b"\x001.52.1\x001.2.11\0", None, id="two-are-a-guess"),
        pytest.param(b"version 1.52.1 of it\0", None, id="within-a-text"),
    ],
)
def test_a_version_is_read_or_left_open(content: bytes, version: str | None) -> None:
    """Would break: a hole is looked for in a version that the image does not have."""
    (part,) = parts_of("uvloop", {"app/lib/uvloop/loop.abi3.so": content})
    assert (part.name, part.version) == ("libuv", version)


WHEELS = [
    ("a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "11"),
    ("a-1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "22"),
    ("a-1-py3-none-any.whl", "33"),
    ("no wheel", "44"),
]


@pytest.mark.parametrize(
    ("tags", "sha256"),
    [
        pytest.param(
            ["cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-manylinux2014_x86_64"],
            "11",
            id="platform",
        ),
        pytest.param(["py3-none-any"], "33", id="any"),
        pytest.param(["py2.py3-none-any"], "33", id="any-of-both"),
        pytest.param(["cp310-cp310-linux_x86_64"], None, id="none-of-them"),
        pytest.param(["py3-none-any", "cp311-cp311-manylinux2014_x86_64"], None, id="two-of-them"),
    ],
)
def test_which_wheel_was_installed(tags: list[str], sha256: str | None) -> None:
    """Would break: the provenance names a file that is not in the image."""
    text = "Wheel-Version: 1.0\n" + "".join(f"Tag: {tag}\n" for tag in tags)
    if sha256 is None:
        with pytest.raises(MaterialsError, match="wheels have the tags"):
            wheel_of(WHEELS, text)
    else:
        assert wheel_of(WHEELS, text)[1] == sha256


@pytest.mark.parametrize(
    ("locked", "refused"),
    [
        pytest.param("a==1 --hash=sha256:33\n", False, id="locked"),
        pytest.param("a==1 --hash=sha256:44\n", True, id="another-hash"),
        pytest.param("b==1 --hash=sha256:33\n", True, id="not-locked"),
    ],
)
def test_only_what_is_locked_is_a_material(tmp_path: Path, locked: str, refused: bool) -> None:
    """Would break: the provenance names a file that the lock does not let in."""
    metadata = tmp_path / "a-1.dist-info" / "WHEEL"
    metadata.parent.mkdir()
    metadata.write_text("Tag: py3-none-any\n")
    found = materials_of(tmp_path, {"a": WHEELS}, locked)
    if refused:
        with pytest.raises(MaterialsError, match=r"requirements\.lock does not have"):
            list(found)
    else:
        assert [(each.purl, each.sha256) for each in found] == [("pkg:pypi/a@1", "33")]


def test_wheels_are_known_by_name_and_not_by_address() -> None:
    """Would break: where a builder fetches from is written into what is signed."""
    pylock = (
        '[[packages]]\nname = "A_b"\nwheels = [{url = "https://mirror.example/x/A_b-1-py3-none-'
        'any.whl", hashes = {sha256 = "ab"}}]\n[[packages]]\nname = "c"\n'
    )
    assert wheels_of(pylock) == {"a-b": [("A_b-1-py3-none-any.whl", "ab")], "c": []}
