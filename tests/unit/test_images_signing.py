"""Signatures of images: what was signed holds, and of what was altered the table names the part."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from images.build import REPOSITORY
from images.errors import KeyRefusedError
from images.recipes import IMAGES
from images.signing import keys
from images.signing.envelope import build_envelope, bytes_of, pre_authentication_encoding
from images.signing.files import Files
from images.signing.sealing import sign_image
from images.signing.verification import PARTS, verify_image
from unit.image_scene import digest_of, flip, flip_in_archive, manifest_of, write_images

PASSPHRASE = b"correct horse"

OPERATOR = next(image for image in IMAGES if image.name == "operator")


class Scene:
    """A folder with signed images, and the keys."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "images"
        self.files = Files(self.folder, "operator")
        self.private, self.public = folder / "cosign.key", folder / "cosign.pub"
        keys.make_pair(self.private, self.public, PASSPHRASE)
        self.key = keys.read_signing_key(self.private, PASSPHRASE)
        write_images(self.folder)
        self.sign(self.key)

    def sign(self, key: keys.SigningKey) -> None:
        for image in IMAGES:
            sign_image(self.folder, image.name, REPOSITORY, key)

    def failed(self) -> set[str]:
        """Verify the operator's image; return the parts that are judged and fail."""
        checks = verify_image(self.folder, OPERATOR, keys.read_verifying_key(self.public))
        assert [check.part for check in checks] == list(PARTS)
        return {
            check.part for check in checks if not check.passed and check.detail != "not looked at"
        }


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def _stranger() -> keys.SigningKey:
    return keys.SigningKey(ec.generate_private_key(ec.SECP256R1()))


def test_what_was_signed_is_verified(scene: Scene) -> None:
    """Would break: nobody can use what we sign."""
    assert scene.failed() == set()


def test_signing_twice_gives_the_same_bytes(scene: Scene) -> None:
    """Would break: signatures that tell nothing but when they were made, in every comparison."""
    names = ("sbom", "payload", "signature", "provenance", "signed_sbom")
    before = [getattr(scene.files, name).read_bytes() for name in names]
    scene.sign(scene.key)
    assert [getattr(scene.files, name).read_bytes() for name in names] == before


def _flip_layer(scene: Scene) -> None:
    digest = manifest_of(scene.files.archive)["layers"][0]["digest"]
    name = digest.replace("sha256:", "blobs/sha256/")
    flip_in_archive(scene.files.archive, lambda member: member.name == name)


def _reword(document: dict[str, Any], path: list[str | int], value: object) -> None:
    for step in path[:-1]:
        document = document[step]  # type: ignore[index]
    document[path[-1]] = value  # type: ignore[index]


def _restate(
    name: str, path: list[str | int], value: object, *, key: Callable[[Scene], keys.SigningKey]
) -> Callable[[Scene], None]:
    """Change what a statement says, and sign it anew."""

    def restate(scene: Scene) -> None:
        file = getattr(scene.files, name)
        statement = json.loads(base64.b64decode(json.loads(file.read_bytes())["payload"]))
        _reword(statement, path, value)
        file.write_bytes(bytes_of(build_envelope(statement, key(scene))))

    return restate


def _unsigned(name: str, path: list[str | int], value: object) -> Callable[[Scene], None]:
    """Change what a statement says, and leave the signature as it was."""

    def change(scene: Scene) -> None:
        file = getattr(scene.files, name)
        envelope = json.loads(file.read_bytes())
        statement = json.loads(base64.b64decode(envelope["payload"]))
        _reword(statement, path, value)
        envelope["payload"] = base64.b64encode(bytes_of(statement)).decode()
        file.write_bytes(bytes_of(envelope))

    return change


def _payload_of_another_digest(scene: Scene) -> None:
    """The owner's key, but for another image."""
    payload = scene.files.payload.read_bytes().replace(b"sha256:", b"sha256:00")
    scene.files.payload.write_bytes(payload)
    scene.files.signature.write_bytes(base64.b64encode(scene.key.sign(payload)))


def _operator_by_the_processors(scene: Scene) -> None:
    """All of it signed by the right key, each file in the other's place."""
    for file in scene.folder.glob("processor.*"):
        target = scene.folder / file.name.replace("processor", "operator")
        if file.is_file():
            target.write_bytes(file.read_bytes())


