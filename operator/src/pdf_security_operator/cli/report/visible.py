"""Text of documents so that all of it is seen. Pure; the template engine escapes the markup."""

import unicodedata

CHARACTERS = 1024
"""Longest text that is shown, in characters; as many as the contract lets one text have."""

_MARKS = 4
"""Marks on one letter that are shown: no writing stacks more, and hundreds cover other lines."""

_FILLERS = frozenset(
    map(
        chr,
        (
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
            *range(0x180B, 0x1810),
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),
        ),
    )
)
"""What has no look of its own and still counts as printable: fillers, selectors of variants and the
blank of Braille (Unicode, Default_Ignorable_Code_Point)."""

_BRACKETS = frozenset("⟦⟧")
"""What escapes stand in: text that has them itself could pass for an escape."""


def visible(text: str) -> str:
    """Write out what has no look of its own, and cut what is too long.

    Controls, white space but the plain, zero-width characters and those that turn the direction of
    writing (Trojan Source, CVE-2021-42574) become `⟦U+202E⟧`. No two texts that are whole look
    alike for what is written out.
    """
    shown = text[:CHARACTERS]
    if not (shown.isascii() and shown.isprintable()):
        shown = _written_out(shown)
    left = len(text) - CHARACTERS
    return f"{shown}… ({left} more characters)" if left > 0 else shown


def _written_out(text: str) -> str:
    pieces, marks = [], _MARKS
    for letter in text:
        is_mark = unicodedata.category(letter).startswith("M")
        # One at the beginning would sit on a letter that is not the document's.
        marks = marks + 1 if is_mark else 0
        hidden = not letter.isprintable() or letter in _FILLERS or letter in _BRACKETS
        pieces.append(f"⟦U+{ord(letter):04X}⟧" if hidden or marks > _MARKS else letter)
    return "".join(pieces)
