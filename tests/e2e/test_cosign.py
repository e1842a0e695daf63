"""What we sign is verified by cosign itself, compiled for it, and refused where it must be.

Offline: cosign reads the layout as `cosign save` would have written it.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import archives
from cluster import toolchain
from cluster.progress import Progress
from images.build import REPOSITORY
from images.signing import keys
from images.signing.files import Files
from images.signing.sealing import sign_image
from unit.image_scene import write_images

OFFLINE = ("--insecure-ignore-tlog", "--offline", "--local-image")


class Scene:
    """A signed image as cosign takes it, and two pairs of keys."""

    def __init__(self, folder: Path, program: Path) -> None:
        self.program, self.home = program, folder
        self.public, self.another = folder / "cosign.pub", folder / "another.pub"
        for public in (self.public, self.another):
            keys.make_pair(public.with_suffix(".key"), public, b"word")
        key = keys.read_signing_key(folder / "cosign.key", b"word")
        write_images(folder / "images")
        sign_image(folder / "images", "operator", REPOSITORY, key)
        self.files = Files(folder / "images", "operator")
        self.layout = folder / "layout"
        self._assemble()

    def cosign(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.program, *arguments],
            env={"HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def _assemble(self) -> None:
        """Put image and signatures into one layout, the kinds of each said as cosign says them."""
        archives.unpack(self.files.archive, self.layout)
        for blob in (self.files.artifacts / "blobs/sha256").iterdir():
            (self.layout / "blobs/sha256" / blob.name).write_bytes(blob.read_bytes())
        index = json.loads((self.layout / "index.json").read_bytes())
        index["manifests"][0]["annotations"] = {"kind": "dev.cosignproject.cosign/image"}
        signed = json.loads((self.files.artifacts / "index.json").read_bytes())
        index["manifests"] += signed["manifests"]
        (self.layout / "index.json").write_text(json.dumps(index))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    program = toolchain.build(["cosign"], Progress())["cosign"] / "cosign"
    return Scene(tmp_path_factory.mktemp("cosign"), program)


def test_cosign_verifies_the_image(scene: Scene) -> None:
    """Would break: a cluster whose admission asks for our signature lets no pod of ours in."""
    done = scene.cosign("verify", "--key", scene.public, *OFFLINE, scene.layout)
    assert done.returncode == 0, done.stderr
    (claim,) = json.loads(done.stdout)
    assert claim["critical"]["identity"]["docker-reference"] == "localhost/pdf-security-operator"


@pytest.mark.parametrize("kind", ["slsaprovenance1", "cyclonedx"])
def test_cosign_verifies_what_is_attested(scene: Scene, kind: str) -> None:
    """Would break: provenance and SBOM that only our own tool can read."""
    done = scene.cosign(
        "verify-attestation", "--key", scene.public, "--type", kind, *OFFLINE, scene.layout
    )
    assert done.returncode == 0, done.stderr


def test_cosign_verifies_the_plain_files(scene: Scene) -> None:
    """Would break: who has no registry can verify nothing."""
    done = scene.cosign(
        *("verify-blob", "--key", scene.public, "--insecure-ignore-tlog"),
        *("--signature", scene.files.signature, scene.files.payload),
    )
    assert done.returncode == 0, done.stderr


def test_cosign_refuses_another_key(scene: Scene) -> None:
    """Would break: the tests above, which would pass whatever we signed with."""
    done = scene.cosign("verify", "--key", scene.another, *OFFLINE, scene.layout)
    assert done.returncode != 0
    assert "invalid signature" in done.stderr
