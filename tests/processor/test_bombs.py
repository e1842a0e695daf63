"""Documents that are made to exhaust their readers: refused in words, within memory and time."""

from __future__ import annotations

from typing import Any

import pytest

from pdf_security_processor.contract import ExitCode
from processor import bombs
from processor.pods import ENCRYPT, Pod

MEMORY = 300 * 1024**2

SANITIZE: dict[str, Any] = {"sanitize": {}}
REPAIR: dict[str, Any] = {"repair": {}}
INSPECT: dict[str, Any] = {"inspect": {}}

LIMIT, DAMAGED, DONE = ExitCode.LIMIT_EXCEEDED, ExitCode.INPUT_DAMAGED, ExitCode.SUCCEEDED

WHEN_SANITIZED = {
    "flate": LIMIT,
    "flate-of-no-length": DAMAGED,
    "double-flate": LIMIT,
    "many-flates": LIMIT,
    "run-length": LIMIT,
    "object-stream": LIMIT,
    "double-object-stream": LIMIT,
    "object-stream-in-itself": DAMAGED,
    "cross-reference-stream": DAMAGED,
    "predictor": DAMAGED,
    "million-objects": LIMIT,
    "page-tree-loop": DAMAGED,
    "page-tree-of-doubles": DAMAGED,
    "page-tree-deep": DAMAGED,
    "page-many-times": DAMAGED,
    "giant-image": LIMIT,
    "giant-flate-image": LIMIT,
    "deep-nesting": DAMAGED,
    "deep-dictionaries": DAMAGED,
    "forms-of-doubles": LIMIT,
    "many-updates": DONE,
    "long-filter-list": LIMIT,
    "damaged-objects": LIMIT,
}

WHEN_COPIED = {
    name: outcome
    for name, outcome in WHEN_SANITIZED.items()
    if name
    in (
        "flate",
        "flate-of-no-length",
        "double-flate",
        "run-length",
        "giant-image",
        "long-filter-list",
    )
} | {"many-flates": DONE, "forms-of-doubles": DONE}
"""What only reading in full, or drawing, would exhaust is not refused where it is copied."""

WHEN_REPAIRED = {
    "flate-of-no-length": LIMIT,
    "cross-reference-stream": LIMIT,
    "object-stream": LIMIT,
    "page-tree-loop": DAMAGED,
    "damaged-objects": LIMIT,
    "deep-nesting": DAMAGED,
}


@pytest.mark.parametrize(("name", "expected"), WHEN_SANITIZED.items())
def test_sanitized(pod: Pod, name: str, expected: ExitCode) -> None:
    _check(pod, name, expected, SANITIZE)


@pytest.mark.parametrize(("name", "expected"), WHEN_COPIED.items())
def test_copied(pod: Pod, name: str, expected: ExitCode) -> None:
    _check(pod, name, expected, ENCRYPT)


@pytest.mark.parametrize(("name", "expected"), WHEN_REPAIRED.items())
def test_repaired(pod: Pod, name: str, expected: ExitCode) -> None:
    _check(pod, name, expected, REPAIR, SANITIZE)


def test_repaired_and_copied(pod: Pod) -> None:
    """A length is not believed where it is mended."""
    _check(pod, "flate-of-no-length", LIMIT, REPAIR, ENCRYPT)


@pytest.mark.parametrize("name", ["flate", "many-flates"])
def test_inspected(pod: Pod, name: str) -> None:
    """An inspection of what nobody can read says so, too."""
    _check(pod, name, WHEN_COPIED[name], INSPECT, save=False)


def _check(
    pod: Pod, name: str, expected: ExitCode, *operations: dict[str, Any], save: bool = True
) -> None:
    pod.input.write_bytes(bombs.BOMBS[name]())
    # Its own bounds end it, long before this one.
    result = pod.run(pod.request(*operations, limits={"workerSeconds": 60}, save=save))
    assert result.status == expected, result.log
    assert result.summary
    assert result.summary.peak_memory_bytes < MEMORY
    assert "longer than 60 seconds" not in result.log
