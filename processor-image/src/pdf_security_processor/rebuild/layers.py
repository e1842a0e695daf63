"""Which optional content a reader shows: ISO 32000-2, 8.11. Changes nothing."""

from __future__ import annotations

from pikepdf import Array, Dictionary, Name, Object, Pdf

GROUPS = 100_000
"""Groups that are looked at."""

DEPTH = 32
"""Deepest visibility expression that is evaluated; a deeper one hides."""


class Layers:
    """The states of a document's optional content groups when it is opened.

    What cannot be understood is shown, as readers do, but for expressions that are nested too deep.
    """

    def __init__(self, pdf: Pdf) -> None:
        self._off: set[tuple[int, int]] = set()
        properties = pdf.Root.get("/OCProperties")
        self.are_there = isinstance(properties, Dictionary)
        """Whether the document has any. Content may be shown when groups are off, too."""
        if isinstance(properties, Dictionary):
            self._read(properties)

    def hides(self, content: Object | None) -> bool:
        """Tell whether a group, or a membership dictionary, hides what belongs to it."""
        if not self.are_there or not isinstance(content, Dictionary):
            return False
        if content.get("/Type") != Name.OCMD:
            return content.objgen in self._off
        expression = content.get("/VE")
        if isinstance(expression, Array):
            return not self._holds(expression, DEPTH)
        groups = content.get("/OCGs")
        members = list(groups) if isinstance(groups, Array) else [groups]
        shown = [
            member.objgen not in self._off for member in members if isinstance(member, Dictionary)
        ]
        return bool(shown) and not self._by_policy(content.get("/P"), shown)

    def _read(self, properties: Object) -> None:
        configuration = properties.get("/D")
        if not isinstance(configuration, Dictionary):
            return
        if configuration.get("/BaseState") == Name.OFF:
            self._off |= _identities(properties.get("/OCGs"))
        self._off |= _identities(configuration.get("/OFF"))
        self._off -= _identities(configuration.get("/ON"))

    @staticmethod
    def _by_policy(policy: Object | None, shown: list[bool]) -> bool:
        match str(policy):
            case "/AllOn":
                return all(shown)
            case "/AnyOff":
                return not all(shown)
            case "/AllOff":
                return not any(shown)
            case _:
                return any(shown)

    def _holds(self, expression: Object | None, depth: int) -> bool:
        """Evaluate a visibility expression: 8.11.2.2, table 97."""
        if isinstance(expression, Dictionary):
            return expression.objgen not in self._off
        if not isinstance(expression, Array) or not len(expression) or not depth:
            return False
        operator, *operands = list(expression)
        values = (self._holds(operand, depth - 1) for operand in operands)
        match str(operator):
            case "/Not":
                return not all(values)
            case "/And":
                return all(values)
            case _:
                return any(values)


def _identities(groups: Object | None) -> set[tuple[int, int]]:
    """Give the object numbers of groups, which are always indirect."""
    if not isinstance(groups, Array) or len(groups) > GROUPS:
        return set()
    return {group.objgen for group in groups if isinstance(group, Dictionary)}
