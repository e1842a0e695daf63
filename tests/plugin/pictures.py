"""`python -m plugin.pictures`: what `docs/how-to/kubectl-pdfsec.md` shows, made by running it.

Each command of the page is typed on a terminal of a real control plane, in the page's order, and
what it wrote is put beneath it; some become pictures in `docs/images`. Asserts nothing.
"""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from controlplane import ControlPlane, control_plane
from controlplane.operator_process import build_class, build_job, install, operator_process
from e2e_support import wait_for
from faults.client import Client
from images.build import REPOSITORY
from plugin.conftest import TOO_MUCH
from plugin.person import PROGRAM

PAGE = REPOSITORY / "docs" / "how-to" / "kubectl-pdfsec.md"
IMAGES = REPOSITORY / "docs" / "images"

NAMESPACE = "legal"

PICTURED = {
    "kubectl pdfsec explain letter-31": "terminal-explain.svg",
    "kubectl pdfsec top": "terminal-top.svg",
    "kubectl pdfsec report contract-7": "terminal-report.svg",
}

COLUMNS = 124

BLOCK = re.compile(r"```console\n\$ (?P<command>[^\n]+)\n.*?```", re.DOTALL)


def main() -> int:
    """Make the page and its pictures anew."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with control_plane(place / "plane", fake_nodes=3, pod_seconds=1) as plane:
            install(plane)
            with operator_process(plane, place / "operator") as operator:
                operator.ready()
                wait_for(operator.leads, "the operator leads")
                _set_up(plane, place)
                environment = _environment(plane)

                def retold(block: re.Match[str]) -> str:
                    written = _typed(block["command"], place, environment)
                    _draw(block["command"], written)
                    # Without the blanks that fill a terminal's lines.
                    plain = re.sub(r" +$", "", Text.from_ansi(written).plain, flags=re.MULTILINE)
                    return f"```console\n$ {block['command']}\n{plain.strip()}\n```"

                PAGE.write_text(BLOCK.sub(retold, PAGE.read_text()))
    return 0


def _set_up(plane: ControlPlane, folder: Path) -> None:
    """Let one job have ended, one hold the place of its class, and one wait for that."""
    client = Client(plane)
    client.create("namespaces", {"metadata": {"name": NAMESPACE}})
    narrow = build_class("large-scans", bounds={"cpu": "1000000"}, concurrency={"total": 1})
    del narrow["metadata"]["annotations"]
    client.create("pdfsecurityclasses", narrow)
    wide = {"spec": {"concurrency": {"total": 32, "perNamespace": 10}}}
    client.patch("pdfsecurityclasses", "standard", wide)
    manifest = folder / "job.yaml"
    manifest.write_text(yaml.safe_dump(build_job("contract-7", NAMESPACE), sort_keys=False))
    for name, phase in (("scan-0412", "Running"), ("letter-31", "Queued")):
        body = build_job(name, NAMESPACE, className="large-scans", resources=TOO_MUCH)
        client.create("pdfsecurityjobs", body, NAMESPACE)

        def arrived(name: str = name, phase: str = phase) -> bool:
            job = client.get("pdfsecurityjobs", name, NAMESPACE) or {}
            return bool(job.get("status", {}).get("phase") == phase)

        wait_for(arrived, f"{name} is {phase}")
    plane.kubectl("config", "set-context", "--current", f"--namespace={NAMESPACE}")


def _environment(plane: ControlPlane) -> dict[str, str]:
    programs = f"{PROGRAM.parent}:{plane.kubectl_path.parent}"
    return {
        "PATH": f"{programs}:{os.defpath}",
        "HOME": str(plane.folder),
        "KUBECONFIG": str(plane.kubeconfig),
        "TERM": "xterm-256color",
        "COLUMNS": str(COLUMNS),
        "LANG": "C.UTF-8",
    }


def _typed(command: str, folder: Path, environment: dict[str, str]) -> str:
    """Type a command on a terminal; return what it wrote, colours and all."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        ["sh", "-c", command], cwd=folder, env=environment, stdout=follower, stderr=follower
    ):
        os.close(follower)
        written = b""
        # At the end of what is on a terminal, Linux says EIO.
        while piece := _read(leader):
            written += piece
    os.close(leader)
    return written.decode().replace("\r\n", "\n")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


def _draw(command: str, written: str) -> None:
    if command not in PICTURED:
        return
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "dim"), command))
    console.print(Text.from_ansi(written.rstrip()))
    target = IMAGES / PICTURED[command]
    # Of its own, the library's font would be fetched by whoever looks at it.
    svg = console.export_svg(title="legal", theme=MONOKAI, unique_id=target.stem)
    target.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL))


if __name__ == "__main__":
    sys.exit(main())
