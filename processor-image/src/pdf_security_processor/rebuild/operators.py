"""Which instructions of a content stream paint, and stay: ISO 32000-2, annex A. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pdf_security_processor.errors import LimitExceededError

OPERATORS = frozenset(
    # Graphics state; its stack; paths; clipping; text; fonts of type 3; colours; the rest.
    b"w J j M d ri i gs q Q cm m l c v y h re S s f F f* B B* b b* n W W* "
    b"BT ET Tc Tw Tz TL Tf Tr Ts Td TD Tm T* Tj TJ ' \" d0 d1 "
    b"CS cs SC SCN sc scn G g RG rg K k sh Do BI ID EI".split()
)
"""All that there are, but for marks, which say nothing of how a page looks, and sections in which
unknown operators pass: those readers pass over, too."""

SAVED_STATES = 10_000
"""In each other; readers were asked for 28 once (ISO 32000-1, annex C)."""

_INVISIBLE = 3
"""Neither filled nor stroked, nor added to the clipping path: table 104."""

_SHOWN = (b"Tj", b"TJ")
_NEXT_LINE = b"T*"


class Painting:
    """What is left of instructions that come one after the other.

    Text that is painted invisibly goes where it is asked to. What it moves on goes with it.
    """

    def __init__(self, *, keeps_invisible_text: bool) -> None:
        self._keeps_invisible_text = keeps_invisible_text
        self._mode = 0
        self._saved: list[int] = []

    def judge(self, operator: bytes, operands: Sequence[bytes]) -> bytes | None:
        """Give what stands in an instruction's place: itself, where that is its operator.

        Args:
            operator: of the instruction.
            operands: as they are written; only those of `Tr` and `"` are looked at.

        Returns:
            The operator to keep all as it is, other instructions to replace it, None to drop it.

        Raises:
            LimitExceededError: states are saved in each other, more than anything needs.
        """
        if operator not in OPERATORS:
            return None
        if operator == b"q":
            if len(self._saved) == SAVED_STATES:
                raise LimitExceededError(
                    f"sanitize: a page's content saves its state more than {SAVED_STATES} times."
                )
            self._saved.append(self._mode)
        elif operator == b"Q" and self._saved:
            self._mode = self._saved.pop()
        elif operator == b"Tr" and operands:
            self._mode = _mode_of(operands[-1])
        if self._keeps_invisible_text or self._mode != _INVISIBLE:
            return operator
        if operator in _SHOWN:
            return None
        if operator == b"'":
            return _NEXT_LINE
        if operator == b'"' and len(operands) > 1:
            return b"%s Tw %s Tc %s" % (operands[0], operands[1], _NEXT_LINE)
        return operator


def _mode_of(operand: bytes) -> int:
    """Read a number as readers do, in whichever spelling; 0 for what is none."""
    try:
        return int(float(operand))
    except (ValueError, OverflowError):
        return 0
