"""Prometheus' own opinion of the metrics' names, types and help texts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cluster.toolchain import build
from metrics_scene import filled


@pytest.fixture(scope="module")
def promtool() -> Path:
    """The program, compiled from Prometheus' sources."""
    return build(["prometheus"])["prometheus"] / "promtool"


def test_promtool_has_nothing_to_say(promtool: Path) -> None:
    """Dashboards and alerts of others rely on these conventions; a rename later breaks them."""
    body, _ = filled().render()
    done = subprocess.run(
        [str(promtool), "check", "metrics"], input=body, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
