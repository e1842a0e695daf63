"""What is remembered of one kind: the newest of each, and nothing that was deleted."""

from __future__ import annotations

from typing import Any

import pytest

from pdf_security_operator import mirror as mirror_module
from pdf_security_operator.identity import Key
from pdf_security_operator.mirror import Mirror
from unit.resources import security_job

Object = dict[str, Any]
KEY = Key("legal", "contract-7")


def body(version: int, uid: str = "first") -> Object:
    """Give a resource."""
    return security_job(uid=uid, metadata={"resourceVersion": str(version)})


@pytest.fixture
def mirror() -> Mirror:
    return Mirror(lambda given: {"metadata": given["metadata"]})


def test_older_states_are_passed_over(mirror: Mirror) -> None:
    """A late event would bring an old status back, and what was done would be done again."""
    assert mirror.put(body(5))
    assert not mirror.put(body(4))
    assert not mirror.put(body(5))
    assert mirror.put(body(6))
    assert mirror.get(KEY) == {"metadata": body(6)["metadata"]}


def test_a_successor_is_not_overwritten_by_what_it_followed(mirror: Mirror) -> None:
    """A list that was on its way would bring back a resource that was replaced."""
    assert mirror.put(body(9, "second"))
    assert not mirror.put(body(5, "first"))
    assert mirror.put(body(12, "third"))


def test_what_was_deleted_does_not_come_back(mirror: Mirror) -> None:
    """A job would be created for a resource that is gone, again and again."""
    mirror.put(body(5))
    assert mirror.forget(body(6))
    assert KEY not in mirror
    assert not mirror.put(body(5))
    assert not mirror.put(body(7))
    assert mirror.put(body(8, "second"))


def test_forgets_only_the_one_that_went(mirror: Mirror) -> None:
    """The event of a deleted resource would wipe out its successor of the same name."""
    mirror.put(body(9, "second"))
    assert not mirror.forget(body(5, "first"))
    assert KEY in mirror
    assert len(mirror) == 1


def test_deletions_are_forgotten_in_the_end(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator's memory would grow for ever."""
    monkeypatch.setattr(mirror_module, "REMEMBERED_DELETIONS", 2)
    for uid in ("a", "b", "c"):
        mirror.forget(body(1, uid))
    assert mirror.put(body(2, "a"))
    assert not mirror.put(body(3, "c"))
