"""Takes out of content streams what belongs to hidden layers: ISO 32000-2, 8.11.3.2."""

from __future__ import annotations

import pikepdf
from pikepdf import ContentStreamInlineImage, Dictionary, Name, Object, Operator

from pdf_security_processor.rebuild.layers import Layers

Instruction = tuple[list[Object], Operator]

_PATHS_PAINTED = frozenset(("f", "F", "f*", "B", "B*", "b", "b*", "S", "s"))
_NOTHING_PAINTED: Instruction = ([], Operator("n"))

_TEXT_SHOWN = frozenset(("Tj", "TJ"))
_TEXT_SHOWN_ON_NEXT_LINE = frozenset(("'", '"'))
_NEXT_LINE: Instruction = ([], Operator("T*"))

_PAINTED = frozenset(("Do", "sh"))


def hidden_names(resources: Object | None, layers: Layers) -> frozenset[str]:
    """Name the property lists of resources by which content is hidden."""
    properties = resources.get("/Properties") if isinstance(resources, Dictionary) else None
    if not layers.are_there or not isinstance(properties, Dictionary):
        return frozenset()
    return frozenset(key for key, content in properties.items() if layers.hides(content))


def without_hidden(content: Object, hidden: frozenset[str]) -> bytes:
    """Give a content stream, or a page's, without what its hidden sections paint.

    What they change of the graphics state stays: it holds for what comes after them.

    Raises:
        pikepdf.PdfError: the content cannot be parsed.
    """
    kept: list[object] = []
    sections: list[bool] = []
    for instruction in pikepdf.parse_content_stream(content):
        operator = str(instruction.operator)
        if operator in ("BDC", "BMC"):
            sections.append(_is_hidden(instruction, hidden))
        if any(sections):
            replaced = _unpainted(instruction, operator)
            if replaced is not None:
                kept.append(replaced)
        else:
            kept.append(instruction)
        if operator == "EMC" and sections:
            sections.pop()
    return pikepdf.unparse_content_stream(kept)  # type: ignore[arg-type]


def _is_hidden(instruction: object, hidden: frozenset[str]) -> bool:
    operands = getattr(instruction, "operands", [])
    return len(operands) == 2 and operands[0] == Name.OC and str(operands[1]) in hidden


def _unpainted(instruction: object, operator: str) -> object | None:
    """Give what is left of an instruction in a hidden section; None for nothing."""
    if isinstance(instruction, ContentStreamInlineImage):
        return None
    if operator in _PATHS_PAINTED:
        return _NOTHING_PAINTED
    if operator in _TEXT_SHOWN_ON_NEXT_LINE:
        return _NEXT_LINE
    return None if operator in _TEXT_SHOWN | _PAINTED else instruction
