"""The places of a class: none is counted twice, and none is lost."""

from __future__ import annotations

from pdf_security_operator.admission import Claim, Load, Running
from pdf_security_operator.identity import Key
from pdf_security_operator.places import Places

FIRST, SECOND = Key("legal", "first"), Key("legal", "second")
ANNA = Claim("standard", "legal", "anna", 10)
BEN = Claim("standard", "legal", "ben", 5)


def test_places() -> None:
    """A class would run too many, or too few."""
    places = Places()
    places.take(FIRST, ANNA)
    places.take(FIRST, Claim("another", "legal", "anna", 10))
    places.take(SECOND, BEN)
    places.take(Key("tax", "third"), Claim("standard", "tax", "anna", 1))
    assert places.running(ANNA) == Running(Load(3, 16), Load(2, 15), Load(2, 11))
    assert places.classes() == {"standard": 3}
    assert places.classes_in("legal") == {"standard"}
    assert places.in_namespace("standard", "legal") == 2
    assert places.free(FIRST) == ANNA
    assert places.free(FIRST) is None
    assert places.free(SECOND) == BEN
    assert FIRST not in places
    assert places.running(ANNA) == Running(Load(1, 1), Load(), Load(1, 1))
    assert places.classes_in("legal") == set()
    assert places.in_namespace("standard", "legal") == 0


def test_a_held_place_is_not_given_back() -> None:
    """Two jobs would start on one place."""
    places = Places()
    places.hold(FIRST, ANNA)
    assert places.holds(FIRST)
    assert places.free(FIRST) is None
    places.let_go(FIRST)
    assert FIRST in places
    assert places.free(FIRST) == ANNA
