"""The plane of all faults, a scene for each, and the rows of the table."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from controlplane import ControlPlane, control_plane
from controlplane.operator_process import install
from faults.client import Client
from faults.proxy import fault_proxy
from faults.row import Row
from faults.scene import FaultScene

PASSED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fault(number, name, expected): a row of the table")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "call":
        item.stash[PASSED] = report.passed
    return report


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


@pytest.fixture
def fault(request: pytest.FixtureRequest) -> Iterator[Row]:
    """The row of this test, written at its end; `@pytest.mark.fault` says what it is about."""
    marker = request.node.get_closest_marker("fault")
    assert marker is not None
    row = Row(*marker.args)
    callspec = getattr(request.node, "callspec", None)
    if callspec:
        row.number = f"{row.number}-{callspec.id}"
    yield row
    row.passed = request.node.stash.get(PASSED, False)
    row.write()
