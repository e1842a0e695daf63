"""What can go wrong with images, said in whole sentences. No logic.

ImageBuildError
├── CommandFailedError        a program that the build runs ended with an error
├── MaterialsError            which wheels and packages an image was made of is not known
├── LicenceError              a component has no licence, or one that nobody has agreed to
├── KeyRefusedError           a key or its passphrase cannot be used
├── UnsignedError             what a signature is made of, or beside, is not there
└── NotVerifiedError          an image or what was signed of it is not what it says
    ├── ArchiveAlteredError
    ├── SignatureRefusedError
    ├── ProvenanceRefusedError
    ├── SbomRefusedError
    └── ArtifactsAlteredError
"""

from __future__ import annotations

from pathlib import Path


class ImageBuildError(Exception):
    """An image could not be built, described, signed or verified."""


class CommandFailedError(ImageBuildError):
    """A program that the build runs ended with an error."""

    def __init__(self, command: list[str], code: int, output: str) -> None:
        super().__init__(f"{command[0]} ended with {code}: {output.strip()[-1500:]}")
        self.command, self.code = command, code


class MaterialsError(ImageBuildError):
    """Which wheels and packages an image was made of is not known."""


class LicenceError(ImageBuildError):
    """A component has no licence, or one that nobody has agreed to."""

    def __init__(self, component: str, problem: str) -> None:
        super().__init__(f"licence of {component}: {problem}; see images/sbom/licences.py")
        self.component = component


class KeyRefusedError(ImageBuildError):
    """A key or its passphrase cannot be used. Never quotes either."""

    def __init__(self, file: Path, problem: str, next_step: str) -> None:
        super().__init__(f"{file}: {problem}\n  -> {next_step}")
        self.file = file


class UnsignedError(ImageBuildError):
    """What a signature is made of, or beside, is not there."""


class NotVerifiedError(ImageBuildError):
    """An image or what was signed of it is not what it says."""


class ArchiveAlteredError(NotVerifiedError):
    """Bytes of the archive are not those of its digest."""


class SignatureRefusedError(NotVerifiedError):
    """The signature is another key's, or of another payload, or of another image."""


class ProvenanceRefusedError(NotVerifiedError):
    """The provenance is not signed by the key, or not about this image."""


class SbomRefusedError(NotVerifiedError):
    """The SBOM is not signed by the key, or not about this image."""


class ArtifactsAlteredError(NotVerifiedError):
    """The artifacts for registries are not what was signed."""
