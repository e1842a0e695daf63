"""What of two versions works together: this operator with the definitions before, and on."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cluster import processes
from controlplane import ControlPlane, control_plane
from controlplane.files import build_summary
from controlplane.operator_process import install, operator_process
from images.build import REPOSITORY
from installing.releases import read, run_job
from pdf_security_processor.contract import Request, Summary
from pdf_security_processor.contract.request import REQUEST_VARIABLE
from product import await_admission, await_kinds
from upgrade.previous import check_out


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release before this one."""
    return check_out(tmp_path_factory.mktemp("previous") / "checkout")


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with nothing of ours."""
    with control_plane(tmp_path_factory.mktemp("upgrade") / "plane") as running:
        yield running


def test_definitions_of_the_release_before(
    plane: ControlPlane, previous: Path, tmp_path: Path
) -> None:
    """Would break: between definitions and operator, jobs are lost; or none can be rolled back."""
    install(plane)
    with operator_process(plane, tmp_path) as operator:
        operator.ready()
        operator.settled()
        run_job(plane, "new-definitions")
        plane.kubectl("apply", "--server-side", "--force-conflicts", "-k", str(previous / "crds"))
        await_kinds(plane.kubectl)
        await_admission(plane.kubectl)
        kept = read(plane, "new-definitions")
        assert kept is not None
        assert kept["status"]["phase"] == "Succeeded"
        run_job(plane, "old-definitions")
        plane.kubectl("apply", "--server-side", "--force-conflicts", "-k", str(REPOSITORY / "crds"))
        await_admission(plane.kubectl)
        run_job(plane, "new-again")


def test_the_processor_before_understands_what_it_is_told(previous: Path) -> None:
    """Would break: a class that names the processor before ends every job with a bad request.

    What is new in a request is left out where nobody asks for it.
    """
    requests = list(_requests(REPOSITORY))
    assert len(requests) > 3
    reading = (
        "import sys, json; from pdf_security_processor.contract import Request\n"
        "for text in json.load(sys.stdin): Request.model_validate_json(text)"
    )
    _run_in(previous, reading, json.dumps(requests))


def test_the_processor_understands_the_operator_before(previous: Path) -> None:
    """Would break: a Job that the operator before created, and that starts after the upgrade."""
    for text in _requests(previous):
        Request.model_validate_json(text)


def test_what_the_processor_before_reports_is_understood(previous: Path) -> None:
    """Would break: a job that ran during the upgrade ends without a result."""
    telling = (
        "from controlplane.files import build_summary\n"
        "print(build_summary().to_termination_message(), end='')"
    )
    told = _run_in(previous, telling)
    assert Summary.model_validate_json(told) == build_summary()


def _requests(checkout: Path) -> Iterator[str]:
    """Give what the pods of a checkout's Jobs are told."""
    for file in sorted((checkout / "tests" / "unit" / "golden").glob("*.yaml")):
        [container] = yaml.safe_load(file.read_text())["spec"]["template"]["spec"]["containers"]
        variables = {each["name"]: each["value"] for each in container["env"]}
        yield variables[REQUEST_VARIABLE]


def _run_in(checkout: Path, program: str, told: str = "") -> str:
    """Run a program on a checkout's own packages."""
    sources = ("processor-image/src", "operator/src", "tests", "tools")
    path = os.pathsep.join(str(checkout / source) for source in sources)
    return processes.run(
        [sys.executable, "-c", program],
        input=told,
        environment={"PATH": os.defpath, "PYTHONPATH": path},
        next_step="see CONTRIBUTING.md: what two versions must understand of each other",
    )


def test_definitions_only_grow(previous: Path) -> None:
    """Would break: a field that somebody's jobs have is pruned from them by an upgrade."""
    for name in ("pdfsecurityjobs.yaml", "pdfsecurityclasses.yaml"):
        before = _versions(previous / "crds" / name)
        now = _versions(REPOSITORY / "crds" / name)
        for version, fields in before.items():
            assert fields <= now.get(version, set()), f"{name} {version} lost fields"


def _versions(file: Path) -> dict[str, set[str]]:
    definition = yaml.safe_load(file.read_text())
    return {
        version["name"]: set(_fields(version["schema"]["openAPIV3Schema"], ""))
        for version in definition["spec"]["versions"]
    }


def _fields(schema: dict[str, object], path: str) -> Iterator[str]:
    properties, items = schema.get("properties", {}), schema.get("items")
    assert isinstance(properties, dict)
    for name, below in properties.items():
        yield f"{path}.{name}"
        yield from _fields(below, f"{path}.{name}")
    if isinstance(items, dict):
        yield from _fields(items, f"{path}[]")
