"""The built pod with one line of its hardening away or turned, and who must notice: a table."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
Change = Callable[[Object], None]

ABSENT = object()


@dataclass(frozen=True)
class Mutant:
    """One change of the pod and its consequence."""

    name: str
    changes: tuple[Change, ...]
    caught_by: str = ""
    """The rule of `rules` that notices from inside; empty where nothing changes inside."""
    refused: bool = False
    """Whether Pod Security `restricted`, or the API server itself, refuses the pod."""
    because: str = ""
    """Why nothing changes: what else says the same."""

    def of(self, pod: Object) -> Object:
        """Return the changed pod."""
        changed = copy.deepcopy(pod)
        for change in self.changes:
            change(changed)
        return changed


def put(path: str, value: Any = ABSENT) -> Change:
    """Set a field, or take it away; an entry of a list is called by its name or number."""

    def change(pod: Object) -> None:
        place: Any = pod
        *parents, last = path.split("/")
        for part in parents:
            place = _entry(place, part)
        if value is ABSENT:
            del place[last]
        else:
            place[last] = value

    return change


def _entry(place: Any, part: str) -> Any:
    if isinstance(place, dict):
        return place[part]
    named = [item for item in place if item.get("name") == part]
    return named[0] if named else place[int(part)]


POD = "spec/securityContext"
CONTAINER = "spec/containers/processor"
OWN = f"{CONTAINER}/securityContext"


def label(name: str) -> Change:
    """Take a label away; its name has the slash that paths are split at."""

    def change(pod: Object) -> None:
        del pod["metadata"]["labels"][name]

    return change


def _unmounted(pod: Object) -> None:
    """Mount the secrets' volume writably."""
    for mount in pod["spec"]["containers"][0]["volumeMounts"]:
        if mount["name"] == "secrets":
            del mount["readOnly"]


def _whole_secrets(pod: Object) -> None:
    for volume in pod["spec"]["volumes"]:
        if volume["name"] == "secrets":
            for source in volume["projected"]["sources"]:
                source["secret"].pop("items")


def _mount_input_writable(pod: Object) -> None:
    for mount in pod["spec"]["containers"][0]["volumeMounts"]:
        if mount["name"] == "input":
            del mount["readOnly"]


_NO_SECCOMP = (put(f"{POD}/seccompProfile"), put(f"{OWN}/seccompProfile"))
_ROOT = tuple(
    change
    for place in (POD, OWN)
    for change in (
        put(f"{place}/runAsUser", 0),
        put(f"{place}/runAsGroup", 0),
        put(f"{place}/runAsNonRoot"),
    )
)
_OF_CONTAINER = "the container says it too"
_OF_POD = "the pod says it too"
_DEFAULT = "the default of the API"

MUTANTS = (
    Mutant("hostUsers", (put("spec/hostUsers"),), "user namespace"),
    Mutant("automountServiceAccountToken", (put("spec/automountServiceAccountToken"),), "token"),
    Mutant("enableServiceLinks", (put("spec/enableServiceLinks"),), "environment"),
    Mutant(
        "hostNetwork: true", (put("spec/hostNetwork", True), put("spec/hostUsers")),
        "network: API server's service", refused=True,
    ),
    Mutant(
        "hostPID: true", (put("spec/hostPID", True), put("spec/hostUsers")), "alone", refused=True
    ),
    Mutant(
        "hostIPC: true", (put("spec/hostIPC", True), put("spec/hostUsers")),
        "user namespace", refused=True,
    ),
    Mutant("shareProcessNamespace: true", (put("spec/shareProcessNamespace", True),), "alone"),
    Mutant("runAsNonRoot of the pod", (put(f"{POD}/runAsNonRoot"),), because=_OF_CONTAINER),
    Mutant("runAsNonRoot of the container", (put(f"{OWN}/runAsNonRoot"),), because=_OF_POD),
    Mutant("runAsUser: 0, no runAsNonRoot", _ROOT, "user"),
    # The runtime starts no pod that names a group and no user.
    Mutant(
        "runAsUser, runAsGroup of the pod",
        (put(f"{POD}/runAsUser"), put(f"{POD}/runAsGroup")),
        because=_OF_CONTAINER,
    ),
    Mutant("runAsUser of the container", (put(f"{OWN}/runAsUser"),), because=_OF_POD),
    Mutant(
        "runAsGroup: 0 in both",
        (put(f"{POD}/runAsGroup", 0), put(f"{OWN}/runAsGroup", 0)),
        "groups",
    ),
    Mutant("fsGroup", (put(f"{POD}/fsGroup"),), "secrets"),
    Mutant("supplementalGroupsPolicy", (put(f"{POD}/supplementalGroupsPolicy"),), "groups"),
    Mutant("supplementalGroups: [5]", (put(f"{POD}/supplementalGroups", [5]),), "groups"),
    Mutant("seccompProfile of the pod", (_NO_SECCOMP[0],), because=_OF_CONTAINER),
    Mutant("seccompProfile of the container", (_NO_SECCOMP[1],), because=_OF_POD),
    Mutant("seccompProfile of both", _NO_SECCOMP, "seccomp", refused=True),
    Mutant(
        "privileged: true",
        (put(f"{OWN}/privileged", True), put(f"{OWN}/allowPrivilegeEscalation")),
        "capabilities", refused=True,
    ),
    Mutant(
        "allowPrivilegeEscalation", (put(f"{OWN}/allowPrivilegeEscalation"),),
        "no new privileges", refused=True,
    ),
    Mutant("capabilities", (put(f"{OWN}/capabilities"),), "capabilities", refused=True),
    Mutant("readOnlyRootFilesystem", (put(f"{OWN}/readOnlyRootFilesystem"),), "read-only root"),
    Mutant("procMount", (put(f"{OWN}/procMount"),), because=_DEFAULT),
    Mutant("procMount: Unmasked", (put(f"{OWN}/procMount", "Unmasked"),), "proc", refused=True),
    Mutant("scratch: medium", (put("spec/volumes/scratch/emptyDir/medium"),), "scratch"),
    Mutant("scratch: sizeLimit", (put("spec/volumes/scratch/emptyDir/sizeLimit"),), "scratch"),
    Mutant(
        "secrets: defaultMode", (put("spec/volumes/secrets/projected/defaultMode"),), "secrets"
    ),
    Mutant("secrets: items", (_whole_secrets,), "secrets"),
    Mutant(
        "secrets: readOnly", (_unmounted,),
        because="the kubelet mounts projected volumes read-only",
    ),
    Mutant(
        "input: readOnly of the claim",
        (put("spec/volumes/input/persistentVolumeClaim/readOnly"),),
        because="the mount says it too",
    ),
    Mutant(
        "input: readOnly of the mount", (_mount_input_writable,), because="the claim says it too"
    ),
    Mutant(
        "input: readOnly of both",
        (put("spec/volumes/input/persistentVolumeClaim/readOnly"), _mount_input_writable),
        "input",
    ),
    Mutant("limits.memory", (put(f"{CONTAINER}/resources/limits/memory"),), "memory"),
    Mutant(
        "label of the class", (label("pdfsecurity.dev/class"),), "network: API server's service"
    ),
    Mutant("label of the stores", (label("pdfsecurity.dev/storage-access"),), "network: S3"),
)  # fmt: skip
