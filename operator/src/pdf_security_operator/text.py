"""Makes text of pods, users and the API fit for a condition. Pure.

Whoever reads a status does so on a terminal, which must take no orders from it.
"""

import re
from typing import Any

MESSAGE_LENGTH = 1024
"""Characters of a message that goes into status."""

_REASON_LENGTH = 64

_REASON = re.compile(rf"[A-Za-z][A-Za-z0-9]{{0,{_REASON_LENGTH - 1}}}")


def message_of(text: Any) -> str:
    """Give printable text of bounded length."""
    letters = str(text or "")[:MESSAGE_LENGTH]
    if letters.isprintable():
        return letters
    return "".join(letter if letter.isprintable() else " " for letter in letters)


def reason_of(text: Any) -> str:
    """Give one word, as `reason` of metav1.Condition has to be."""
    word = str(text or "")[:MESSAGE_LENGTH]
    if not _REASON.fullmatch(word):
        word = re.sub("[^A-Za-z0-9]", "", word).lstrip("0123456789")[:_REASON_LENGTH]
    return word or "Unknown"
