"""Makes text of pods, users and the API fit for a condition. Pure.

Whoever reads a status does so on a terminal, which must take no orders from it.
"""

from typing import Any

MESSAGE_LENGTH = 1024
"""Characters of a message that goes into status."""

_REASON_LENGTH = 64


def message_of(text: Any) -> str:
    """Give printable text of bounded length."""
    letters = str(text or "")[:MESSAGE_LENGTH]
    return "".join(letter if letter.isprintable() else " " for letter in letters)


def reason_of(text: Any) -> str:
    """Give one word, as `reason` of metav1.Condition has to be."""
    letters = (letter for letter in str(text or "")[:MESSAGE_LENGTH] if letter.isascii())
    word = "".join(letter for letter in letters if letter.isalnum()).lstrip("0123456789")
    return word[:_REASON_LENGTH] or "Unknown"
