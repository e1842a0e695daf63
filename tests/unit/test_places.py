"""Places of a class and those who wait for one: fair between namespaces, and nothing is left."""

from __future__ import annotations

from pdf_security_operator.admission import Running
from pdf_security_operator.identity import Key
from pdf_security_operator.places import Places, WaitingRoom

FIRST, SECOND = Key("legal", "first"), Key("legal", "second")


def test_places() -> None:
    """A class would run too many, or too few."""
    places = Places()
    places.take(FIRST, "standard")
    places.take(FIRST, "another")
    places.take(SECOND, "standard")
    places.take(Key("tax", "third"), "standard")
    assert places.running("standard", "legal") == Running(3, 2)
    assert places.classes_in("legal") == {"standard"}
    assert places.free(FIRST) == "standard"
    assert places.free(FIRST) is None
    assert places.free(SECOND) == "standard"
    assert FIRST not in places
    assert places.running("standard", "legal") == Running(1, 0)
    assert places.classes_in("legal") == set()


def test_a_reserved_place_is_not_given_back() -> None:
    """Two jobs would start on one place."""
    places = Places()
    with places.reserved(FIRST, "standard"):
        assert places.free(FIRST) is None
    assert FIRST in places
    assert places.free(FIRST) == "standard"


def test_wakes_each_namespace_in_its_turn() -> None:
    """A namespace with a thousand jobs would keep the others waiting."""
    room = WaitingRoom()
    for number in range(9):
        room.wait(Key("busy", f"job-{number}"), "standard", (0, f"{number}"))
    room.wait(Key("calm", "late"), "standard", (0, "99"))
    room.wait(Key("calm", "urgent"), "standard", (-5, "98"))
    room.wait(Key("calm", "elsewhere"), "other", (-9, "0"))
    woken = room.wake("standard", "busy", most=2)
    assert woken == [Key("busy", "job-0"), Key("busy", "job-1"), Key("calm", "urgent")]
    assert room.wake("standard", "calm", most=1) == [Key("calm", "late"), Key("busy", "job-2")]


def test_nobody_is_left_behind() -> None:
    """Those that wait no more would be woken for ever, or fill the memory."""
    room = WaitingRoom()
    room.wait(FIRST, "standard", (0, "1"))
    room.wait(FIRST, "other", (0, "1"))
    room.wait(SECOND, "standard", (0, "2"))
    room.leave(SECOND)
    room.leave(SECOND)
    assert room.wake_all("standard") == []
    assert len(room) == 1
    assert room.wake_all("other") == [FIRST]
    assert len(room) == 0
    assert room.wake("never", "legal") == []
