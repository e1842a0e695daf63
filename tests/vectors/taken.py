"""What is painted, where nobody sees it: a rebuild takes it as it is.

No part of it is an object, and readers run none of it. Whether something else covers it, or it has
the colour of the paper, only drawing tells. So these are counted by themselves.
"""

from __future__ import annotations

from vectors.place import Place, Places


def _text(before: str, after: str = "") -> Place:
    return Place(content=f"q BT /F1 9 Tf 9 9 Td {before} (MARKER) Tj ET {after} Q")


TAKEN: Places = {
    "text as a clip": _text("7 Tr", "n"),
    "text in white": _text("1 1 1 rg"),
    "text without size": _text("0 0 0 0 0 0 Tm"),
    "text outside the page": _text("1 0 0 1 9000 9000 Tm"),
    "text under a shape": _text("", "1 1 1 rg 0 0 200 40 re f"),
}
