"""Which optional content a reader shows: ISO 32000-2, 8.11. Changes nothing."""

from __future__ import annotations

from pikepdf import Array, Dictionary, Name, Object, Pdf

from pdf_security_processor.errors import LimitExceededError
from pdf_security_processor.spelling import spelling

GROUPS = 100_000
"""Groups that are looked at."""

NODES = 10_000
"""Parts of a visibility expression that are evaluated."""

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
        self._hidden: dict[tuple[int, int], Object | None] = {}
        if isinstance(properties, Dictionary):
            self._read(properties)
            # Before any of them is made anew: several pages may share one.
            for item in pdf.objects:
                if isinstance(item, Dictionary) and "/Properties" in item:
                    self._hidden[item.objgen] = self._hidden_of(item)

    def hidden_names(self, resources: Object | None) -> Object | None:
        """Name the property lists of resources by which content is hidden.

        Returns:
            A dictionary with the names as keys, which compares them whatever their bytes are; None
            where there are none.
        """
        if not isinstance(resources, Dictionary):
            return None
        if resources.is_indirect:
            return self._hidden.get(resources.objgen)
        return self._hidden_of(resources)

    def _hidden_of(self, resources: Object) -> Object | None:
        properties = resources.get("/Properties")
        if not isinstance(properties, Dictionary):
            return None
        names = [key for key, content in properties.items() if self.hides(content)]
        return Dictionary(dict.fromkeys(names, True)) if names else None

    def hides(self, content: Object | None) -> bool:
        """Tell whether a group, or a membership dictionary, hides what belongs to it."""
        if not self.are_there or not isinstance(content, Dictionary):
            return False
        if content.get("/Type") != Name.OCMD:
            return content.objgen in self._off
        expression = content.get("/VE")
        if isinstance(expression, Array) and len(expression):
            return not self._holds(expression, DEPTH, [NODES])
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
        match spelling(policy):
            case "/AllOn":
                return all(shown)
            case "/AnyOff":
                return not all(shown)
            case "/AllOff":
                return not any(shown)
            case _:
                return any(shown)

    def _holds(self, expression: Object | None, depth: int, left: list[int]) -> bool:
        """Evaluate a visibility expression: 8.11.2.2, table 97."""
        # Parts of it may be shared, and so met as often as two to the power of its depth.
        left[0] -= 1
        if left[0] < 0:
            raise LimitExceededError(f"A visibility expression has more than {NODES} parts.")
        if isinstance(expression, Dictionary):
            return expression.objgen not in self._off
        if not isinstance(expression, Array) or not len(expression) or not depth:
            return False
        operator, *operands = list(expression)
        values = (self._holds(operand, depth - 1, left) for operand in operands)
        match spelling(operator):
            case "/Not":
                return not all(values)
            case "/And":
                return all(values)
            case _:
                return any(values)


def _identities(groups: Object | None) -> set[tuple[int, int]]:
    """Give the object numbers of groups, which are always indirect."""
    if not isinstance(groups, Array):
        return set()
    if len(groups) > GROUPS:
        raise LimitExceededError(f"The document has more than {GROUPS} layers.")
    return {group.objgen for group in groups if isinstance(group, Dictionary)}
