"""Text of documents as a page shows it: nothing hidden, nothing that passes for something else."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdf_security_operator.cli.report.visible import CHARACTERS, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("/AA/O Größe 表 \U0001f600", "/AA/O Größe 表 \U0001f600", id="ordinary"),
        pytest.param("a\u202egpj.exe", "a⟦U+202E⟧gpj.exe", id="turned-to-the-left"),
        pytest.param("\u2066a\u2069", "⟦U+2066⟧a⟦U+2069⟧", id="isolated"),
        pytest.param("a\u200b\u200d\ufeffb", "a⟦U+200B⟧⟦U+200D⟧⟦U+FEFF⟧b", id="zero-width"),
        pytest.param("a\xa0b\u3000c", "a⟦U+00A0⟧b⟦U+3000⟧c", id="white-space"),
        pytest.param("a\nb\tc", "a⟦U+000A⟧b⟦U+0009⟧c", id="lines"),
        pytest.param("\x00\x1b[2J\x7f\x9b", "⟦U+0000⟧⟦U+001B⟧[2J⟦U+007F⟧⟦U+009B⟧", id="controls"),
        pytest.param("a\u00adb", "a⟦U+00AD⟧b", id="soft-hyphen"),
        pytest.param("\U000e0041", "⟦U+E0041⟧", id="tag"),
        pytest.param("a\ufe0f", "a⟦U+FE0F⟧", id="variant"),
        pytest.param("\u3164\u2800", "⟦U+3164⟧⟦U+2800⟧", id="fillers"),
        pytest.param("\ud800", "⟦U+D800⟧", id="half-a-pair"),
        pytest.param("⟦U+202E⟧", "⟦U+27E6⟧U+202E⟦U+27E7⟧", id="said-like-an-escape"),
        pytest.param("é\u0301\u0301", "é\u0301\u0301", id="marks"),
        pytest.param("e" + "\u0301" * 6, "e" + "\u0301" * 4 + "⟦U+0301⟧" * 2, id="too-many-marks"),
        pytest.param("\u0301a", "⟦U+0301⟧a", id="a-mark-on-nothing"),
    ],
)
def test_shows(text: str, shown: str) -> None:
    """A name could look like another, or cover what stands beside it."""
    assert visible(text) == shown


def test_cuts() -> None:
    """A page would grow with whatever a document says."""
    assert visible("a" * CHARACTERS) == "a" * CHARACTERS
    assert visible("a" * (CHARACTERS + 5)) == "a" * CHARACTERS + "… (5 more characters)"


@given(st.text(max_size=40))
def test_nothing_hidden_is_left(text: str) -> None:
    """A character nobody thought of would be hidden."""
    shown = visible(text)
    assert shown.isprintable()
    assert not any(unicodedata.bidirectional(letter) in _TURNING for letter in shown)


_TURNING = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_two_look_alike_for_it(one: str, other: str) -> None:
    """Two texts would be shown as one."""
    assert (visible(one) == visible(other)) == (one == other)
