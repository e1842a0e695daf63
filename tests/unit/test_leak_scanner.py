"""What looks for secrets finds them in each form, and nothing where there is none."""

from __future__ import annotations

import base64
import gzip
import json
import secrets
import urllib.parse
from collections.abc import Callable
from functools import partial

import pytest

from leaks.scanner import Scanner, opened

SECRET = "Pässwört-\u2603-p%w\"'\\<&>+/= 9aZ".encode()


def _in_base64(offset: int, secret: bytes) -> bytes:
    return base64.b64encode(b"x" * offset + secret + b"and more")


WRITERS: dict[str, Callable[[bytes], bytes]] = {
    "as-it-is": lambda secret: b"password=" + secret + b"\n",
    "json": lambda secret: json.dumps({"password": secret.decode()}).encode(),
    "json-in-json": lambda secret: json.dumps(json.dumps({"p": secret.decode()})).encode(),
    "repr": lambda secret: repr({"password": secret.decode()}).encode(),
    "hexadecimal": lambda secret: secret.hex().upper().encode(),
    "query": lambda secret: urllib.parse.urlencode({"password": secret}).encode(),
    "utf-16": lambda secret: "é".encode("utf-16-le") + secret.decode("latin-1").encode("utf-16-le"),
    "reversed": lambda secret: secret[::-1],
    "compressed": lambda secret: gzip.compress(b"x" * 100 + secret),
    **{f"base64-at-{offset}": partial(_in_base64, offset) for offset in range(4)},
    "basic": lambda secret: base64.urlsafe_b64encode(b"user:" + secret),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_a_secret_is_found(write: Callable[[bytes], bytes]) -> None:
    """A search that finds nothing would be taken for a program that leaks nothing."""
    scanner = Scanner({"word": SECRET})
    text = write(SECRET)
    leaks = [leak for each in opened(text) for leak in scanner.leaks_in("log", each)]
    assert {leak.secret for leak in leaks} == {"word"}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_another_is_none(write: Callable[[bytes], bytes]) -> None:
    """Each text would be told for a leak."""
    scanner = Scanner({"word": secrets.token_urlsafe(18).encode()})
    assert not [leak for each in opened(write(SECRET)) for leak in scanner.leaks_in("log", each)]


def test_a_leak_does_not_show_the_secret() -> None:
    """The search would be the leak."""
    (leak,) = Scanner({"word": b"0123456789"}).leaks_in("log", b"0123456789")
    assert "0123456789" not in repr(leak)


def test_what_is_too_short_is_refused() -> None:
    """It would be found everywhere, or silently left out."""
    with pytest.raises(ValueError, match="too short to be looked for: word"):
        Scanner({"word": b"short"})
