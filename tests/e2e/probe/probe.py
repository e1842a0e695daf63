"""Runs in place of the processor, in a pod that the operator made, and tells what it finds there.

Standard library only: it runs in the processor's own image. One JSON object on standard output.
"""

import json
import os
import socket
import ssl
import sys
import time
from pathlib import Path
from typing import Any

SECRETS = Path("/var/run/pdf-security/secrets")
TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
CLOSED_SECONDS = 10.0
ROUNDS = 3


def status_fields() -> dict[str, list[str]]:
    """Read what the kernel says of this process."""
    wanted = ("Uid", "Gid", "Groups", "CapEff", "CapPrm", "CapBnd", "Seccomp", "NoNewPrivs")
    lines = Path("/proc/self/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return {name: fields[name].split() for name in wanted}


def writable(folder: str) -> bool:
    """Try to make a file."""
    place = Path(folder) / "probe-was-here"
    try:
        place.write_text("x")
    except OSError:
        return False
    place.unlink()
    return True


def file_system(folder: str) -> dict[str, Any] | None:
    """Type and size of what is mounted at a folder."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if place == folder:
            facts = os.statvfs(folder)
            return {"type": kind, "bytes": facts.f_frsize * facts.f_blocks}
    return None


def fill(folder: str, bound: int) -> dict[str, int | None]:
    """Write until it is full; return how much went in, and the error's number."""
    place, block, written = Path(folder) / "fill", b"x" * 2**20, 0
    try:
        with place.open("wb", buffering=0) as file:
            while written < bound:
                written += file.write(block)
    except OSError as error:
        return {"bytes": written, "errno": error.errno}
    finally:
        place.unlink(missing_ok=True)
    return {"bytes": written, "errno": 0}


def reaches(host: str, port: str) -> bool:
    """Try to connect."""
    try:
        with socket.create_connection((host, int(port)), timeout=1.5):
            return True
    except OSError:
        return False


def closes(host: str, port: str) -> int | None:
    """Wait until an address is out of reach; return the milliseconds, None if it stays open."""
    begun = time.monotonic()
    while time.monotonic() - begun < CLOSED_SECONDS:
        if not reaches(host, port):
            return int((time.monotonic() - begun) * 1000)
        time.sleep(0.01)
    return None


def shakes_hands(host: str, port: str) -> bool:
    """Complete a TLS handshake; trust is the processor's business."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((host, int(port)), timeout=5) as plain:
            context.wrap_socket(plain).close()
    except OSError:
        return False
    return True


def resolves(name: str) -> bool:
    """Ask the name servers, more than once: an answer may get lost."""
    for _ in range(ROUNDS):
        try:
            socket.getaddrinfo(name, 443)
        except OSError:
            time.sleep(0.2)
        else:
            return True
    return False


def network(targets: dict[str, str]) -> dict[str, Any]:
    """Try all targets, after the policies have closed the API server off."""
    api = targets["apiService"].rsplit(":", 1)
    facts: dict[str, Any] = {"closedAfterMilliseconds": closes(*api)}
    for name, target in targets.items():
        host, port = target.rsplit(":", 1)
        facts[name] = reaches(host, port)
    store = targets["storeName"].rsplit(":", 1)
    facts["storeHandshake"] = shakes_hands(*store)
    facts["storeResolves"] = resolves(store[0])
    return facts


def main() -> None:
    """Print the facts."""
    targets = json.loads(Path("/probe/targets.json").read_text())
    mounted = sorted(str(path.relative_to(SECRETS)) for path in SECRETS.glob("[!.]*/[!.]*"))
    facts = {
        "status": status_fields(),
        "uidMap": Path("/proc/self/uid_map").read_text().split(),
        "writable": {
            folder: writable(folder)
            for folder in ("/", "/tmp", "/app/src", "/usr/bin", "/etc", "/dev", "/dev/shm", "/var")
        },
        "rootReadOnly": bool(os.statvfs("/").f_flag & os.ST_RDONLY),
        "scratchWritable": writable("/scratch"),
        "inputWritable": writable("/data/input"),
        "scratch": file_system("/scratch"),
        "filled": fill("/scratch", 512 * 2**20),
        "token": TOKEN.exists(),
        "environment": sorted(os.environ),
        "secrets": {name: oct((SECRETS / name).stat().st_mode & 0o777) for name in mounted},
        "network": network(targets),
    }
    sys.stdout.write(json.dumps(facts) + "\n")


main()
