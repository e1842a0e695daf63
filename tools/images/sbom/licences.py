"""Licences as SPDX expressions, and which of them are agreed to. Pure; reads no files."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from license_expression import (
    AND,
    OR,
    ExpressionError,
    LicenseWithExceptionSymbol,
    get_spdx_licensing,
)

from images.errors import LicenceError

OWN_REFERENCE = "LicenseRef-debian-"
"""Before Debian's names of texts that SPDX has no name for."""

PERMISSIVE = frozenset(
    {
        "Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSL-1.0",
        "FTL",
        "IJG",
        "MIT",
        "MIT-0",
        "PSF-2.0",
        "Unicode-3.0",
        "Unicode-DFS-2016",
        "Unlicense",
        "Zlib",
        "libpng-2.0",
        "libtiff",
        # Anti-Grain Geometry 2.3, in pdfium: do as you like, keep the notice.
        "LicenseRef-AGG-2.3",
    }
)
"""Ask for their text to go along, which the images do."""

WEAK = frozenset(
    {
        "LGPL-2.1-or-later",
        "MPL-2.0",
    }
)
"""Ask for the source of what is changed, and nothing is: pikepdf, certifi, orjson, libiconv."""

OF_DEBIAN = frozenset(
    {
        "Artistic-1.0-Perl",
        "BSD-4-Clause",
        "GPL-1.0-or-later",
        "GPL-2.0-only",
        "GPL-2.0-or-later",
        "GPL-3.0-or-later",
        "GPL-3.0-or-later WITH GCC-exception-3.1",
        "LGPL-2.0-or-later",
        "LGPL-3.0-or-later",
        "MPL-1.1",
        "X11",
        "bzip2-1.0.6",
        *(
            f"{OWN_REFERENCE}{name}"
            for name in (
                # Texts that only build scripts have, or that let everything be done.
                *("Autoconf", "BSLA", "config-h", "noderivs"),
                *("permissive-fsf", "permissive-nowarranty"),
                # Nothing to license.
                *("PD", "PD-debian", "none", "probably-PD", "public-domain"),
            )
        ),
    }
)
"""Of Debian's source packages as a whole, unchanged, whose sources Debian offers.

Most name what only builds or tests the package: no program of theirs but Python is in an image.
"""

ALLOWED_IN_WHEELS = PERMISSIVE | WEAK

ALLOWED_OF_DEBIAN = PERMISSIVE | WEAK | OF_DEBIAN

_SPELLINGS = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd license": "BSD-3-Clause",
    "bsd-3-clause, apache-2.0, dependency licenses": "BSD-3-Clause AND Apache-2.0",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
}
"""What authors wrote before PEP 639 -> SPDX."""

_DEBIAN_SPELLINGS = {
    "artistic": "Artistic-1.0-Perl",
    "bsd-3-clause": "BSD-3-Clause",
    "bsd-4-clause": "BSD-4-Clause",
    "bsd-variant": "bzip2-1.0.6",
    "expat": "MIT",
    "gpl": "GPL-1.0-or-later",
    "gpl-1+": "GPL-1.0-or-later",
    "gpl-2": "GPL-2.0-only",
    "gpl-2+": "GPL-2.0-or-later",
    "gpl-3+": "GPL-3.0-or-later",
    "lgpl": "LGPL-2.0-or-later",
    "lgpl-2+": "LGPL-2.0-or-later",
    "lgpl-2.1+": "LGPL-2.1-or-later",
    "lgpl-3+": "LGPL-3.0-or-later",
    "mpl-1.1": "MPL-1.1",
}
"""Short names of machine-readable copyright files (DEP 5) that are not SPDX's own."""

_SPDX = get_spdx_licensing()


def expression_of(text: str, component: str) -> str:
    """Return the SPDX expression of what a package says of itself.

    Raises:
        LicenceError: it says nothing, or nothing that is SPDX or known here.
    """
    wanted = _SPELLINGS.get(text.strip().lower(), text.strip())
    if not wanted:
        raise LicenceError(component, "it names none")
    try:
        return str(_SPDX.parse(wanted, validate=True))
    except ExpressionError as problem:
        raise LicenceError(component, f"{text!r} is no SPDX expression") from problem


def expression_of_debian(names: Iterable[str]) -> str:
    """Return the expression of all licences that a copyright file names."""
    parts = {_expression_of_short_name(name) for name in names}
    return " AND ".join(f"({part})" if " OR " in part else part for part in sorted(parts))


def refused(expression: str, allowed: Collection[str]) -> set[str]:
    """Return what one would have to agree to and has not; of alternatives one is enough."""
    return _refused(_SPDX.parse(expression), allowed)


def _refused(node: object, allowed: Collection[str]) -> set[str]:
    if isinstance(node, OR):
        return min((_refused(each, allowed) for each in node.args), key=len)
    if isinstance(node, AND):
        return {name for each in node.args for name in _refused(each, allowed)}
    # `WITH` names a licence of its own: GPL-3.0 is no GPL-3.0 WITH GCC-exception-3.1.
    name = node.render() if isinstance(node, LicenseWithExceptionSymbol) else str(node)
    return set() if name in allowed else {name}


def _expression_of_short_name(name: str) -> str:
    alternatives = [part.strip() for part in re.split(r"\bor\b|,", name) if part.strip()]
    return " OR ".join(
        " AND ".join(_spdx_of_debian(each.strip()) for each in re.split(r"\band\b", alternative))
        for alternative in alternatives
    )


def _spdx_of_debian(name: str) -> str:
    known = _DEBIAN_SPELLINGS.get(name.lower())
    if known:
        return known
    if name in PERMISSIVE | WEAK | OF_DEBIAN:
        return name
    return OWN_REFERENCE + re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-")
