"""What each image is made of, as data. No I/O, and no knowledge of how layers are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PYTHON = "python3.11"
"""Debian 12's Python: the one that gets Debian's security updates."""

USER = 65532
"""The `nonroot` user and group of both images; pods name it too."""

ENVIRONMENT = ("PATH=/usr/bin", "PYTHONDONTWRITEBYTECODE=1", "LANG=C.UTF-8")
"""What the entry points start with."""

LIBRARIES = "app/lib"
"""Where the locked wheels lie in the image, without the leading slash."""

SOURCES = "app/src"
"""Where the project's own packages lie in the image, without the leading slash."""


@dataclass(frozen=True)
class OwnPackage:
    """A package of this repository, and which of its parts an image holds."""

    distribution: str
    folder: str
    """Of the project, relative to the repository."""
    module: str
    parts: Sequence[str] = ("",)
    """Paths beneath the module that go in; the empty one is all of it."""
    omitted: Sequence[str] = ()
    """Folders directly beneath the module that stay out."""


@dataclass(frozen=True)
class Image:
    """One image: its name, what it starts, what it is installed from."""

    name: str
    title: str
    distribution: str
    extras: frozenset[str]
    module: str
    own: Sequence[OwnPackage]
    omitted: frozenset[str] = frozenset()
    """Locked distributions that stay out, although something declares them."""

    @property
    def repository(self) -> str:
        """The image's name without a tag; `localhost`, because nothing is ever pulled."""
        return f"localhost/{self.distribution}"

    @property
    def entrypoint(self) -> tuple[str, ...]:
        """The command; `-I` so that no variable and no working folder leads Python astray."""
        return (f"/usr/bin/{PYTHON}", "-I", "-m", self.module)


_PROCESSOR = OwnPackage("pdf-security-processor", "processor-image", "pdf_security_processor")

_OPERATOR = OwnPackage(
    "pdf-security-operator",
    "operator",
    "pdf_security_operator",
    # The command lines are for people's own machines, with libraries that are not in the image.
    omitted=("cli", "plugin"),
)

_CONTRACT = OwnPackage(
    "pdf-security-processor",
    "processor-image",
    "pdf_security_processor",
    # Nothing that parses PDFs is in the image that holds rights in the cluster.
    ("__init__.py", "py.typed", "contract"),
)

IMAGES = (
    Image(
        name="processor",
        title="PDF security processor",
        distribution="pdf-security-processor",
        extras=frozenset({"runtime"}),
        module="pdf_security_processor",
        own=(_PROCESSOR,),
        # pikepdf imports it when one asks for a picture, which the processor never does; its
        # codecs (AVIF, JPEG 2000, TIFF, WebP, ...) are 22 MB that would lie beside hostile files.
        omitted=frozenset({"pillow"}),
    ),
    Image(
        name="operator",
        title="PDF security operator",
        distribution="pdf-security-operator",
        extras=frozenset(),
        module="pdf_security_operator",
        own=(_OPERATOR, _CONTRACT),
    ),
)