def _sbom_of_another_image(scene: Scene) -> None:
    """Both files of it the same, both well signed."""
    path: list[str | int] = ["metadata", "component", "hashes", 0, "content"]
    document = json.loads(scene.files.sbom.read_bytes())
    _reword(document, path, "0" * 64)
    scene.files.sbom.write_bytes(bytes_of(document))
    _restate("signed_sbom", ["predicate"], document, key=lambda scene: scene.key)(scene)


def _other_key(scene: Scene) -> None:
    scene.sign(_stranger())


DIGEST: list[str | int] = ["subject", 0, "digest", "sha256"]


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        pytest.param(_flip_layer, {"archive"}, id="bit-of-a-layer"),
        pytest.param(_operator_by_the_processors, {"archive"}, id="the-other-image"),
        pytest.param(
            lambda scene: flip(scene.files.payload), {"signature", "artifacts"}, id="payload"
        ),
        pytest.param(
            lambda scene: flip(scene.files.signature), {"signature", "artifacts"}, id="signature"
        ),
        pytest.param(
            _payload_of_another_digest, {"signature", "artifacts"}, id="payload-of-another-digest"
        ),
        pytest.param(
            _unsigned("provenance", DIGEST, "0" * 64),
            {"provenance", "artifacts"},
            id="provenance-subject",
        ),
        pytest.param(
            _unsigned("provenance", ["predicate", "runDetails", "builder", "id"], "theirs"),
            {"provenance", "artifacts"},
            id="provenance-builder",
        ),
        pytest.param(
            _restate("provenance", DIGEST, "0" * 64, key=lambda scene: scene.key),
            {"provenance", "artifacts"},
            id="provenance-of-another-image-well-signed",
        ),
        pytest.param(
            _restate("provenance", ["subject", 0, "name"], "x", key=lambda scene: scene.key),
            {"provenance", "artifacts"},
            id="provenance-of-another-name-well-signed",
        ),
        pytest.param(
            _restate("provenance", ["predicateType"], "x", key=lambda scene: scene.key),
            {"provenance", "artifacts"},
            id="another-statement-in-its-place",
        ),
        pytest.param(
            _restate("provenance", ["predicate"], {}, key=lambda scene: scene.key),
            {"provenance", "artifacts"},
            id="provenance-that-says-nothing",
        ),
        pytest.param(
            _restate("provenance", ["predicate"], {}, key=lambda scene: _stranger()),
            {"provenance", "artifacts"},
            id="provenance-by-another-key",
        ),
        pytest.param(lambda scene: flip(scene.files.sbom), {"sbom"}, id="plain-sbom"),
        pytest.param(
            _unsigned("signed_sbom", ["predicate", "components"], []),
            {"sbom", "artifacts"},
            id="signed-sbom",
        ),
        pytest.param(
            _sbom_of_another_image,
            {"sbom", "artifacts"},
            id="sbom-that-describes-another-image",
        ),
        pytest.param(
            lambda scene: flip(scene.files.artifacts / "index.json"), {"artifacts"}, id="tags"
        ),
        pytest.param(
            lambda scene: flip(
                scene.files.artifacts
                / "blobs/sha256"
                / digest_of(scene.files.payload.read_bytes()).removeprefix("sha256:")
            ),
            {"artifacts"},
            id="payload-in-the-layout",
        ),
        pytest.param(
            lambda scene: (scene.files.artifacts / "blobs/sha256/more").touch(),
            {"artifacts"},
            id="more-in-the-layout",
        ),
        pytest.param(
            lambda scene: scene.files.signature.unlink(),
            {"signature", "artifacts"},
            id="no-signature",
        ),
        pytest.param(lambda scene: scene.files.archive.unlink(), {"archive"}, id="no-archive"),
        pytest.param(_other_key, {"signature", "provenance", "sbom"}, id="all-by-another-key"),
    ],
)
def test_what_is_altered_is_named(
    scene: Scene, change: Callable[[Scene], None], failed: set[str]
) -> None:
    """Would break: what somebody else made passes for ours."""
    change(scene)
    assert scene.failed() == failed


