"""A control plane for each file of tests: what one installs is not in the way of another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from controlplane import ControlPlane, control_plane


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane on which nothing of ours is installed."""
    with control_plane(tmp_path_factory.mktemp("installing") / "plane") as running:
        yield running
