"""The register of protections fits the code: a row that does not is one that nobody checks."""

from __future__ import annotations

import pytest

from security.register import Protection, problems_of, read_register

REGISTER = read_register()


@pytest.mark.parametrize("protection", REGISTER, ids=[row.name for row in REGISTER])
def test_a_row_fits_the_code(protection: Protection) -> None:
    """The score would be one of a code that is no more."""
    assert problems_of(protection) == []


def test_rows_have_names_of_their_own() -> None:
    """One row would stand for two."""
    names = [row.name for row in REGISTER]
    assert len(set(names)) == len(names)
