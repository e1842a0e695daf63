"""Finds free ports of loopback. Listens on none of them."""

from __future__ import annotations

import random
import socket
from pathlib import Path

FIRST = 11000
"""Beneath lie the well-known ports of Kubernetes' own components."""

RANGE_FILE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_ports(count: int) -> list[int]:
    """Choose ports that nothing listens on, and that no client's end of a connection takes.

    A server that is killed and started again must find its port free. One that the kernel hands
    out by itself may be given to a client meanwhile; trying to reach the dead server, that client
    may even come to be connected with itself.
    """
    last = int(RANGE_FILE.read_text().split()[0]) - 1
    candidates = random.sample(range(FIRST, last), k=last - FIRST)
    found: list[int] = []
    for port in candidates:
        if len(found) == count:
            break
        if _is_free(port):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        # As servers in Go do it: connections that are through do not keep the port.
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            # All addresses, since the operator's health port is on all.
            tried.bind(("", port))
        except OSError:
            return False
    return True
