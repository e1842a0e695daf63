"""Which C and C++ libraries are within wheels that do not say so themselves. Pure.

A version is read from the library's own bytes, where it has it there in a form of its own; else it
is left open. Wheels that bring an SBOM (PEP 770) are read in `distributions`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch

from packageurl import PackageURL

from images.recipes import LIBRARIES
from images.sbom.component import Component

Reads = Callable[[bytes], str | None]
"""The content of a file -> the version that it states of itself."""

LICENCES_OF_PARTS = {
    "libjpeg-turbo": "IJG AND BSD-3-Clause AND Zlib",
    "openssl": "Apache-2.0",
}
"""Parts that a wheel's SBOM names without a licence."""


@dataclass(frozen=True)
class _Bundled:
    """A library within a wheel."""

    name: str
    distribution: str
    file: str
    """Of the wheel: a pattern of the file that holds the library, or that tells of it."""
    licence: str
    reads: Reads = lambda content: None


def _only(pattern: bytes) -> Reads:
    """Read the one text that ends with a zero byte, as in C, and fits; two would be a guess."""
    compiled = re.compile(rb"(?<=\0)" + pattern + rb"(?=\0)")

    def reads(content: bytes) -> str | None:
        found = set(compiled.findall(content))
        return found.pop().decode() if len(found) == 1 else None

    return reads


def _digits(pattern: bytes) -> Reads:
    """Read a version as libxml2 has it: 21406 is 2.14.6."""

    def reads(content: bytes) -> str | None:
        digits = _only(pattern)(content)
        return digits and f"{int(digits[:-4])}.{int(digits[-4:-2])}.{int(digits[-2:])}"

    return reads


def _pdfium(content: bytes) -> str:
    parts = json.loads(content)
    return ".".join(str(parts[name]) for name in ("major", "minor", "build", "patch"))


_NOTICES = "pypdfium2-*.dist-info/licenses/BUILD_LICENSES"

_INFLATE = re.compile(rb" inflate (\d+(?:\.\d+)+) Copyright 1995-\d{4} Mark Adler ")


def _zlib(content: bytes) -> str | None:
    match = _INFLATE.search(content)
    return match[1].decode() if match else None


BUNDLED = (
    _Bundled("qpdf", "pikepdf", "pikepdf.libs/libqpdf-*", "Apache-2.0", _only(rb"(1\d\.\d+\.\d+)")),
    _Bundled(
        "pdfium", "pypdfium2", "pypdfium2_raw/version.json", "BSD-3-Clause AND Apache-2.0", _pdfium
    ),
    *(
        # Their versions are pdfium's choice, and stand nowhere.
        _Bundled(name, "pypdfium2", f"{_NOTICES}/{notice}", licence)
        for name, notice, licence in (
            ("abseil-cpp", "abseil.txt", "Apache-2.0"),
            ("agg", "agg23.txt", "LicenseRef-AGG-2.3"),
            ("dragonbox", "dragonbox-Boost.txt", "Apache-2.0 WITH LLVM-exception OR BSL-1.0"),
            ("fast_float", "fast_float.txt", "MIT"),
            ("freetype", "freetype.txt", "FTL"),
            ("harfbuzz", "harfbuzz.txt", "MIT"),
            ("highway", "highway.txt", "Apache-2.0"),
            ("icu", "icu.txt", "Unicode-3.0"),
            ("lcms2", "lcms.txt", "MIT"),
            ("libjpeg-turbo", "libjpeg_turbo.md", "IJG AND BSD-3-Clause AND Zlib"),
            ("libpng", "libpng.txt", "libpng-2.0"),
            ("libtiff", "libtiff.txt", "libtiff"),
            ("llvm-libc", "all_except_musl/llvm-libc.txt", "Apache-2.0 WITH LLVM-exception"),
            ("openjpeg", "libopenjpeg.txt", "BSD-2-Clause"),
            ("simdutf", "simdutf.txt", "Apache-2.0 OR MIT"),
            ("zlib", "zlib.txt", "Zlib"),
        )
    ),
    _Bundled("libxml2", "lxml", "lxml/etree.*.so", "MIT", _digits(rb"(2\d{4})")),
    _Bundled("libxslt", "lxml", "lxml/etree.*.so", "MIT", _digits(rb"(101\d{2})")),
    _Bundled("libiconv", "lxml", "lxml/etree.*.so", "LGPL-2.1-or-later"),
    _Bundled("zlib", "lxml", "lxml/etree.*.so", "Zlib", _zlib),
    _Bundled("libffi", "cffi", "_cffi_backend.*.so", "MIT"),
    _Bundled("libyaml", "pyyaml", "yaml/_yaml.*.so", "MIT", _only(rb"(0\.\d+\.\d+)")),
    _Bundled("libuv", "uvloop", "uvloop/loop.*.so", "MIT", _only(rb"(1\.\d+\.\d+)")),
    _Bundled("llhttp", "aiohttp", "aiohttp/_http_parser.*.so", "MIT"),
)
"""Every library that was found within a wheel of the images."""


def is_bundled(path: str) -> bool:
    """Say whether a file beneath the folder of wheels holds, or tells of, such a library."""
    return any(fnmatch(path, each.file) for each in BUNDLED)


def parts_of(distribution: str, files: Mapping[str, bytes]) -> Iterator[Component]:
    """Give the libraries within a distribution, as far as their files are in the image."""
    for bundled in BUNDLED:
        if bundled.distribution != distribution.lower():
            continue
        for path in sorted(files):
            if fnmatch(path, f"{LIBRARIES}/{bundled.file}"):
                version = bundled.reads(files[path])
                yield Component(
                    name=bundled.name,
                    version=version,
                    purl=str(PackageURL("generic", None, bundled.name, version)),
                    licence=bundled.licence,
                    described_by=path,
                )
