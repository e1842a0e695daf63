"""Finds words and patterns among the characters of a page. Pure: no PDF, no pdfium.

Each page is read twice: in the order in which its characters come, and in that in which they stand,
line by line, for a word may have been written in pieces.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pdf_security_processor.errors import InvalidRequestError
from pdf_security_processor.page_views import Character, Rectangle

_HYPHENS = frozenset("-\u00ad\u2010\u2011\u2012\u2013\u2212\ufffe\x02")

_NEAR = 3.0
"""Heights of a line between two characters of a match that one box covers with what is between."""

_SPACE = 0.2
"""Heights of a line between two characters that are two words."""


@dataclass(frozen=True)
class _Text:
    """Text as it is searched, and where each character of it came from."""

    text: str
    origins: list[int]


class Terms:
    """What is looked for."""

    def __init__(self, texts: Sequence[str], patterns: Sequence[str]) -> None:
        """Prepare the search.

        Args:
            texts: found whatever their case, and whatever white space and hyphens are within.
            patterns: regular expressions, which find what is written so; ends of lines are spaces.

        Raises:
            InvalidRequestError: a text that has neither letters nor digits nor signs.
        """
        self._texts = []
        for number, text in enumerate(texts):
            squeezed = "".join(_squeezed(each) for each in text)
            if not squeezed:
                raise InvalidRequestError(
                    f"redact: texts[{number}] has nothing to look for but spaces and hyphens."
                )
            self._texts.append(squeezed)
        self._patterns = [re.compile(each) for each in patterns]

    @property
    def are_none(self) -> bool:
        """Whether nothing is looked for."""
        return not self._texts and not self._patterns

    def boxes_in(self, characters: Sequence[Character]) -> list[Rectangle]:
        """Find where on a page the terms stand; each box covers one of them, or its part of a line.

        Args:
            characters: of the page.
        """
        boxes: dict[Rectangle, None] = {}
        for order in (list(characters), _by_lines(characters)):
            for matched in self._matches(order):
                boxes.update(dict.fromkeys(_boxes_of(order[index] for index in matched)))
        return list(boxes)

    def _matches(self, characters: list[Character]) -> Iterator[range]:
        if self._texts:
            squeezed = _without_spaces(characters)
            for text in self._texts:
                yield from _ranges(squeezed, re.finditer(re.escape(text), squeezed.text))
        if self._patterns:
            spaced = _with_spaces(characters)
            for pattern in self._patterns:
                yield from _ranges(spaced, pattern.finditer(spaced.text))


def _ranges(text: _Text, matches: Iterable[re.Match[str]]) -> Iterator[range]:
    for match in matches:
        if match.end() > match.start():
            yield range(text.origins[match.start()], text.origins[match.end() - 1] + 1)


def _without_spaces(characters: Iterable[Character]) -> _Text:
    """Give the text as words are looked for in it: whatever its case, and without white space."""
    pieces, origins = [], []
    for index, character in enumerate(characters):
        piece = _squeezed(character.text)
        pieces.append(piece)
        origins.extend([index] * len(piece))
    return _Text("".join(pieces), origins)


def _squeezed(text: str) -> str:
    """Give what a character is compared by, whatever its case and form; nothing for white space."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(each for each in plain if _is_seen(each) and each not in _HYPHENS)


def _is_seen(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character) not in ("Cf", "Cc")


def _with_spaces(characters: Sequence[Character]) -> _Text:
    """Give the text with one space between words, and words whole that lines divide."""
    pieces, origins = [], []
    last = " "
    joins = False
    for index, character in enumerate(characters):
        if character.is_hyphen:
            joins = True
            continue
        piece = unicodedata.normalize("NFKC", character.text)
        if not piece or piece.isspace():
            piece = "" if joins or last == " " else " "
        else:
            joins = False
            piece = "".join(filter(_is_seen, piece))
        if piece:
            last = piece[-1]
            pieces.append(piece)
            origins.extend([index] * len(piece))
    return _Text("".join(pieces), origins)


def _by_lines(characters: Sequence[Character]) -> list[Character]:
    """Put characters into the order in which they stand: by lines from the top, from the left."""
    standing = [(each, each.box) for each in characters if each.box and each.text.strip()]
    standing.sort(key=lambda pair: -_middle(pair[1]))
    lines: list[list[tuple[Character, Rectangle]]] = []
    for character, box in standing:
        if lines and _overlap(lines[-1][-1][1], box):
            lines[-1].append((character, box))
        else:
            lines.append([(character, box)])
    ordered = []
    for line in lines:
        line.sort(key=lambda pair: pair[1][0])
        end = None
        for character, box in line:
            if end is not None and box[0] - end > _SPACE * (box[3] - box[1]):
                ordered.append(Character(" ", None))
            ordered.append(character)
            end = box[2]
        ordered.append(Character("\n", None))
    return ordered


def _middle(box: Rectangle) -> float:
    return (box[1] + box[3]) / 2


def _overlap(one: Rectangle, other: Rectangle) -> bool:
    """Tell whether two characters stand in the same line."""
    return abs(_middle(one) - _middle(other)) < min(one[3] - one[1], other[3] - other[1]) / 2


def _boxes_of(characters: Iterable[Character]) -> list[Rectangle]:
    """Give the boxes of a match: one for each part of a line."""
    boxes: list[Rectangle] = []
    for character in characters:
        box = character.box
        # White space has none, or one of which nothing is seen.
        if box is None or character.text.isspace():
            continue
        if boxes and _overlap(boxes[-1], box) and _gap(boxes[-1], box) < _NEAR * (box[3] - box[1]):
            last = boxes[-1]
            boxes[-1] = (
                *(min(last[0], box[0]), min(last[1], box[1])),
                *(max(last[2], box[2]), max(last[3], box[3])),
            )
        else:
            boxes.append(box)
    return boxes


def _gap(one: Rectangle, other: Rectangle) -> float:
    return max(one[0], other[0]) - min(one[2], other[2])
