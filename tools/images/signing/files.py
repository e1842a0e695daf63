"""What lies beside an image's archive, by name. Reads it; writes it whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from images.errors import UnsignedError


@dataclass(frozen=True)
class Files:
    """The files of one image in the folder of archives."""

    folder: Path
    image: str

    @property
    def archive(self) -> Path:
        """The image."""
        return self._named("oci.tar")

    @property
    def sbom(self) -> Path:
        """The CycloneDX document, for people and scanners."""
        return self._named("cdx.json")

    @property
    def payload(self) -> Path:
        """What the image's signature is of."""
        return self._named("payload.json")

    @property
    def signature(self) -> Path:
        """The signature of the payload, in base64."""
        return self._named("payload.sig")

    @property
    def provenance(self) -> Path:
        """The signed provenance, a DSSE envelope."""
        return self._named("provenance.intoto.json")

    @property
    def signed_sbom(self) -> Path:
        """The signed SBOM, a DSSE envelope."""
        return self._named("sbom.intoto.json")

    @property
    def artifacts(self) -> Path:
        """All of it once more, as an OCI layout from which a registry is filled."""
        return self._named("signatures")

    def _named(self, ending: str) -> Path:
        return self.folder / f"{self.image}.{ending}"


def read(file: Path) -> bytes:
    """Return a file's content.

    Raises:
        UnsignedError: it is not there.
    """
    try:
        return file.read_bytes()
    except OSError as problem:
        raise UnsignedError(
            f"{file}: {problem.strerror}\n  -> make images, then sign them: make images-sign"
        ) from problem


def write(file: Path, content: bytes) -> None:
    """Write a file so that who reads it meanwhile sees the old one or the new one."""
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_bytes(content)
    fresh.replace(file)
