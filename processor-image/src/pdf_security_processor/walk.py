"""Visits every dictionary of a document, wherever it is nested. Judges and changes nothing.

Pure over pikepdf objects opened in explicit conversion mode.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pikepdf import Array, Dictionary, Object, Pdf, Stream

from pdf_security_processor import limits
from pdf_security_processor.errors import LimitExceededError
from pdf_security_processor.text import printable

_PATH_CHARACTERS = 1024
_KEY_CHARACTERS = 64

_DICTIONARIES = (Dictionary, Stream)

_CONTAINERS = (Array, *_DICTIONARIES)


class Steps(NamedTuple):
    """The way to something, from its end: most are never told, and so never spelled out."""

    before: Steps | None
    step: str | int


@dataclass(frozen=True, slots=True)
class Place:
    """A dictionary (or a stream's) and where it is.

    Attributes:
        holder: number and generation of the indirect object that holds it, `12 0`, or `trailer`.
        steps: the last key on the way from that object to the dictionary, and those before it;
            none where it is the object itself.
        value: the dictionary or stream itself.
        entries: what it has by key, taken once: each look into a document costs. What a visitor
            takes out of it is not visited.
    """

    holder: str
    steps: Steps | None
    value: Object
    entries: dict[str, Object]

    @property
    def path(self) -> str:
        """Keys from the indirect object to the dictionary: empty, or `/AA/O`."""
        parts: list[str] = []
        steps = self.steps
        while steps:
            steps, step = steps
            parts.append(printable(step if isinstance(step, str) else f"[{step}]", _KEY_CHARACTERS))
        return printable("".join(reversed(parts)), _PATH_CHARACTERS)


def all_places(pdf: Pdf) -> Iterator[Place]:
    """Visit the trailer and every object of the file, also those that nothing refers to.

    Raises:
        LimitExceededError: more than `limits.NODES` dictionaries and arrays.
    """
    budget = [limits.NODES]
    yield from _places_in("trailer", pdf.trailer, budget)
    for item in pdf.objects:
        # pikepdf gives null as None.
        if isinstance(item, Object):
            yield from _places_in(_holder_name(item), item, budget)


def reachable_places(pdf: Pdf) -> Iterator[Place]:
    """Visit what saving keeps: all that the trailer leads to.

    Raises:
        LimitExceededError: more than `limits.NODES` dictionaries and arrays.
    """
    budget = [limits.NODES]
    seen: set[tuple[int, int]] = set()
    pending: list[Object] = []
    yield from _places_in("trailer", pdf.trailer, budget, pending)
    while pending:
        item = pending.pop()
        if item.objgen not in seen:
            seen.add(item.objgen)
            yield from _places_in(_holder_name(item), item, budget, pending)


def meaningful_places(pdf: Pdf) -> Iterator[Place]:
    """Visit what saving keeps, but for dictionaries that name resources (7.8.3).

    Their keys are names that content streams use, and mean nothing by themselves: `/JS` may be an
    image. In a document that nobody made anew, one of them may be something else as well.

    Raises:
        LimitExceededError: more than `limits.NODES` dictionaries and arrays.
    """
    categories: set[tuple[str, str]] = set()
    holders: set[str] = set()
    # Each such dictionary comes after the one that has it among its resources.
    for place in reachable_places(pdf):
        for category in _categories_in(place):
            categories.add(category)
            holders.add(category[0])
        if place.holder not in holders or (place.holder, place.path) not in categories:
            yield place


def _categories_in(place: Place) -> Iterator[tuple[str, str]]:
    """Give holder and path of each dictionary that names resources of a place."""
    resources = place.entries.get("/Resources")
    if not isinstance(resources, Dictionary):
        return
    holder, path = place.holder, _join(place.path, "/Resources")
    if resources.is_indirect:
        holder, path = _holder_name(resources), ""
    for key, category in resources.items():
        if isinstance(category, Dictionary):
            if category.is_indirect:
                yield _holder_name(category), ""
            else:
                yield holder, _join(path, key)


def _places_in(
    holder: str, root: Object, budget: list[int], references: list[Object] | None = None
) -> Iterator[Place]:
    """Visit one indirect object's dictionaries; collect what it refers to in `references`."""
    # A stack of our own: the document decides how deep it nests, not Python's recursion limit.
    pending: list[tuple[Steps | None, Object]] = [(None, root)]
    while pending:
        steps, node = pending.pop()
        budget[0] -= 1
        if budget[0] < 0:
            raise LimitExceededError(
                f"The document holds more than {limits.NODES} objects; split it into smaller ones."
            )
        children: Iterable[tuple[str | int, Object]]
        if isinstance(node, _DICTIONARIES):
            entries = dict(node.items())
            yield Place(holder, steps, node, entries)
            children = entries.items()
        elif isinstance(node, Array):
            children = enumerate(node)
        else:
            continue
        for step, child in children:
            # No number, string or name, which are most of a document.
            if not isinstance(child, _CONTAINERS):
                continue
            if not child.is_indirect:
                pending.append((Steps(steps, step), child))
            elif references is not None:
                references.append(child)


def _join(path: str, step: str) -> str:
    return printable(path + printable(step, _KEY_CHARACTERS), _PATH_CHARACTERS)


def _holder_name(item: Object) -> str:
    number, generation = item.objgen
    return f"{number} {generation}"
