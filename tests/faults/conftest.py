"""The plane of all faults, and a scene for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from controlplane import ControlPlane, control_plane
from controlplane.operator_process import install
from faults.client import Client
from faults.proxy import fault_proxy
from faults.scene import FaultScene


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """One control plane for all faults that leave it as it was."""
    with control_plane(tmp_path_factory.mktemp("faults") / "plane") as running:
        install(running)
        yield running


@pytest.fixture
def scene(plane: ControlPlane, tmp_path: Path) -> Iterator[FaultScene]:
    """A namespace of the test's own, and a proxy before the plane."""
    with fault_proxy(plane) as proxy:
        made = FaultScene(plane, proxy, tmp_path / "operators")
        made.open()
        yield made
        made.close()


@pytest.fixture
def client(plane: ControlPlane) -> Client:
    """The administrator."""
    return Client(plane)
