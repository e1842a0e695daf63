"""Runs in the processor's place and tells as JSON what it may do there. Judges nothing.

Put into an image by `image`, judged by `rules`; imports nothing but the standard library.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import ssl
import stat
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Any

Facts = dict[str, Any]

PATIENCE = 30.0
"""Seconds within which the network policies must stand, or a way that they open be open: forty pods
that start at once on two cores keep the plugin that enforces them busy for ten."""

ATTEMPT = 0.3
PAUSE = 0.02
IN_A_ROW = 5
"""Failures: one may be a lost packet. Five attempts are 1.5 s in which nothing came through."""

TRIED = ("/", "/etc", "/usr/lib", "/app/src", "/var", "/var/run", "/run", "/tmp", "/dev",
         "/proc/sys/kernel", "/sys", "/careless")  # fmt: skip

STATUS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "Seccomp", "NoNewPrivs")

MESSAGE_BYTES = 4096


def main() -> int:
    """Tell the facts in the log, and as much as fits in the termination message."""
    if len(sys.argv) > 1:
        return _serve(int(sys.argv[1]))
    started = time.monotonic()
    request = json.loads(os.environ["PDF_SECURITY_REQUEST"])
    place = request["input"]["file"]
    targets = json.loads(Path(place["root"], place["path"]).read_text())
    network: Facts = {}
    facts = {**_process(), **_files(), "network": network}
    # The ways that must be closed first: what is open before the policies stand proves nothing.
    for wave in (False, True):
        threads = [
            threading.Thread(target=_watch, args=(network, target, request, started))
            for target in targets
            if target["open"] is wave
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    text = json.dumps(facts, separators=(",", ":"))
    sys.stdout.write(text + "\n")
    Path("/dev/termination-log").write_text(text[:MESSAGE_BYTES])
    return 0


def _serve(port: int) -> int:
    with socket.create_server(("", port)) as server:
        while True:
            server.accept()[0].close()


def _process() -> Facts:
    lines = Path("/proc/self/status").read_text().splitlines()
    status = dict(line.split(":", 1) for line in lines)
    return {
        "pid": os.getpid(),
        "uids": os.getresuid(),
        "gids": os.getresgid(),
        "groups": sorted(os.getgroups()),
        "uid_map": Path("/proc/self/uid_map").read_text().split(),
        "gid_map": Path("/proc/self/gid_map").read_text().split(),
        "environment": _environment(),
        "status": {name: int(status[name].strip(), 16) for name in STATUS},
        "processes": sum(entry.name.isdigit() for entry in Path("/proc").iterdir()),
    }


def _environment() -> dict[str, str]:
    """Read what the container was started with: Python itself adds LC_CTYPE to its own."""
    entries = Path("/proc/self/environ").read_text().split("\0")
    return dict(entry.split("=", 1) for entry in entries if entry)


def _files() -> Facts:
    mounts = _mounts()
    return {
        "mounts": mounts,
        "written": {place: _write(place) for place in (*TRIED, "/data/input")},
        "writable": _writable(),
        "tokens": _tokens(),
        "secrets": _secrets(Path("/var/run/pdf-security/secrets")),
        "scratch": _scratch(Path("/scratch")),
        "memory_limit": _memory_limit(),
    }


def _mounts() -> dict[str, Facts]:
    """Read what is mounted: the mount's own options and the file system's (proc(5))."""
    mounts = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, right = (part.split() for part in line.split(" - "))
        options = {*left[5].split(","), *right[2].split(",")}
        mounts[left[4]] = {"type": right[0], "readonly": "ro" in options}
    return mounts


def _write(place: str) -> str:
    """Try to make a file; return the error's name, or what was done."""
    file = Path(place) / f"probe-{os.getpid()}"
    try:
        file.touch(exist_ok=False)
        file.unlink()
    except OSError as problem:
        return errno.errorcode[problem.errno or 0]
    return "written"