def test_what_an_envelope_signs_is_the_specifications() -> None:
    """Would break: bytes signed as one thing pass for another, and cosign takes none of ours."""
    encoded = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world")
    assert encoded == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_the_provenance_says_what_went_in_and_no_time(scene: Scene) -> None:
    """Would break: nobody can tell from what to build it once more, or two builds differ."""
    envelope = json.loads(scene.files.provenance.read_bytes())
    statement = json.loads(base64.b64decode(envelope["payload"]))
    definition = statement["predicate"]["buildDefinition"]
    names = {each["name"]: each for each in definition["resolvedDependencies"]}
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert names["uvloop-0.23.0-cp311-cp311-linux_x86_64.whl"]["digest"] == {"sha256": "cd" * 32}
    assert set(names["requirements.lock"]["digest"]) == {"sha256"}
    assert "metadata" not in statement["predicate"]["runDetails"]


def test_the_layout_has_the_tags_that_cosign_looks_for(scene: Scene) -> None:
    """Would break: a registry that is filled with it holds signatures that no one finds."""
    index = json.loads((scene.files.artifacts / "index.json").read_bytes())
    tags = [
        manifest["annotations"]["org.opencontainers.image.ref.name"]
        for manifest in index["manifests"]
    ]
    claimed = json.loads(scene.files.payload.read_bytes())["critical"]["image"]
    stem = claimed["docker-manifest-digest"].replace(":", "-")
    assert tags == [f"{stem}.sig", f"{stem}.att"]


def _pem(key: Any, lock: serialization.KeySerializationEncryption) -> bytes:
    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock
    )
    return pem


def test_a_new_private_key_is_its_owners_alone_and_locked(scene: Scene) -> None:
    """Would break: whoever reads the folder, or a backup of it, signs in our name."""
    assert stat.S_IMODE(scene.private.stat().st_mode) == 0o600
    assert scene.private.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert keys.is_locked(scene.private)


def test_a_pair_is_never_written_over(scene: Scene) -> None:
    """Would break: a second call makes all that the first key signed unverifiable."""
    with pytest.raises(KeyRefusedError, match="is there already"):
        keys.make_pair(scene.private, scene.public, PASSPHRASE)


@pytest.mark.parametrize(
    ("key", "mode", "passphrase", "message"),
    [
        pytest.param(None, 0o600, b"wrong", "another passphrase", id="wrong-passphrase"),
        pytest.param(None, 0o600, None, "another passphrase", id="no-passphrase"),
        pytest.param(None, 0o640, PASSPHRASE, "may be read by others", id="readable-by-a-group"),
        pytest.param(None, 0o604, PASSPHRASE, "may be read by others", id="readable-by-all"),
        pytest.param(
            ec.generate_private_key(ec.SECP384R1()), 0o600, None, "neither", id="another-curve"
        ),
        pytest.param(rsa.generate_private_key(65537, 2048), 0o600, None, "neither", id="rsa"),
    ],
)
def test_a_private_key_is_refused(
    scene: Scene, key: Any, mode: int, passphrase: bytes | None, message: str
) -> None:
    """Would break: a key that others have, or a kind of signature that verifiers do not take."""
    if key:
        scene.private.write_bytes(_pem(key, serialization.NoEncryption()))
    scene.private.chmod(mode)
    with pytest.raises(KeyRefusedError, match=message) as caught:
        keys.read_signing_key(scene.private, passphrase)
    assert PASSPHRASE.decode() not in str(caught.value)
    # The library's own error may quote what it read, and tracebacks show it.
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"no key", "no public key", id="no-key"),
        pytest.param(None, "No such file", id="no-file"),
        pytest.param(
            rsa.generate_private_key(65537, 2048)
            .public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            ),
            "neither",
            id="rsa",
        ),
    ],
)
def test_a_public_key_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    """Would break: a trace in place of a sentence, where somebody named the wrong file."""
    file = tmp_path / "cosign.pub"
    if content:
        file.write_bytes(content)
    with pytest.raises(KeyRefusedError, match=message):
        keys.read_verifying_key(file)


def test_an_empty_passphrase_is_refused(tmp_path: Path) -> None:
    """Would break: a key that says it is encrypted and opens for everybody."""
    with pytest.raises(KeyRefusedError, match="empty passphrase"):
        keys.make_pair(tmp_path / "a", tmp_path / "b", b"")


def test_an_ed25519_key_of_ones_own_signs_too(scene: Scene) -> None:
    """Would break: who has such keys already needs others for us."""
    key = ed25519.Ed25519PrivateKey.generate()
    scene.public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    scene.sign(keys.SigningKey(key))
    assert scene.failed() == set()
