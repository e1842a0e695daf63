"""What an SBOM says of one thing in an image. Data only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Component:
    """A package, or a library within one."""

    name: str
    version: str | None
    """None where the image does not say it; never guessed."""
    purl: str
    licence: str
    """An SPDX expression."""
    sha256: str | None = None
    """Hex digest of the file it came in, where that is known."""
    described_by: str = ""
    """The file in the image that says so."""
    parts: Sequence[Component] = ()
    """What is compiled into it, or lies beside it in the same wheel."""
