"""Reads an image's archive and believes none of its digests: each is computed anew.

Writing archives (`cluster.oci`) and saying what is in them (`images.sbom`) never belong here.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster.errors import ImageRefusedError
from cluster.oci import read_identity
from images.errors import ArchiveAlteredError

_BLOBS = "blobs/sha256/"

_KEPT = frozenset({"oci-layout", "index.json"})
"""Members of an archive that are no blobs."""


@dataclass(frozen=True)
class Archive:
    """An image whose every byte was looked at, and is what its digest says."""

    file: Path
    reference: str
    digest: str
    """Of the manifest: what a pod names, and what is signed."""
    layers: tuple[str, ...]
    """Digests, lowest first."""
    configuration: Mapping[str, Any]

    @property
    def repository(self) -> str:
        """The reference without its tag."""
        return self.reference.rpartition(":")[0]


def read_archive(file: Path) -> Archive:
    """Read an archive, comparing each blob with its digest, and each digest with what names it.

    Raises:
        ArchiveAlteredError: something is not what it says, is missing, or is there unasked.
    """
    try:
        reference, digest = read_identity(file)
        with tarfile.open(file) as tar:
            found = _digests_of(tar)
            _require(found, digest, "the manifest")
            manifest = json.loads(_content(tar, digest))
            named = {"the configuration": manifest["config"]} | {
                f"layer {number}": layer for number, layer in enumerate(manifest["layers"], 1)
            }
            for what, descriptor in named.items():
                _require(found, descriptor["digest"], what)
            configuration = json.loads(_content(tar, manifest["config"]["digest"]))
    except (ImageRefusedError, OSError, KeyError, TypeError, ValueError, EOFError) as problem:
        raise ArchiveAlteredError(f"{file} is no image's archive: {problem}") from problem
    except tarfile.TarError as problem:
        raise ArchiveAlteredError(f"{file} is no readable tar: {problem}") from problem
    layers = tuple(layer["digest"] for layer in manifest["layers"])
    if tuple(configuration["rootfs"]["diff_ids"]) != layers:
        raise ArchiveAlteredError(f"{file}: the configuration names other layers than the manifest")
    strangers = set(found) - {digest} - {each["digest"] for each in named.values()}
    if strangers:
        raise ArchiveAlteredError(f"{file} holds what no manifest names: {', '.join(strangers)}")
    return Archive(file, reference, digest, layers, configuration)


def files_of(archive: Archive, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """Return the content of the regular files that are wanted by name, the upper over the lower."""
    return dict(_files_of_layers(archive, wanted))


def _files_of_layers(
    archive: Archive, wanted: Callable[[str], bool]
) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive.file) as tar:
        for layer in archive.layers:
            with tarfile.open(fileobj=tar.extractfile(_name_of(layer))) as content:
                for member in content:
                    stream = content.extractfile(member) if wanted(member.name) else None
                    if stream is not None:
                        yield member.name, stream.read()


def _digests_of(tar: tarfile.TarFile) -> dict[str, str]:
    """Compute each blob's digest: what its name says -> what it is."""
    found: dict[str, str] = {}
    for member in tar:
        stream = tar.extractfile(member)
        if member.name in _KEPT and stream is not None:
            continue
        digest = f"sha256:{member.name.removeprefix(_BLOBS)}"
        # Twice the same name: one reader takes the first, another the last.
        if stream is None or not member.name.startswith(_BLOBS) or digest in found:
            raise ArchiveAlteredError(f"an archive holds {member.name}, which does not belong")
        found[digest] = f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"  # type: ignore[arg-type]
    return found


def _require(found: Mapping[str, str], digest: str, what: str) -> None:
    if digest not in found:
        raise ArchiveAlteredError(f"{what}, {digest}, is not in the archive")
    if found[digest] != digest:
        raise ArchiveAlteredError(f"{what} is not {digest} but {found[digest]}: it was altered")


def _content(tar: tarfile.TarFile, digest: str) -> bytes:
    stream = tar.extractfile(_name_of(digest))
    return stream.read() if stream else b""


def _name_of(digest: str) -> str:
    return _BLOBS + digest.removeprefix("sha256:")
