"""The control plane of plain processes itself: what faults and loads are measured with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cluster.errors import CommandFailedError, StartFailedError
from controlplane import ControlPlane, control_plane
from controlplane.operator_process import build_job, install, operator_process
from e2e_support import Object, phase_of, wait_for
from product import await_admission


def test_a_job_succeeds_and_outlives_its_api_server(tmp_path: Path) -> None:
    """Would break: faults and loads are measured on jobs that never ran, or whose data are lost."""
    with control_plane(tmp_path / "plane") as plane:
        install(plane)
        with operator_process(plane, tmp_path / "operator") as operator:
            operator.ready()
            _apply(plane, build_job("letter"))
            done = wait_for(lambda: _succeeded(plane, "letter"), "letter Succeeded")
            assert done["status"]["report"]["input"]["pages"] == 3
            assert operator.terminate().code == 0
        room = plane.kubectl("get", "nodes", "-o", "jsonpath={.items[*].status.allocatable.pods}")
        assert room.split() == ["5k"] * len(plane.nodes)
        logged = [
            json.loads(line)["objectRef"] for line in plane.audit_log.read_text().splitlines()
        ]
        assert "pdfsecurityjobs" in {reference["resource"] for reference in logged}

        plane.kill("kube-apiserver")
        with pytest.raises(CommandFailedError):
            plane.kubectl("get", "psj")
        plane.start("kube-apiserver")
        assert _read(plane, "letter") == done
        # The first admission policies may be asked for before the server has read them.
        await_admission(plane.kubectl)
        _apply(plane, build_job("second"))


def test_users_have_the_rights_of_their_groups_alone(tmp_path: Path) -> None:
    """Would break: whoever is to be refused is an administrator, and no test of rights fails."""
    with control_plane(tmp_path, fake_nodes=0) as plane:
        certificate, key = plane.client_certificate("jane", ["auditors", "team-a"])
        jane = (f"--client-certificate={certificate}", f"--client-key={key}")
        told = json.loads(plane.kubectl(*jane, "auth", "whoami", "-o", "json"))
        assert told["status"]["userInfo"]["username"] == "jane"
        assert told["status"]["userInfo"]["groups"][:2] == ["auditors", "team-a"]
        with pytest.raises(CommandFailedError, match=r"jane.*cannot list"):
            plane.kubectl(*jane, "get", "pods")
        plane.kubectl("create", "clusterrolebinding", "v", "--clusterrole=view", "--group=team-a")
        plane.kubectl(*jane, "get", "pods")


def test_a_component_that_does_not_start_says_why(tmp_path: Path) -> None:
    """Would break: a plane that cannot run is waited for in silence, and what ran of it stays."""
    with control_plane(tmp_path, fake_nodes=1) as plane:
        plane.kill("etcd")
        (tmp_path / "etcd" / "member" / "snap" / "db").write_bytes(b"\0" * 65536)
        with pytest.raises(StartFailedError, match=r"etcd ended with \d+; its last words"):
            plane.start("etcd")


def _apply(plane: ControlPlane, document: Object) -> None:
    plane.kubectl("apply", "-f", "-", input=json.dumps(document))


def _read(plane: ControlPlane, name: str) -> Object:
    return dict(json.loads(plane.kubectl("get", "psj", name, "-o", "json")))


def _succeeded(plane: ControlPlane, name: str) -> Object | None:
    job = _read(plane, name)
    if phase_of(job) == "Failed":
        raise AssertionError(f"{name} is to succeed, and is {job['status']}")
    return job if phase_of(job) == "Succeeded" else None
