"""Visits every dictionary of a document, wherever it is nested. Judges and changes nothing.

Pure over pikepdf objects opened in explicit conversion mode.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from pdf_security_processor import limits
from pdf_security_processor.errors import LimitExceededError
from pdf_security_processor.text import printable

_PATH_CHARACTERS = 1024
_KEY_CHARACTERS = 64

_CONTAINERS = (Array, Dictionary, Stream)


@dataclass(frozen=True)
class Place:
    """A dictionary (or a stream's) and where it is.

    Attributes:
        holder: number and generation of the indirect object that holds it, `12 0`, or `trailer`.
        path: keys from that object to the dictionary: empty, or `/AA/O`.
        value: the dictionary or stream itself.
    """

    holder: str
    path: str
    value: Object


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


def categories_in(place: Place) -> Iterator[tuple[str, str]]:
    """Give holder and path of each dictionary that names resources of a place (7.8.3).

    Its keys are names that content streams use, and mean nothing by themselves. `reachable_places`
    visits such a dictionary after the one that has it among its resources.
    """
    resources = place.value.get(Name.Resources)
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
    pending: list[tuple[str, Object]] = [("", root)]
    while pending:
        path, node = pending.pop()
        budget[0] -= 1
        if budget[0] < 0:
            raise LimitExceededError(
                f"The document holds more than {limits.NODES} objects; split it into smaller ones."
            )
        if isinstance(node, (Dictionary, Stream)):
            yield Place(holder, path, node)
        for step, child in _containers(node):
            if child.is_indirect:
                if references is not None:
                    references.append(child)
            else:
                pending.append((_join(path, step), child))


def _containers(node: Object) -> Iterator[tuple[str, Object]]:
    """Give what may hold dictionaries: no number, string or name, which are most of a document."""
    if isinstance(node, Array):
        for index, child in enumerate(node):
            if isinstance(child, _CONTAINERS):
                yield f"[{index}]", child
    elif isinstance(node, (Dictionary, Stream)):
        for key, child in node.items():
            if isinstance(child, _CONTAINERS):
                yield key, child


def _join(path: str, step: str) -> str:
    return printable(path + printable(step, _KEY_CHARACTERS), _PATH_CHARACTERS)


def _holder_name(item: Object) -> str:
    number, generation = item.objgen
    return f"{number} {generation}"
