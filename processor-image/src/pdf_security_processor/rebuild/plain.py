"""Content streams of nothing but what paints: no comments, no marks, no unknown operators.

What stays is copied byte by byte, and not written anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pikepdf
from pikepdf import ContentStreamInlineImage, Pdf

from pdf_security_processor.errors import LimitExceededError
from pdf_security_processor.rebuild.lexer import REGULAR, Token, tokens_of
from pdf_security_processor.rebuild.operators import OPERATORS, Painting

INLINE_IMAGE_BYTES = 8 * 1024**2
"""Of content with images in it, which is held in memory as instructions. Those have four kilobytes
at most (8.9.7)."""

INSTRUCTION_TOKENS = 200_000
"""With the white space between them; readers once took arrays of 8,191 items at most."""

_WHITE = rb"[\x00\t\n\f\r ]"

_END = rb"(?!" + REGULAR + rb")"


def _many(*alternatives: bytes) -> bytes:
    """Match as many as there are, and give none back.

    Up to Python 3.11.4 such a group that fails midway stays where it failed, and all before counts
    as matched (python/cpython#100061). What never matches, tried last, brings it back.
    """
    return rb"(?:" + b"|".join(alternatives) + rb"|(?!))*+"


_LETTERS = rb"[^()\\]*+" + _many(rb"\\.[^()\\]*+")
"""Of a string, without parentheses but for those that are escaped."""

_OPERANDS = _many(
    _WHITE + rb"++",
    rb"[-+.0-9]++" + _END,
    rb"/" + REGULAR + rb"*+",
    rb"\(" + _LETTERS + _many(rb"\(" + _LETTERS + rb"\)" + _LETTERS) + rb"\)",
    rb"<[0-9A-Fa-f\x00\t\n\f\r ]*+>",
    rb"[\[\]]",
)

_NOT_PLAIN = frozenset((b"BI", b"ID", b"EI"))


def _run_of(
    operators: frozenset[bytes], *first: bytes, operands: bytes = _OPERANDS
) -> re.Pattern[bytes]:
    """Match as many instructions of these operators as there are: read once, and never back."""
    # Longer ones first: an alternative that was taken is not given back.
    names = b"|".join(map(re.escape, sorted(operators, key=len, reverse=True)))
    instruction = operands + rb"(?:" + names + rb")" + _END
    return re.compile(_many(*first, instruction) + _WHITE + rb"*+", re.DOTALL)


_VISIBLE_MODE = _WHITE + rb"*+[0-24-7]" + _WHITE + rb"++Tr" + _END
"""How most set it: whatever else is written may come to invisible, too."""

_PLAIN = _run_of(OPERATORS - _NOT_PLAIN)
"""Instructions with nothing to be taken out, which most are."""

_VISIBLE = _run_of(OPERATORS - _NOT_PLAIN - {b"Tr"}, _VISIBLE_MODE)
"""Those of them whose text is seen, whatever came before."""

_NUMBER = rb"[-+]?+(?:[0-9]++\.?+[0-9]*+|\.[0-9]++)" + _END

_NAME = rb"/" + REGULAR[:-1] + rb"#]*+" + _END
"""Without the sign that readers take for the beginning of a code, or not."""

_SCALARS = (
    _WHITE + rb"++",
    _NUMBER,
    _NAME,
    rb"\(" + _LETTERS + rb"\)",
    rb"<[0-9A-Fa-f\x00\t\n\f\r ]*+>",
)

_WELL_WRITTEN = _run_of(
    OPERATORS - _NOT_PLAIN, operands=_many(*_SCALARS, rb"\[" + _many(*_SCALARS) + rb"\]")
)
"""Instructions that nobody reads otherwise than anybody else."""

_IMAGE_KEYS = frozenset(
    b"/BPC /CS /D /DP /F /H /IM /I /L /W /BitsPerComponent /ColorSpace /Decode /DecodeParms "
    b"/Filter /Height /ImageMask /Intent /Interpolate /Length /Width".split()
)

_CONSTANTS = (b"true", b"false", b"null")


def is_well_written(data: bytes, *, keeps_invisible_text: bool = False) -> bool:
    """Tell whether content can be read, and holds nothing but what paints; false is no answer.

    Args:
        data: whatever it is.
        keeps_invisible_text: see `plain`.
    """
    if not _WELL_WRITTEN.fullmatch(data):
        return False
    return keeps_invisible_text or not _may_be_invisible(data)


def plain(data: bytes, *, keeps_invisible_text: bool = False) -> bytes:
    """Take out of content what paints nothing; the same object where that is nothing.

    Args:
        data: that can be read; see `content.readable`.
        keeps_invisible_text: whether text stays that is painted invisibly (table 104), as scanned
            documents have it to be searched.

    Raises:
        LimitExceededError: it has images in it, and more else than such content ever has.
    """
    judges_text = not keeps_invisible_text and _may_be_invisible(data)
    if not judges_text and _PLAIN.fullmatch(data):
        return data
    painting = Painting(keeps_invisible_text=not judges_text)
    written = _copied(data, painting, reads_all=judges_text)
    if written is None:
        written = _written(data, painting)
    return data if written == data else written


def _may_be_invisible(data: bytes) -> bool:
    """Tell whether text may be painted invisibly; the letters alone stand in strings, too."""
    if b"Tr" not in data:
        return False
    at = 0
    while at < len(data):
        run = _VISIBLE.match(data, at)
        if run and run.end() > at:
            at = run.end()
            continue
        instruction = _next_instruction(data, at)
        if instruction.operator in (b"Tr", b"BI"):
            return True
        at = instruction.end
    return False


class _Instruction:
    """One instruction as it stands in the data."""

    def __init__(self) -> None:
        self.pieces: list[Token] = []
        self.operands: list[Token] = []
        self.operator = b""
        self.end = 0
        self.depth = 0

    def take(self, token: Token, *, is_operand: bool) -> None:
        """Add a token; no comment."""
        if token.kind == "comment":
            return
        self.pieces.append(token)
        if token.kind == "open":
            self.depth += 1
        elif token.kind == "close":
            self.depth = max(0, self.depth - 1)
        if is_operand and token.kind != "white":
            self.operands.append(token)

    def text_of(self, data: bytes) -> bytes:
        """Give it without comments."""
        return b"".join(data[each.start : each.end] for each in self.pieces)


def _copied(data: bytes, painting: Painting, *, reads_all: bool) -> bytes | None:
    """Copy what stays piece by piece; None where there is an image in it.

    Args:
        data: the content.
        painting: says what stays.
        reads_all: whether what is plain by itself may still have to go.
    """
    kept: list[bytes] = []
    at = 0
    while at < len(data):
        run = None if reads_all else _PLAIN.match(data, at)
        if run and run.end() > at:
            kept.append(run[0])
            at = run.end()
            continue
        instruction = _next_instruction(data, at)
        if instruction.operator == b"BI":
            return None
        kept.append(_left_of(data, instruction, painting))
        at = instruction.end
    return b"".join(kept)


def _left_of(data: bytes, instruction: _Instruction, painting: Painting) -> bytes:
    """Give what is left of one instruction, or of what stands at the end of all."""
    operands = [data[each.start : each.end] for each in instruction.operands[-3:]]
    if not instruction.operator:
        return b"" if operands else instruction.text_of(data)
    left = painting.judge(instruction.operator, operands)
    if left == instruction.operator:
        return instruction.text_of(data)
    # What it stood between must not become one token.
    return b"\n" + left if left else b"\n"


def _next_instruction(data: bytes, start: int) -> _Instruction:
    """Read the tokens of one instruction, or what stands behind the last.

    Raises:
        LimitExceededError: it has more than any instruction has.
    """
    instruction = _Instruction()
    for token in tokens_of(data, start):
        if len(instruction.pieces) == INSTRUCTION_TOKENS:
            raise LimitExceededError(
                f"sanitize: an instruction of a page's content has more than {INSTRUCTION_TOKENS} "
                "tokens; it is most likely made to exhaust its readers."
            )
        instruction.end = token.end
        word = data[token.start : token.end]
        is_operator = not instruction.depth and _is_operator(token, word)
        instruction.take(token, is_operand=not is_operator)
        if is_operator:
            instruction.operator = word
            break
    return instruction


def _is_operator(token: Token, word: bytes) -> bool:
    return token.kind == "word" and word[0] not in b"+-.0123456789" and word not in _CONSTANTS


def _written(data: bytes, painting: Painting) -> bytes:
    """Write what stays anew, as instructions: where images begin and end is for qpdf to say."""
    if len(data) > INLINE_IMAGE_BYTES:
        raise LimitExceededError(
            f"sanitize: content with images in it has {len(data)} bytes, more than "
            f"{INLINE_IMAGE_BYTES}; it is most likely made to exhaust its readers."
        )
    kept: list[bytes] = []
    with Pdf.new() as scratch:
        for each in pikepdf.parse_content_stream(scratch.make_stream(data)):
            if isinstance(each, ContentStreamInlineImage):
                kept.append(plain_image(each.iimage.unparse()))
                continue
            operator = bytes(each.operator)
            left = painting.judge(operator, [_spelled(operand) for operand in each.operands[-3:]])
            if left == operator:
                kept.append(pikepdf.unparse_content_stream([each]))
            elif left is not None:
                kept.append(left)
    return b"\n".join(kept)


def plain_image(written: bytes) -> bytes:
    """Leave out of an inline image's dictionary the entries that it has no use for (table 91).

    Args:
        written: from `BI` to `EI`, as qpdf writes it.
    """
    kept: list[bytes] = []
    for key, value, end in _entries(written):
        if key == b"ID":
            return b"BI " + b" ".join(kept) + b" ID" + written[end:]
        if key in _IMAGE_KEYS:
            kept.append(key + b" " + value)
    return b""


def _entries(written: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Give key, value and the place behind it, of each entry, and `ID` at last."""
    key, value, depth = b"", b"", 0
    for token in tokens_of(written, len(b"BI")):
        word = written[token.start : token.end]
        depth += (token.kind == "open") - (token.kind == "close")
        if token.kind == "white":
            value += b" " if depth else b""
        elif not key:
            key = word
            if key == b"ID":
                yield key, b"", token.end
                return
        else:
            value += word
            if not depth:
                yield key, value, token.end
                key = value = b""


def _spelled(operand: object) -> bytes:
    if isinstance(operand, pikepdf.Object):
        return operand.unparse()
    return str(operand).encode()
