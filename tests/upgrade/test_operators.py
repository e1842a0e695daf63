"""The operator before, as it was, hands over to this one and takes over again: each job done once.

Beside an API server; the same with pods that run is in `test_upgrade`.
"""

from __future__ import annotations

from pathlib import Path

from controlplane.operator_process import OperatorProcess
from e2e_support import wait_for
from faults.row import Row
from faults.support import hand_over, own_scene
from upgrade.previous import PREVIOUS, check_out


def test_an_upgrade_and_a_rollback_lose_nothing(tmp_path: Path) -> None:
    """Would break: an upgrade costs jobs, or does them twice; or there is no way back."""
    previous = check_out(tmp_path / "previous")
    sources = f"{previous / 'operator' / 'src'}:{previous / 'processor-image' / 'src'}"
    before = {"PYTHONPATH": sources}
    row = Row("55u", f"{PREVIOUS} replaced in mid-run, and rolled back", "each job done once")
    with (
        own_scene(tmp_path, pod_seconds=2) as scene,
        scene.operator("old", settings=before) as old,
    ):
        wait_for(old.leads, "the old one leads")
        assert not _is_of_this_checkout(old)
        scene.create_jobs(30, "before")
        scene.await_created(5)
        with scene.operator("new") as new:
            hand_over(old, new)
            assert _is_of_this_checkout(new)
            scene.create_jobs(30, "upgraded")
            scene.await_created(35)
            assert scene.unfinished()
            with scene.operator("back", settings=before) as back:
                hand_over(new, back)
                scene.create_jobs(30, "rolled-back")
                scene.await_final()
                scene.verify(row, back)


def _is_of_this_checkout(process: OperatorProcess) -> bool:
    """Whether a process takes its code from no other place than its installation."""
    environment = Path(f"/proc/{process.pid}/environ").read_bytes()
    return b"PYTHONPATH=" not in environment