def _writable() -> list[str]:
    """Find all that this user may write: the outermost folders, files, sockets and devices."""
    found = []
    for folder, folders, files in os.walk("/"):
        # Of /proc the switches alone: the rest is the kernel's answer about this process.
        if folder == "/proc":
            folders[:] = [name for name in folders if not name.isdigit()]
        if folder == "/sys":
            folders[:] = ["fs", "kernel"]
        for name in (*folders, *files):
            path = os.path.join(folder, name)  # noqa: PTH118 - a hundred times faster
            # The runtime masks a file of /proc with the null device.
            masked = path.startswith("/proc") and os.path.samefile(path, "/dev/null")  # noqa: PTH121
            if not masked and not os.path.islink(path) and os.access(path, os.W_OK):  # noqa: PTH114
                found.append(path)
                if name in folders:
                    folders.remove(name)
    return sorted(found)


def _tokens() -> list[str]:
    """Find whatever looks like a service account's."""
    found = ["/var/run/secrets"] if Path("/var/run/secrets").exists() else []
    for folder, folders, files in os.walk("/"):
        if folder == "/":
            folders[:] = [name for name in folders if name not in ("proc", "sys", "usr", "app")]
        names = {*folders, *files}
        found += [f"{folder}/{name}" for name in names & {"serviceaccount", "token"}]
    return sorted(found)


def _secrets(folder: Path) -> dict[str, Facts]:
    """Tell of each file its mode, owner and whether it can be read, and not what is in it."""
    found = {}
    for path in sorted((folder / "..data").rglob("*")):
        if path.is_file():
            what = path.stat()
            found[str(path.relative_to(folder / "..data"))] = {
                "mode": oct(stat.S_IMODE(what.st_mode)),
                "owner": [what.st_uid, what.st_gid],
                "readable": os.access(path, os.R_OK),
                "written": _write(str(path.parent)),
            }
    return found


def _scratch(folder: Path) -> Facts:
    """Fill the tmpfs to its end, unless it is far larger than it should be."""
    size = os.statvfs(folder)
    total, file, ending, written = size.f_blocks * size.f_frsize, folder / "fill", "", 0
    try:
        with file.open("wb", buffering=0) as stream:
            while written < 128 * 1024**2:
                written += stream.write(bytes(1024**2))
    except OSError as problem:
        ending = errno.errorcode[problem.errno or 0]
    file.unlink(missing_ok=True)
    return {"bytes": total, "written": written, "ending": ending}


def _memory_limit() -> int | None:
    for place in ("memory/memory.limit_in_bytes", "memory.max"):
        file = Path("/sys/fs/cgroup") / place
        if file.exists():
            text = file.read_text().strip()
            return int(text) if text.isdigit() else None
    return None


def _watch(network: Facts, target: Facts, request: Facts, started: float) -> None:
    """Follow one way out: until it is open, if it should be, or else until it is closed."""
    last, failures, reached, error = 0.0, 0, False, ""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and failures < IN_A_ROW:
        error = _reach(target, request)
        reached = not error
        if target["open"]:
            if reached:
                break
        elif reached:
            failures, last = 0, time.monotonic() - started
        else:
            failures += 1
        time.sleep(PAUSE)
    network[target["name"]] = {
        "reached": reached,
        "gap": round(last * 1000),
        "error": error,
        "after": round((time.monotonic() - started) * 1000),
    }


def _reach(target: Facts, request: Facts) -> str:
    """Try a way out once; return what stood in it, nothing if nothing did."""
    try:
        if target["how"] == "dns":
            _ask_name_server(target["address"], target["port"], target["question"])
        else:
            with socket.create_connection((target["address"], target["port"]), ATTEMPT) as plain:
                if target["how"] == "tls":
                    _shake_hands(plain, target["server"], request)
    except OSError as problem:
        return f"{type(problem).__name__}: {problem}"
    return ""


def _ask_name_server(address: str, port: int, name: str) -> None:
    """Ask for an IPv4 address as RFC 1035 has it; an answer without one counts as none."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    question = struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(ATTEMPT)
        connection.sendto(question, (address, port))
        if struct.unpack(">H", connection.recv(512)[6:8])[0] == 0:
            raise OSError(errno.ENOENT, "no such name")


def _shake_hands(plain: socket.socket, server: str, request: Facts) -> None:
    authority = next(
        (place["s3"]["caBundle"] for place in (request["input"], request.get("output") or {})
         if place.get("s3")), None
    )  # fmt: skip
    plain.settimeout(5)
    context = ssl.create_default_context(cadata=authority)
    with context.wrap_socket(plain, server_hostname=server) as connection:
        connection.version()


if __name__ == "__main__":
    sys.exit(main())
