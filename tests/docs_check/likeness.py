"""Whether what was printed is what a page shows, but for what differs each time: pure.

Digests, numbers, times, durations and what an API server generates of a name may be others, and so
may the width of columns; a line of three points stands for any lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_ANYTHING = {"...", "…"}

_VARIABLE = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\dT[\d:.]+Z)"
    r"|(?P<digest>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{10,}(?:…|\b))"
    r"|(?P<generated>(?<=-)[bcdfghjklmnpqrstvwxz2456789]{5}\b)"
    r"|(?P<duration>\b(?:\d+[dhms]){1,3}\b)"
    r"|(?P<number>\d+(?:[.,]\d+)*)"
    r"|(?P<space>\s+)"
)

_PATTERNS = {
    "date": r"\d{4}-\d\d-\d\dT[\d:.]+Z",
    "digest": r"[0-9a-f-]+…?",
    "generated": r"[bcdfghjklmnpqrstvwxz2456789]{5}",
    "duration": r"(?:\d+[dhms]){1,3}",
    "number": r"\d+(?:[.,]\d+)*",
    "space": r"\s+",
}


def missing_line(shown: Sequence[str], printed: str) -> str | None:
    """Give the first line of a page that was not printed in its place; None where all were."""
    lines = [line for line in printed.splitlines() if line.strip()]
    at, anywhere = 0, False
    for line in shown:
        if line.strip() in _ANYTHING:
            anywhere = True
            continue
        pattern = re.compile(_pattern_of(line.strip()))
        places = range(at, len(lines)) if anywhere else range(at, min(at + 1, len(lines)))
        found = next((place for place in places if pattern.fullmatch(lines[place].strip())), None)
        if found is None:
            return line
        at, anywhere = found + 1, False
    return None if anywhere or at == len(lines) else f"nothing more, and then: {lines[at]}"


def _pattern_of(line: str) -> str:
    parts, at = [], 0
    for found in _VARIABLE.finditer(line):
        parts += [re.escape(line[at : found.start()]), _PATTERNS[found.lastgroup or "space"]]
        at = found.end()
    return "".join([*parts, re.escape(line[at:])])
