"""Whether a Job has ended, or is about to say how."""

from __future__ import annotations

from typing import Any

import pytest

from pdf_security_operator.endings import ending_of, is_settling

Object = dict[str, Any]


def holding(kind: str, value: str = "True") -> Object:
    """Give a status with one condition."""
    return {"conditions": [{"type": kind, "status": value}]}


@pytest.mark.parametrize(
    ("status", "ended", "settling"),
    [
        pytest.param({}, False, False, id="new"),
        pytest.param(holding("Complete"), True, False, id="complete"),
        pytest.param(holding("Failed"), True, False, id="failed"),
        pytest.param(holding("Failed", "False"), False, False, id="not-failed"),
        pytest.param(holding("FailureTarget"), False, True, id="failing"),
        pytest.param({"uncountedTerminatedPods": {"failed": ["x"]}}, False, True, id="uncounted"),
        pytest.param({"uncountedTerminatedPods": {}}, False, False, id="all-counted"),
    ],
)
def test_ends(status: Object, ended: bool, settling: bool) -> None:
    """A status would be written of a Job that is about to say something else."""
    assert (ending_of(status) is not None) is ended
    assert is_settling(status) is settling
