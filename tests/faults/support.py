"""What several of the faults' tests need beside a scene: a plane of their own, and waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from controlplane import ControlPlane, control_plane
from controlplane.operator_process import OperatorProcess, install
from e2e_support import wait_for
from faults.proxy import fault_proxy
from faults.scene import FaultScene, Object
from pdf_security_operator.status import condition_of


def learn_kinds(plane: ControlPlane) -> None:
    """Let the garbage collector learn of the kinds that were installed after its start.

    It asks for kinds every 30 s (`garbageCollectorController.Sync`), and what is owned by one that
    it does not know yet stays for so long after its owner: longer than any test wants to wait.
    """
    plane.restart("kube-controller-manager")


@contextmanager
def own_plane(folder: Path, pod_seconds: float = 0) -> Iterator[ControlPlane]:
    """Run a plane that those of one file share: their pods run for so long."""
    with control_plane(folder / "plane", pod_seconds=pod_seconds) as plane:
        install(plane)
        learn_kinds(plane)
        yield plane


def admit_authors(plane: ControlPlane) -> None:
    """Let members of `authors` write jobs, under any class."""
    for role in ("edit", "pdf-security-class-user"):
        plane.kubectl(
            "create", "clusterrolebinding", role, f"--clusterrole={role}", "--group=authors"
        )


@contextmanager
def own_scene(folder: Path, pod_seconds: float = 0) -> Iterator[FaultScene]:
    """Open a scene on a plane of its own, that nobody needs afterwards."""
    with own_plane(folder, pod_seconds) as plane, fault_proxy(plane) as proxy:
        scene = FaultScene(plane, proxy, folder / "operators")
        scene.open()
        yield scene


def hand_over(before: OperatorProcess, after: OperatorProcess) -> None:
    """Replace one by another as a rolling update does: the new one is ready first."""
    after.ready()
    assert before.terminate().code == 0
    wait_for(after.leads, "the new one leads", 5)


def await_condition(scene: FaultScene, name: str, kind: str, reason: str) -> Object:
    """Wait until a condition of a PdfSecurityJob is true for a reason; return the condition."""
    seen: list[Object] = []

    def found() -> Object | None:
        status = scene.security_jobs().get(name, {}).get("status", {})
        condition = condition_of(status, kind)
        seen[:] = [status]
        is_true = condition and condition["status"] == "True" and condition["reason"] == reason
        return condition if is_true else None

    try:
        return wait_for(found, f"{name} {kind}/{reason}", 30)
    except TimeoutError as error:
        raise AssertionError(f"{error}; it is {seen}") from error
