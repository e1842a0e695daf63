"""Who is measured: nobody, ourselves, and the peers, each as an object given and an object made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.peers import PEERS, Peer, Resource
from controlplane import ControlPlane
from controlplane.operator_process import build_job as build_security_job
from controlplane.operator_process import operator_process
from controlplane.process import Process
from pdf_security_operator import names
from pdf_security_operator.api import ClassSpec, JobSpec
from pdf_security_operator.effective import effective_limits_of
from pdf_security_operator.job import build_job

Object = dict[str, Any]

JOBS = Resource("batch/v1", "jobs", "Job")
SECURITY_JOBS = Resource(names.API_VERSION, names.JOB_PLURAL, names.JOB_KIND)

_NOBODY = "00000000-0000-4000-8000-{number:012x}"


@dataclass(frozen=True)
class Contender:
    """One who makes something of what is given."""

    name: str
    version: str
    settings: str
    given: Resource
    made: Resource
    build: Callable[[str, str, int], Object]
    """Builds what is given: name, namespace, number."""
    owner_of: Callable[[Object], str | None]
    """Name of the one given that something was made for."""
    run: Callable[[Path], AbstractContextManager[Process | None]]
    """Runs it, with a folder of its own."""
    tells: bool = False
    """Whether it writes a status of its own."""
    follow: Callable[[Object], Object] | None = None
    """Builds, of what was accepted, the object to be made: where the client itself makes it."""


def contenders(plane: ControlPlane, class_spec: Object) -> list[Contender]:
    """Give all: the floor, the two writes alone, ours, and the peers, which make our pod."""
    build = _job_builder(class_spec)
    pod = build("any", "any", _NOBODY.format(number=0))["spec"]["template"]["spec"]
    return [
        _floor(build),
        _both(build),
        _ours(plane),
        *(_peer(plane, peer, pod) for peer in PEERS),
    ]


def _job_builder(class_spec: Object) -> Callable[[str, str, str], Object]:
    """Give what builds, of name, namespace and UID, the very Job that the operator would."""
    spec = JobSpec.model_validate(build_security_job("any")["spec"])
    parsed = ClassSpec.model_validate(class_spec)
    limits = effective_limits_of(spec, parsed)

    def build(name: str, namespace: str, uid: str) -> Object:
        metadata = {"name": name, "namespace": namespace, "uid": uid}
        job = build_job(metadata, spec, "standard", parsed, limits)
        # An operator that starts meanwhile must not take it for its own.
        del job["metadata"]["labels"][names.MANAGED_BY_LABEL]
        return job

    return build


@contextmanager
def _nobody(_: Path) -> Iterator[None]:
    yield None


def _floor(build_job_of: Callable[[str, str, str], Object]) -> Contender:
    """The client creates, itself, the very Jobs that we would."""

    def build(name: str, namespace: str, number: int) -> Object:
        job = build_job_of(name, namespace, _NOBODY.format(number=number))
        # Nobody's: the garbage collector would take it for an orphan of one that never was.
        del job["metadata"]["ownerReferences"]
        return job

    return Contender(
        "no operator", "", "the client creates the Jobs", JOBS, JOBS, build, _named_owner, _nobody
    )


def _both(build_job_of: Callable[[str, str, str], Object]) -> Contender:
    """The client creates the resource, and then at once its Job: the two writes of any operator."""

    def follow(accepted: Object) -> Object:
        metadata = accepted["metadata"]
        return build_job_of(metadata["name"], metadata["namespace"], metadata["uid"])

    return Contender(
        "both by the client",
        "",
        "the client creates each resource and then its Job, and nobody writes a status",
        SECURITY_JOBS,
        JOBS,
        _security_job,
        _named_owner,
        _nobody,
        follow=follow,
    )


def _security_job(name: str, namespace: str, _: int) -> Object:
    return build_security_job(name, namespace)


def _ours(plane: ControlPlane) -> Contender:
    @contextmanager
    def run(folder: Path) -> Iterator[Process]:
        with operator_process(plane, folder) as operator:
            operator.settled()
            yield operator

    return Contender(
        "pdf-security-operator",
        version("pdf-security-operator"),
        "defaults",
        SECURITY_JOBS,
        JOBS,
        _security_job,
        _named_owner,
        run,
        tells=True,
    )


def _peer(plane: ControlPlane, peer: Peer, pod: Object) -> Contender:
    def build(name: str, namespace: str, _: int) -> Object:
        return peer.build(name, namespace, pod)

    def owner_of(body: Object) -> str | None:
        return (body["metadata"].get("labels") or {}).get(peer.owner_label)

    def run(folder: Path) -> AbstractContextManager[Process]:
        return peer.run(plane.kubeconfig, plane.kubectl, folder)

    return Contender(
        peer.name, peer.version, peer.settings, peer.given, peer.made, build, owner_of, run
    )


def _named_owner(body: Object) -> str | None:
    return (body["metadata"].get("annotations") or {}).get(names.OWNER_NAME_ANNOTATION)
