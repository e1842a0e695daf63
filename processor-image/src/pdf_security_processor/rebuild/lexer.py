"""The tokens of content streams and of what else is written like them: ISO 32000-2, 7.2. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["white", "comment", "value", "open", "close", "word"]


class Token(NamedTuple):
    """One token, or white space between two.

    Attributes:
        kind: `value` is a string, a name, or anything else that is no word; `open` and `close` are
            of arrays, dictionaries and procedures; a `word` is a number, a keyword or an operator.
        start: where it begins in the data.
        end: where it ends.
    """

    kind: Kind
    start: int
    end: int


REGULAR = rb"[^\x00\t\n\f\r ()<>\[\]{}/%]"
"""A character that is neither white space nor a delimiter."""

_TOKENS = re.compile(
    rb"(?P<white>[\x00\t\n\f\r ]+)"
    rb"|(?P<word>" + REGULAR + rb"+)"
    rb"|(?P<value>/" + REGULAR + rb"*|<(?!<)[^>]*>?)"
    rb"|(?P<comment>%[^\r\n]*)"
    rb"|(?P<string>\()"
    rb"|(?P<open><<|[\[{])"
    rb"|(?P<close>>>|[\]})>])"
)

_STRING_MARKS = re.compile(rb"[()\\]")


def tokens_of(data: bytes, start: int = 0) -> Iterator[Token]:
    """Give all of data as tokens, one after the other; whatever it is, nothing is left out."""
    at = start
    while at < len(data):
        found = _TOKENS.match(data, at)
        # The classes above leave no byte out.
        if found is None or found.lastgroup is None:
            raise ValueError(f"no token at {at}")
        kind = found.lastgroup
        end = _end_of_string(data, at) if kind == "string" else found.end()
        yield Token("value" if kind == "string" else kind, at, end)  # type: ignore[arg-type]
        at = end


def _end_of_string(data: bytes, start: int) -> int:
    """Find where a string ends (7.3.4.2); one that never does ends with the data."""
    depth, at = 0, start
    while found := _STRING_MARKS.search(data, at):
        mark, at = found[0], found.end()
        if mark == b"\\":
            at += 1
        elif mark == b"(":
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                return at
    return len(data)


def without_comments(data: bytes) -> bytes:
    """Leave comments out."""
    return b"".join(
        data[token.start : token.end] for token in tokens_of(data) if token.kind != "comment"
    )
