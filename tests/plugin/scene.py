"""What `docs/how-to/kubectl-pdfsec.md` takes for given: a cluster, a class that is full, and jobs.

`eval "$(python -m plugin.scene FOLDER)"` opens it for a shell, in whose process group it ends; the
manifest `job.yaml` of a job that is still to be submitted is in the folder where that is typed.
"""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml

from controlplane import ControlPlane, control_plane
from controlplane.operator_process import build_class, build_job, install, operator_process
from e2e_support import wait_for
from faults.client import Client
from plugin.conftest import TOO_MUCH
from plugin.person import PROGRAM

NAMESPACE = "legal"

COLUMNS = 124

POD_SECONDS = 1.0
"""Long enough that a job is seen to run."""

OPENED = "opened"


@contextmanager
def scene(folder: Path) -> Iterator[dict[str, str]]:
    """Let it be there while the block runs; give the variables by which a shell is in it."""
    with control_plane(folder / "plane", fake_nodes=3, pod_seconds=POD_SECONDS) as plane:
        install(plane)
        with operator_process(plane, folder / "operator") as operator:
            operator.ready()
            wait_for(operator.leads, "the operator leads")
            _set_up(plane)
            yield {
                "PATH": f"{PROGRAM.parent}:{plane.kubectl_path.parent}",
                "KUBECONFIG": str(plane.kubeconfig),
                "COLUMNS": str(COLUMNS),
            }


def write_job(folder: Path) -> None:
    """Write the manifest of the job that the page submits."""
    body = build_job("contract-7", NAMESPACE)
    (folder / "job.yaml").write_text(yaml.safe_dump(body, sort_keys=False))


def main(arguments: list[str]) -> int:
    """Open it in another process, and print what the shell is to know."""
    folder = Path(arguments[0]).absolute()
    if arguments[1:]:
        with scene(folder) as variables:
            sys.stdout.write(f"{_exports(variables)}{OPENED}\n")
            sys.stdout.flush()
            # Until the shell's group is killed.
            signal.pause()
        return 0
    folder.mkdir(parents=True)
    write_job(Path())
    again = [sys.executable, "-m", "plugin.scene", str(folder), "in-front"]
    with (folder / "log").open("wb") as log:
        opened = subprocess.Popen(again, stdout=subprocess.PIPE, stderr=log)
    assert opened.stdout
    for line in opened.stdout:
        if line == f"{OPENED}\n".encode():
            return 0
        sys.stdout.write(line.decode())
    sys.stderr.write(f"the scene did not open: {folder / 'log'}\n")
    return 1


def _exports(variables: Mapping[str, str]) -> str:
    path = f"export PATH={shlex.quote(variables['PATH'])}:$PATH\n"
    return path + "".join(
        f"export {name}={shlex.quote(value)}\n"
        for name, value in variables.items()
        if name != "PATH"
    )


def _set_up(plane: ControlPlane) -> None:
    """Let one job hold the place of its class, and one wait for that."""
    client = Client(plane)
    client.create("namespaces", {"metadata": {"name": NAMESPACE}})
    narrow = build_class("large-scans", bounds={"cpu": "1000000"}, concurrency={"total": 1})
    del narrow["metadata"]["annotations"]
    client.create("pdfsecurityclasses", narrow)
    wide = {"spec": {"concurrency": {"total": 32, "perNamespace": 10}}}
    client.patch("pdfsecurityclasses", "standard", wide)
    for name, reason in (("scan-0412", "Unschedulable"), ("letter-31", "ConcurrencyLimit")):
        body = build_job(name, NAMESPACE, className="large-scans", resources=TOO_MUCH)
        client.create("pdfsecurityjobs", body, NAMESPACE)

        def arrived(name: str = name, reason: str = reason) -> bool:
            job = client.get("pdfsecurityjobs", name, NAMESPACE) or {}
            return bool(job.get("status", {}).get("reason") == reason)

        wait_for(arrived, f"{name} is {reason}")
    plane.kubectl("config", "set-context", "--current", f"--namespace={NAMESPACE}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
