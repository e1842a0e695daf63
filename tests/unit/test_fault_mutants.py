"""The protections that `python -m faults.mutants` takes away are where its list has them."""

import pytest

from faults.mutants import PACKAGE, Mutant, read_mutants


@pytest.mark.parametrize("mutant", read_mutants(), ids=lambda mutant: mutant.name)
def test_every_protection_is_where_the_list_says(mutant: Mutant) -> None:
    """One that moved would be found missing half an hour into a run only."""
    for change in mutant.changes:
        assert change.applied(PACKAGE) != (PACKAGE / change.module).read_text()
