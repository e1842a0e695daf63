"""Which files an image keeps, as predicates over paths. Pure; each omission with its reason."""

from __future__ import annotations

from pathlib import PurePosixPath

KEPT_PACKAGES = frozenset(
    {
        "base-files",  # os-release, from which scanners know the distribution
        "ca-certificates",
        "gcc-12-base",  # the licence of libgcc and libstdc++
        "libbz2-1.0",
        "libc-bin",  # the C.UTF-8 locale
        "libc6",
        "libexpat1",
        "libffi8",
        "libgcc-s1",
        "liblzma5",
        "libpython3.11-minimal",
        "libpython3.11-stdlib",
        "libssl3",
        "libstdc++6",  # pikepdf
        "libuuid1",
        "python3.11-minimal",
        "zlib1g",
    }
)
"""The Debian packages of the base layer; what else they depend on is for shells and terminals."""

REQUESTED_PACKAGES = tuple(sorted(KEPT_PACKAGES))
"""What the resolver is asked for."""

_KEPT_PROGRAMS = frozenset({"usr/bin/python3.11"})

_EXECUTABLE = _KEPT_PROGRAMS | {"lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"}
"""The loader must be executable for the kernel to start Python with it."""

_STDLIB = PurePosixPath("usr/lib/python3.11")

_STDLIB_OMITTED = frozenset(
    {
        # Their libraries are not in the image: terminals, databases, NIS, password hashes.
        "crypt.py",
        "curses",
        "dbm",
        "sqlite3",
        # Tools of developers.
        "__phello__",
        "distutils",
        "ensurepip",
        "idlelib",
        "lib2to3",
        "pydoc_data",
        "test",
        "tkinter",
        "turtle.py",
        "turtledemo",
        "venv",
        # Debian's hook for crash reports; a link to a file that is not here.
        "sitecustomize.py",
    }
)

_EXTENSIONS_OMITTED = (
    "_crypt.",
    "_curses",
    "_dbm.",
    "_gdbm.",
    "_sqlite3.",
    "_test",
    "_tkinter.",
    "_xxtestfuzz.",
    "nis.",
    "ossaudiodev.",
    "readline.",
    "xxlimited",
)
"""Beginnings of extension modules whose libraries are not in the image, and of tests."""

_BOTOCORE_KEPT = frozenset(
    {
        "_retry.json",
        "endpoints.json",
        "partitions.json",
        "s3",
        "sdk-default-configuration.json",
        "sts",  # credentials from a pod's own token
    }
)
"""Of the descriptions of some four hundred services, what an S3 client reads."""


_LXML_KEPT = ("__init__.", "_elementpath.", "etree.")
"""Beginnings of what reading and writing XMP needs: no HTML, XSLT libraries or schemas."""

_SOURCES_OF_EXTENSIONS = frozenset({".c", ".h", ".pxd", ".pxi", ".pyi", ".pyx"})


def keeps_of_debian(path: PurePosixPath) -> bool:
    """Say whether a file of a kept Debian package goes into the base layer."""
    if path.parts[:3] == _STDLIB.parts:
        return _keeps_of_stdlib(path.relative_to(_STDLIB))
    if str(path.parent) in ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"):
        return ".so" in path.name
    return (
        str(path) in _KEPT_PROGRAMS
        or str(path) in ("etc/os-release", "usr/lib/os-release", "etc/debian_version")
        or path.parts[0] == "lib64"
        or path.parts[:4] == ("usr", "lib", "locale", "C.utf8")
        or path.parts[:3] == ("usr", "share", "ca-certificates")
        # Licences ask that their text goes along.
        or path.parts[:3] == ("usr", "share", "common-licenses")
        or (path.parts[:3] == ("usr", "share", "doc") and path.name == "copyright")
    )


def _keeps_of_stdlib(path: PurePosixPath) -> bool:
    if not path.parts or path.parts[0] in _STDLIB_OMITTED or "__pycache__" in path.parts:
        return False
    if path.parts[0] == "lib-dynload":
        return not path.name.startswith(_EXTENSIONS_OMITTED)
    return not {"test", "tests"} & set(path.parts)


def keeps_of_wheels(path: PurePosixPath) -> bool:
    """Say whether an installed file goes into the second layer."""
    parts = path.parts
    # Scripts start a Python that is not there; a lock is the installer's.
    if parts[0] in ("bin", ".lock") or "__pycache__" in parts:
        return False
    if {"tests", "test"} & set(parts[:-1]):
        return False
    if path.suffix in _SOURCES_OF_EXTENSIONS:
        return False
    if parts[0] == "lxml":
        return len(parts) == 2 and path.name.startswith(_LXML_KEPT)
    if parts[:2] == ("botocore", "data"):
        return len(parts) > 2 and parts[2] in _BOTOCORE_KEPT
    return True


def mode_of(path: PurePosixPath) -> int:
    """Return a file's mode in the image: readable by all, executable only where it must be."""
    return 0o755 if str(path) in _EXECUTABLE else 0o644
