"""What must hold inside a pod, rule by rule, judged from the probe's facts: pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Facts = dict[str, Any]

USER = 65532
WHOLE_MACHINE = ["0", "0", "4294967295"]
"""uid_map of a process that is in no user namespace of its own."""

SEEN_BY_KUBELET = frozenset(
    ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "KUBERNETES_SERVICE_PORT_HTTPS"]
    + ["KUBERNETES_PORT"]
    + [f"KUBERNETES_PORT_443_TCP{part}" for part in ("", "_PROTO", "_PORT", "_ADDR")]
)
"""Of the service `kubernetes`: set by the kubelet even with `enableServiceLinks: false`, and no
secret (Kubernetes API, PodSpec.enableServiceLinks)."""

OF_THE_IMAGE = frozenset(["PATH", "PYTHONDONTWRITEBYTECODE", "HOSTNAME", "HOME"])

REQUEST = "PDF_SECURITY_REQUEST"
TRACE = "TRACEPARENT"

DEVICES = frozenset(
    f"/dev/{name}" for name in ("full", "null", "ptmx", "random", "tty", "urandom", "zero")
)
"""Character devices that the runtime gives to every container."""

WRITABLE = DEVICES | {
    "/scratch",
    "/dev/termination-log",
    # The runtime's own, of every pod: charged to the container's memory, empty, gone with the pod.
    "/dev/shm",
    "/dev/mqueue",
    "/dev/pts/ptmx",
    # To ask for notice of pressure (Documentation/accounting/psi.rst), not to change anything.
    *(f"/proc/pressure/{name}" for name in ("cpu", "io", "irq", "memory")),
}


TRIED = {
    "user": "be root",
    "groups": "use a group of the node's",
    "user namespace": "be a user of the node's",
    "capabilities": "use a capability",
    "seccomp": "call any system call",
    "no new privileges": "gain privileges by a program",
    "alone": "see the processes of others",
    "read-only root": "write into the image",
    "scratch": "fill the node's disk",
    "token": "read a service-account token",
    "environment": "read addresses of other services",
    "secrets": "read Secrets that the job does not name",
    "input": "change the document that it reads",
    "proc": "read the kernel's keys",
    "memory": "take the node's memory",
}
"""Rule -> what a taken-over pod tries that the rule is about."""


@dataclass(frozen=True)
class Wanted:
    """What is particular to a job."""

    scratch_bytes: int
    memory_bytes: int
    secrets: frozenset[str]
    """Files, as Secret/key."""
    open_ways: frozenset[str]
    writable: frozenset[str] = field(default=frozenset())
    """Besides those of every pod."""


def faults_of(facts: Facts, wanted: Wanted) -> dict[str, str]:
    """Return the rules that do not hold, and what was seen instead."""
    seen = {name: rule(facts, wanted) for name, rule in RULES.items()}
    ways = {f"network: {name}": way for name, way in _ways(facts, wanted).items()}
    return {
        name: str(fault) for name, fault in (seen | ways).items() if fault not in (None, [], {})
    }


def _user(facts: Facts, _: Wanted) -> Any:
    return facts["uids"] if facts["uids"] != [USER] * 3 else None


def _groups(facts: Facts, _: Wanted) -> Any:
    seen = (facts["gids"], facts["groups"])
    return seen if seen != ([USER] * 3, [USER]) else None


def _user_namespace(facts: Facts, _: Wanted) -> Any:
    maps = (facts["uid_map"], facts["gid_map"])
    separate = all(each != WHOLE_MACHINE and int(each[1]) >= 65536 for each in maps)
    return None if separate else maps


def _capabilities(facts: Facts, _: Wanted) -> Any:
    return {k: hex(v) for k, v in facts["status"].items() if k.startswith("Cap") and v}


def _seccomp(facts: Facts, _: Wanted) -> Any:
    # 2 is SECCOMP_MODE_FILTER, proc_pid_status(5).
    mode = facts["status"]["Seccomp"]
    return None if mode == 2 else f"mode {mode}"


def _no_new_privileges(facts: Facts, _: Wanted) -> Any:
    return None if facts["status"]["NoNewPrivs"] == 1 else "NoNewPrivs 0"


def _alone(facts: Facts, _: Wanted) -> Any:
    seen = (facts["pid"], facts["processes"])
    return None if seen == (1, 1) else f"pid {seen[0]} of {seen[1]} processes"


def _root(facts: Facts, _: Wanted) -> Any:
    written = [p for p, how in facts["written"].items() if how == "written" and p != "/data/input"]
    readonly = facts["mounts"]["/"]["readonly"] and facts["written"]["/careless"] == "EROFS"
    return None if readonly and written == [] else f"written: {', '.join(written) or None}"


def _writable(facts: Facts, wanted: Wanted) -> Any:
    return sorted(set(facts["writable"]) - WRITABLE - wanted.writable)


def _scratch(facts: Facts, wanted: Wanted) -> Any:
    scratch = facts["scratch"]
    kind = facts["mounts"].get("/scratch", {}).get("type")
    bounded = scratch["bytes"] == wanted.scratch_bytes and scratch["ending"] == "ENOSPC"
    return None if kind == "tmpfs" and bounded else f"{kind} {scratch}"


def _token(facts: Facts, _: Wanted) -> Any:
    return facts["tokens"] or [m for m in facts["mounts"] if "kubernetes.io" in m]


def _environment(facts: Facts, _: Wanted) -> Any:
    names = set(facts["environment"])
    return sorted(names - OF_THE_IMAGE - SEEN_BY_KUBELET - {REQUEST, TRACE}) or (
        None if REQUEST in names else "no request"
    )


def _secrets(facts: Facts, wanted: Wanted) -> Any:
    found = facts["secrets"]
    if set(found) != wanted.secrets:
        return sorted(set(found) ^ wanted.secrets)
    right = {"mode": "0o440", "owner_group": USER, "readable": True, "written": "EROFS"}
    seen = {
        name: {**{key: file[key] for key in ("mode", "readable", "written")},
               "owner_group": file["owner"][1]}
        for name, file in found.items()
    }  # fmt: skip
    return {name: file for name, file in seen.items() if file != right}


def _input(facts: Facts, _: Wanted) -> Any:
    how = facts["written"]["/data/input"]
    return None if how == "EROFS" else how


def _proc(facts: Facts, _: Wanted) -> Any:
    mounts = facts["mounts"]
    masked = "/proc/keys" in mounts
    readonly = all(mounts.get(p, {}).get("readonly") for p in ("/proc/sys", "/sys"))
    return None if masked and readonly else "not masked"


def _memory(facts: Facts, wanted: Wanted) -> Any:
    limit = facts["memory_limit"]
    return None if limit in (None, wanted.memory_bytes) else f"{limit} bytes"


def _ways(facts: Facts, wanted: Wanted) -> dict[str, str]:
    return {
        name: "reached" if way["reached"] else way["error"]
        for name, way in facts["network"].items()
        if way["reached"] != (name in wanted.open_ways)
    }


RULES: dict[str, Callable[[Facts, Wanted], Any]] = {
    "user": _user,
    "groups": _groups,
    "user namespace": _user_namespace,
    "capabilities": _capabilities,
    "seccomp": _seccomp,
    "no new privileges": _no_new_privileges,
    "alone": _alone,
    "read-only root": _root,
    "writable places": _writable,
    "scratch": _scratch,
    "token": _token,
    "environment": _environment,
    "secrets": _secrets,
    "input": _input,
    "proc": _proc,
    "memory": _memory,
}
