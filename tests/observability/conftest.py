"""The programs that the operator is watched by, compiled once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.toolchain import build
from controlplane import ControlPlane, control_plane
from controlplane.operator_process import install
from observability import scene


@pytest.fixture(scope="session")
def promtool() -> Path:
    """Prometheus' own checks and rule tests."""
    return build(["prometheus"])["prometheus"] / "promtool"


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane for all tests here."""
    with control_plane(tmp_path_factory.mktemp("observability") / "plane") as running:
        install(running)
        yield running


@pytest.fixture(scope="session")
def watched(
    plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[scene.Watched]:
    """Two operators, jobs of every kind, and Prometheus."""
    with scene.watched(plane, tmp_path_factory.mktemp("watched")) as running:
        yield running
