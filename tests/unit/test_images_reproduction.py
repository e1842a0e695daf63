"""Two builds that are compared have nothing in common but the sources, and differ in what may."""

from __future__ import annotations

from pathlib import Path

import pytest

from images.reproduction import Comparison, surroundings_of


def test_the_second_build_shares_nothing_with_the_first() -> None:
    """Would break: the same cached layer is compared with itself, and is found to be the same."""
    first = surroundings_of(Path("/a"), apart=False)
    second = surroundings_of(Path("/b"), apart=True)
    assert {name for name in first if first[name] == second[name]} == set()
    assert {"PDF_SECURITY_CACHE", "UV_CACHE_DIR", "TZ", "LC_ALL"} <= set(second)


@pytest.mark.parametrize(
    ("second", "same_bytes", "same"),
    [
        pytest.param("sha256:1", True, True, id="same"),
        pytest.param("sha256:2", False, False, id="other-image"),
        pytest.param("sha256:1", False, False, id="other-archive-of-the-same-image"),
    ],
)
def test_builds_are_the_same_if_nothing_differs(second: str, same_bytes: bool, same: bool) -> None:
    """Would break: an archive whose layout depends on the machine, behind an equal digest."""
    assert Comparison("operator", "sha256:1", second, same_bytes).same is same
