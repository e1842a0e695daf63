"""A stand-in for a cloud's metadata service, on its address inside the node of the test cluster."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cluster import Cluster, machine, processes

ADDRESS = "169.254.169.254"
PORT = 80

_LISTENER = (
    "import socket\n"
    f"with socket.create_server(('{ADDRESS}', {PORT})) as server:\n"
    "    print('listening', flush=True)\n"
    "    while True: server.accept()[0].close()\n"
)


@contextmanager
def metadata_service(cluster: Cluster) -> Iterator[bool]:
    """Let something answer there; yields whether it does, which only the embedded cluster can."""
    if cluster.provider.name != "embedded":
        yield False
        return
    # Process 1 of the node; the other one of the two is its parent, outside.
    node = max(machine.find_processes(cluster.layout))
    enter = ["nsenter", "--target", str(node), "--net"]
    address = [f"{ADDRESS}/32", "dev", "lo"]
    processes.run([*enter, "ip", "address", "replace", *address], next_step="is iproute2 there?")
    try:
        with subprocess.Popen(
            [*enter, sys.executable, "-c", _LISTENER], stdout=subprocess.PIPE, text=True
        ) as listener:
            assert listener.stdout is not None
            listener.stdout.readline()
            try:
                yield True
            finally:
                listener.kill()
    finally:
        processes.run([*enter, "ip", "address", "delete", *address], next_step="see `ip address`")
