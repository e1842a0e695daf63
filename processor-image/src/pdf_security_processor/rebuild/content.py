"""Writes content streams anew: without what belongs to hidden layers, or what cannot be read.

ISO 32000-2, 7.8.2 and 8.11.3.2.
"""

from __future__ import annotations

import re
import warnings
from itertools import islice
from typing import Any

import pikepdf
from pikepdf import ContentStreamInlineImage, Name, Object, Operator, Pdf

Instruction = tuple[list[Object], Operator]

_PATHS_PAINTED = frozenset(("f", "F", "f*", "B", "B*", "b", "b*", "S", "s"))
_NOTHING_PAINTED: Instruction = ([], Operator("n"))

_TEXT_SHOWN = frozenset(("Tj", "TJ"))
_TEXT_SHOWN_ON_NEXT_LINE = frozenset(("'", '"'))
_NEXT_LINE: Instruction = ([], Operator("T*"))

_PAINTED = frozenset(("Do", "sh"))
_POINTS = frozenset(("MP", "DP"))
_SECTION: Instruction = ([Name.Span], Operator("BMC"))


def without_hidden(content: Object, hidden: Object) -> bytes:
    """Give a content stream, or a page's, without what its hidden sections paint.

    What they change of the graphics state stays: it holds for what comes after them.

    Args:
        content: a stream or a page.
        hidden: a dictionary whose keys are the names of hidden property lists.

    Raises:
        pikepdf.PdfError: the content cannot be parsed.
    """
    kept: list[object] = []
    sections: list[bool] = []
    for instruction in pikepdf.parse_content_stream(content):
        operator = bytes(instruction.operator).decode("latin-1")
        is_inside = any(sections)
        if operator in ("BDC", "BMC"):
            sections.append(_is_hidden(instruction, hidden))
        if is_inside or any(sections):
            replaced = _unpainted(instruction, operator, is_inside=is_inside)
            if replaced is not None:
                kept.append(replaced)
        else:
            kept.append(instruction)
        if operator == "EMC" and sections:
            sections.pop()
    return pikepdf.unparse_content_stream(kept)  # type: ignore[arg-type]


def readable(data: bytes) -> bytes | None:
    """Give content as far as it can be read, written anew; None where all of it can be.

    What readers make of the rest, they make each in their way: most stop there.
    """
    with Pdf.new() as scratch, warnings.catch_warnings():
        # Of what ends too early; it is said of the stream as well.
        warnings.simplefilter("ignore")
        stream = scratch.make_stream(data)
        # Of no operator that there is: nothing is kept, and all is read.
        pikepdf.parse_content_stream(stream, _NO_OPERATOR)
        if not scratch.get_warnings():
            return None
        return pikepdf.unparse_content_stream(
            [_spelled(each) for each in _read(scratch, data) if _is_whole(each)]
        )


def _read(scratch: Pdf, data: bytes, left: int = 16) -> list[Any]:
    """Read content, and go on so often behind an `ID` that no image begins before.

    Readers do; qpdf takes all that follows for the image.
    """
    instructions: list[Any] = list(pikepdf.parse_content_stream(scratch.make_stream(data)))
    if not instructions or instructions[-1].operator != _IMAGE_DATA:
        return instructions
    before = instructions[:-1]
    for word in islice(_IMAGE_DATA_WORD.finditer(data), left):
        stream = scratch.make_stream(data[: word.start()])
        if len(pikepdf.parse_content_stream(stream)) == len(before):
            return [*before, *_read(scratch, data[word.end() :], left - 1)]
    return before


_IMAGE_DATA = Operator("ID")
_IMAGE_DATA_WORD = re.compile(rb"(?<![^\s])ID(?!\S)")

_NO_OPERATOR = "none"

_STRAY = "\0"
"""How qpdf has a # in a name that no two digits follow."""


def spelled(name: str) -> str:
    """Spell a name so that a stray # in it is written as 7.3.5 asks, and everybody reads it so."""
    return name.replace(_STRAY, "#")


def _spelled(instruction: Any) -> Any:
    operands = getattr(instruction, "operands", [])
    if not any(isinstance(each, Name) and _STRAY in str(each) for each in operands):
        return instruction
    written = [Name(spelled(str(each))) if isinstance(each, Name) else each for each in operands]
    return written, instruction.operator


def _is_whole(instruction: Any) -> bool:
    """Tell whether an instruction has no operand in whose place nothing could be read."""
    operands = getattr(instruction, "operands", [])
    return not any(each is None for each in operands)


def _is_hidden(instruction: object, hidden: Object) -> bool:
    operands = getattr(instruction, "operands", [])
    if len(operands) != 2 or operands[0] != Name.OC or not isinstance(operands[1], Name):
        return False
    return operands[1] in hidden


def _unpainted(instruction: object, operator: str, *, is_inside: bool) -> object | None:
    """Give what is left of an instruction that is in, or begins, a hidden section, if anything."""
    if isinstance(instruction, ContentStreamInlineImage):
        return None
    if operator == "BDC" and is_inside:
        # Its property list may hold the hidden text (14.9.4).
        return _SECTION
    if operator in _PATHS_PAINTED:
        return _NOTHING_PAINTED
    if operator in _TEXT_SHOWN_ON_NEXT_LINE:
        return _NEXT_LINE
    return None if operator in _TEXT_SHOWN | _PAINTED | _POINTS else instruction
