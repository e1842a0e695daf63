"""The commands of a page, and what the page says that they print: pure.

In a block `sh` every line is typed; in a block `console` those behind `$ `, and what stands
beneath one is what it prints. A comment before a block says why it cannot be typed here
(`<!-- not typed: ... -->`), that what is shown is for a terminal, or ends with another status than
0 (`<!-- on a terminal, ends with 6 -->`, or either), or what a reader has who comes to it, such as
a document of their own (`<!-- set up: ... -->`, lines of shell).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>\w*)[^\n]*$")

_NOT_HERE = re.compile(r"^\s*<!-- not typed: (?P<why>.+) -->\s*$")

_HOW = re.compile(
    r"^\s*<!-- (?P<terminal>on a terminal)?(?:(?:, )?ends with (?P<status>\d+))? -->\s*$"
)

_SET_UP, _ENDED = "<!-- set up:", "-->"

_PROMPT, _CONTINUED = "$ ", "> "


@dataclass(frozen=True)
class Command:
    """One command of a page.

    Attributes:
        line: number of its first line in the page, from 1.
        text: what is typed, its lines as they stand there.
        printed: the lines that it is said to print; None where the page says nothing of them.
        not_here: why it is not typed here; empty where it is.
        is_set_up: whether it is none of the page's, but brings what the page takes for given.
        on_a_terminal: whether what it prints is for a terminal.
        status: with which it is said to end.
    """

    line: int
    text: str
    printed: tuple[str, ...] | None = None
    not_here: str = ""
    is_set_up: bool = False
    on_a_terminal: bool = False
    status: int = 0


@dataclass(frozen=True)
class _Block:
    line: int
    language: str
    lines: list[str]
    remark: str
    """The comment before it, if any."""


def commands_of(page: str) -> list[Command]:
    """List what is to be typed, in order."""
    return [command for block in _blocks(page) for command in _commands(block)]


def _blocks(page: str) -> Iterator[_Block]:
    lines, at, remark = page.splitlines(), 0, ""
    while at < len(lines):
        opened = _FENCE.match(lines[at])
        if lines[at].startswith(_SET_UP):
            end = next(n for n in range(at, len(lines)) if lines[n].rstrip().endswith(_ENDED))
            comment = "\n".join(lines[at : end + 1]).rstrip()
            typed = comment.removeprefix(_SET_UP).removesuffix(_ENDED).strip()
            yield _Block(at + 1, _SET_UP, typed.splitlines(), "")
            at = end + 1
            continue
        if opened is None:
            remark = lines[at].strip() or remark
            at += 1
            continue
        indent, fence = len(opened["indent"]), opened["fence"]
        end = next(
            (place for place in range(at + 1, len(lines)) if lines[place].strip() == fence),
            len(lines),
        )
        inside = [line[indent:] for line in lines[at + 1 : end]]
        yield _Block(at + 2, opened["language"], inside, remark)
        at, remark = end + 1, ""


def _commands(block: _Block) -> Iterator[Command]:
    if block.language == "sh" and block.lines:
        yield _command(block, 0, "\n".join(block.lines))
    if block.language == _SET_UP:
        yield Command(block.line, "\n".join(block.lines), is_set_up=True)
    if block.language == "console":
        yield from _console(block)


def _console(block: _Block) -> Iterator[Command]:
    starts = [n for n, line in enumerate(block.lines) if line.startswith(_PROMPT)]
    for start, end in zip(starts, [*starts[1:], len(block.lines)], strict=True):
        typed = [block.lines[start].removeprefix(_PROMPT)]
        after = block.lines[start + 1 : end]
        while after and after[0].startswith(_CONTINUED):
            typed.append(after.pop(0).removeprefix(_CONTINUED))
        printed = tuple(line for line in after if line.strip())
        yield _command(block, start, "\n".join(typed), printed or None)


def _command(block: _Block, at: int, text: str, printed: tuple[str, ...] | None = None) -> Command:
    excuse, how = _NOT_HERE.match(block.remark), _HOW.match(block.remark)
    return Command(
        block.line + at,
        text,
        printed,
        not_here=excuse["why"] if excuse else "",
        on_a_terminal=bool(how and how["terminal"]),
        status=int((how and how["status"]) or 0),
    )
