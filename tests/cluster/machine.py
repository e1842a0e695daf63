"""What the embedded cluster does to the host itself: processes, a cable, cgroups. And undoes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cluster import addresses, processes
from cluster.errors import ClusterError, CommandFailedError, RefusedError, StartFailedError
from cluster.layout import SOURCE, Layout

INIT_MODULE = "cluster.init"

NAMESPACES = ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child=SIGKILL"]

OTHER_WAYS = (
    "run as root (sudo -E), or use another cluster: PDF_SECURITY_CLUSTER=kind with Docker, "
    "or PDF_SECURITY_CLUSTER=existing with PDF_SECURITY_CONTEXT"
)

CGROUPS = Path("/sys/fs/cgroup")
CGROUP_FOLDERS = ("kubepods", "k8s.io")
"""Made by kubelet and containerd."""

PATIENCE = 15.0
"""Seconds for the kernel to take processes, interfaces and cgroups apart."""


def refuse_if_impossible() -> None:
    """Raise if this machine or user cannot run the embedded cluster."""
    if sys.platform != "linux":
        raise RefusedError("the embedded cluster runs on Linux only", OTHER_WAYS)
    if os.geteuid() != 0:
        raise RefusedError("the embedded cluster needs root", OTHER_WAYS)
    try:
        processes.run(["unshare", *NAMESPACES, "true"], next_step=OTHER_WAYS, seconds=10)
    except CommandFailedError as problem:
        raise RefusedError(
            f"no new namespaces may be made here: {problem.what}", OTHER_WAYS
        ) from None


def spawn_init(layout: Layout) -> int:
    """Start process 1 in new namespaces; return its id as the host sees it."""
    with (layout.log_of("init")).open("ab") as log:
        outer = subprocess.Popen(
            ["unshare", *NAMESPACES, sys.executable, "-m", INIT_MODULE, str(layout.state)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(SOURCE.parent), "PYTHONDONTWRITEBYTECODE": "1"},
            cwd="/",
            # It must outlive this command and its terminal.
            start_new_session=True,
        )
    children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children")
    wait_until(lambda: outer.poll() is not None or children.read_text().strip() != "", 5)
    if outer.poll() is not None:
        raise StartFailedError(
            f"process 1 ended at once: {layout.log_of('init').read_text()[-1000:]}", OTHER_WAYS
        )
    outer.returncode = 0  # Its end is not ours to wait for: it stays when this command ends.
    return int(children.read_text().split()[0])


def find_processes(layout: Layout) -> list[int]:
    """Return process 1 and its parent of the cluster in this state folder."""
    wanted = f"{INIT_MODULE}\0{layout.state}\0".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cmdline").read_bytes().endswith(wanted):
                    found.append(int(entry.name))
            except OSError:  # It has ended meanwhile.
                continue
    return found


def kill_processes(layout: Layout) -> None:
    """Kill the cluster's process 1, and so everything in its namespaces."""
    for pid in find_processes(layout):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    if not wait_until(lambda: not find_processes(layout), PATIENCE):
        raise ClusterError(
            f"processes {find_processes(layout)} do not end although killed",
            "look at /proc/PID/stack for what the kernel waits for",
        )


def connect(layout: Layout, pid: int) -> None:
    """Lay a cable from the host into the node's network and route pods and services over it."""
    ip("link", "add", addresses.HOST_INTERFACE, "type", "veth",
       "peer", "name", addresses.NODE_INTERFACE, "netns", str(pid))  # fmt: skip
    ip("link", "set", addresses.HOST_INTERFACE, "alias", str(layout.state))
    own = f"{addresses.HOST_ADDRESS}/{addresses.CABLE_PREFIX}"
    ip("address", "add", own, "dev", addresses.HOST_INTERFACE)
    ip("link", "set", addresses.HOST_INTERFACE, "up")
    for network in (addresses.POD_NETWORK, addresses.SERVICE_NETWORK):
        ip("route", "add", network, "via", addresses.NODE_ADDRESS)


def disconnect(layout: Layout) -> None:
    """Remove the cable, if it is this cluster's."""
    owner = cable_owner()
    if owner is None:
        return
    if owner != str(layout.state):
        raise RefusedError(
            f"the interface {addresses.HOST_INTERFACE} belongs to the cluster in {owner or '?'}",
            f"take that one down first: PDF_SECURITY_CLUSTER_STATE={owner} python -m cluster down",
        )
    try:
        ip("link", "delete", addresses.HOST_INTERFACE)
    except CommandFailedError:
        # The kernel removes it too, soon after the node's last process ended.
        if not wait_until(lambda: cable_owner() is None, PATIENCE):
            raise


def cable_owner() -> str | None:
    """Return the state folder of the cluster that the cable belongs to; None without a cable."""
    if not Path("/sys/class/net", addresses.HOST_INTERFACE).exists():
        return None
    try:
        (link,) = json.loads(ip("-json", "link", "show", addresses.HOST_INTERFACE))
    except CommandFailedError:
        return None
    return str(link.get("ifalias", ""))


def ip(*arguments: str) -> str:
    """Run iproute2's program."""
    return processes.run(
        ["ip", *arguments],
        next_step="does another cluster or VPN use the same addresses? See `ip route`",
        seconds=10,
    )


def remove_cgroups() -> None:
    """Remove the empty cgroups of pods; those of a running kubelet are not empty and stay."""
    hierarchies = [CGROUPS, *(path for path in CGROUPS.glob("*") if path.is_dir())]
    tops = [folder / name for folder in hierarchies for name in CGROUP_FOLDERS]

    def gone() -> bool:
        for top in tops:
            if top.is_dir():
                _remove_tree_of_cgroups(top)
        return not any(top.is_dir() for top in tops)

    wait_until(gone, PATIENCE)


def _remove_tree_of_cgroups(top: Path) -> None:
    for folder, _, _ in os.walk(top, topdown=False):
        try:
            Path(folder).rmdir()
        except OSError:  # Still a dying process in it; the caller tries again.
            continue


def unmount_beneath(folder: Path) -> None:
    """Unmount what is mounted in a folder, deepest first."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    mounts = [line.split()[4] for line in lines]
    for mount in sorted(mounts, reverse=True):
        if mount.startswith(f"{folder}/"):
            processes.run(["umount", "--lazy", mount], next_step="see `mount`", seconds=10)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Return whether something came to hold within the time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
