"""Finds secrets in text, in each form in which a program may have written them. Pure."""

from __future__ import annotations

import base64
import gzip
import html
import json
import urllib.parse
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

LEAST_LENGTH = 8
"""Bytes of a secret that is looked for: shorter ones are everywhere."""

_BASE64_CUT = 4
"""Letters at the end of a base64 text that change with what follows."""


@dataclass(frozen=True)
class Leak:
    """A secret where none should be.

    Attributes:
        source: where.
        secret: its name; never its value.
        form: how it is written there.
    """

    source: str
    secret: str
    form: str


class Scanner:
    """Looks for secrets.

    Args:
        secrets: name -> value.

    Raises:
        ValueError: one is too short to be looked for.
    """

    def __init__(self, secrets: Mapping[str, bytes]) -> None:
        short = [name for name, value in secrets.items() if len(value) < LEAST_LENGTH]
        if short:
            raise ValueError(f"too short to be looked for: {', '.join(short)}")
        # Each once, under the simplest of its forms.
        self._needles = [
            (name, form, needle)
            for name, value in secrets.items()
            for needle, form in {n: f for f, n in reversed(list(forms_of(value)))}.items()
        ]

    def leaks_in(self, source: str, content: bytes) -> list[Leak]:
        """Find the secrets in what one source holds."""
        lowered = content.lower()
        return [
            Leak(source, name, form)
            for name, form, needle in self._needles
            if (needle.lower() in lowered if form == "hexadecimal" else needle in content)
        ]


def forms_of(value: bytes) -> Iterator[tuple[str, bytes]]:
    """Give a secret in each form in which programs write what they were given."""
    yield "plain", value
    text = value.decode("latin-1")
    for offset in range(3):
        # Where it stands in a longer text decides which letters it has in base64.
        coded = base64.b64encode(b"\0" * offset + value)
        kept = coded[(0, 2, 3)[offset] : -_BASE64_CUT]
        yield f"base64 at {offset}", kept
        yield f"base64url at {offset}", kept.replace(b"+", b"-").replace(b"/", b"_")
    yield "base32", base64.b32encode(value).rstrip(b"=")[:-2]
    yield "hexadecimal", value.hex().encode()
    yield "reversed", value[::-1]
    yield "UTF-16", text.encode("utf-16-le")
    yield "UTF-16, big end first", text.encode("utf-16-be")
    yield "percent", urllib.parse.quote_from_bytes(value, safe="").encode()
    yield "form", urllib.parse.quote_plus(value).encode()
    try:
        decoded = value.decode()
    except UnicodeDecodeError:
        return
    yield "JSON", json.dumps(decoded)[1:-1].encode()
    yield "JSON in JSON", json.dumps(json.dumps(decoded)[1:-1])[1:-1].encode()
    yield "Python", repr(decoded)[1:-1].encode()
    yield "HTML", html.escape(decoded).encode()


def opened(content: bytes) -> Iterable[bytes]:
    """Give content, and what is in it where it is compressed."""
    yield content
    for unpack in (gzip.decompress, zlib.decompress):
        try:
            yield unpack(content)
        except (OSError, EOFError, zlib.error):
            continue
