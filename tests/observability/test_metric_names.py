"""Prometheus' own opinion of the metrics' names, types and help texts."""

from __future__ import annotations

import subprocess
from pathlib import Path

from metrics_scene import filled


def test_promtool_has_nothing_to_say(promtool: Path) -> None:
    """Dashboards and alerts of others rely on these conventions; a rename later breaks them."""
    body, _ = filled().render()
    done = subprocess.run(
        [str(promtool), "check", "metrics"], input=body, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
