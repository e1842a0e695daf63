"""Says which Debian packages an image holds, by their status and copyright files. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from email.message import Message
from email.parser import HeaderParser

from images.errors import LicenceError
from images.materials import purl_of_debian
from images.sbom.component import Component
from images.sbom.licences import expression_of_debian

STATUS = "var/lib/dpkg/status"
"""Which packages there are."""

_COPYRIGHT = re.compile(r"^usr/share/doc/([^/]+)/copyright$")

_MACHINE_READABLE = re.compile(rb"^Format: https?://www\.debian\.org/doc/packaging-manuals/copyr")

_IN_PROSE = {
    "base-files": ("either version 2 of the License, or", "GPL-2.0-or-later"),
    "gcc-12": ("GCC RUNTIME LIBRARY EXCEPTION", "GPL-3.0-or-later WITH GCC-exception-3.1"),
    "glibc": ("GNU Lesser General Public", "LGPL-2.1-or-later"),
    "python3.11": ("PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2", "PSF-2.0"),
}
"""Source packages whose copyright file is prose -> words that must be in it, and what they mean."""


def is_of_debian(path: str) -> bool:
    """Say whether a file of an image tells of Debian packages."""
    return path == STATUS or bool(_COPYRIGHT.match(path))


def components_of_debian(
    files: Mapping[str, bytes], sha256_of: Mapping[str, str]
) -> Iterator[Component]:
    """Give each package of the status file.

    Args:
        files: what `is_of_debian` chose, by path.
        sha256_of: package URL -> hex digest of the package that was fetched.

    Raises:
        LicenceError: a package's licence cannot be told.
    """
    packages = [
        HeaderParser().parsestr(paragraph)
        for paragraph in files[STATUS].decode().strip().split("\n\n")
    ]
    copyrights = _copyrights_of(packages, files)
    for package in packages:
        name, source = package["Package"], _source_of(package)
        purl = purl_of_debian(name, package["Version"], package["Architecture"])
        path = copyrights.get(name) or copyrights.get(source)
        if path is None:
            raise LicenceError(name, f"neither it nor another package of {source} has a copyright")
        yield Component(
            name=name,
            version=package["Version"],
            purl=purl,
            licence=_licence_of(source, files[path]),
            sha256=sha256_of.get(purl),
            described_by=path,
        )


def _copyrights_of(packages: list[Message], files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the path of the copyright file by package, and by source package.

    A package may leave it to another that is made from the same source (Debian Policy, 12.5).
    """
    sources = {package["Package"]: _source_of(package) for package in packages}
    found: dict[str, str] = {}
    for path in sorted(files):
        match = _COPYRIGHT.match(path)
        if match and match[1] in sources:
            found[match[1]] = path
            found.setdefault(sources[match[1]], path)
    return found


def _source_of(package: Message) -> str:
    # With a version in brackets where it differs from the binary package's.
    return str(package.get("Source") or package["Package"]).partition(" ")[0]


def _licence_of(source: str, copyright_file: bytes) -> str:
    if _MACHINE_READABLE.match(copyright_file):
        names = re.findall(r"^License:[ \t]+(\S.*)$", copyright_file.decode(), re.MULTILINE)
        return expression_of_debian(name.strip() for name in names)
    words, expression = _IN_PROSE.get(source, ("", ""))
    if not words or words.encode() not in copyright_file:
        raise LicenceError(source, "its copyright file is prose; read it, and say what it means")
    return expression
