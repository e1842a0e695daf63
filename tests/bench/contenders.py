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
from images.build import REPOSITORY
from pdf_security_operator import names
from pdf_security_operator.api import ClassSpec, JobSpec
from pdf_security_operator.effective import effective_limits_of
from pdf_security_operator.job import build_job

Object = dict[str, Any]

JOBS = Resource("batch/v1", "jobs", "Job")
SECURITY_JOBS = Resource(names.API_VERSION, names.JOB_PLURAL, names.JOB_KIND)

READY_SECONDS = 30.0

WATCHING = "watching"
"""What the least operator prints when it has begun."""

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


def contenders(plane: ControlPlane, class_spec: Object) -> list[Contender]:
    """Give all: the floor, the least of operators, ours, and the peers, which make our pod."""
    build = job_builder(class_spec)
    pod = build("any", "any", _NOBODY.format(number=0))["spec"]["template"]["spec"]
    return [
        _floor(build),
        _least(plane),
        _ours(plane),
        *(_peer(plane, peer, pod) for peer in PEERS),
    ]


def job_builder(class_spec: Object) -> Callable[[str, str, str], Object]:
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


def _security_job(name: str, namespace: str, _: int) -> Object:
    return build_security_job(name, namespace)


def _least(plane: ControlPlane) -> Contender:
    """What any operator in this language would take on this machine: see `bench.least`."""

    @contextmanager
    def run(folder: Path) -> Iterator[Process]:
        paths = ":".join(str(REPOSITORY / name) for name in ("tests", "tools"))
        with operator_process(
            plane, folder, module="bench.least", settings={"PYTHONPATH": paths}
        ) as least:
            least.wait_until(lambda: WATCHING in least.log.read_text(), READY_SECONDS)
            yield least

    return _teller("the least operator", "", "five requests a job, nothing decided", run)


def _ours(plane: ControlPlane) -> Contender:
    @contextmanager
    def run(folder: Path) -> Iterator[Process]:
        with operator_process(plane, folder) as operator:
            operator.settled()
            yield operator

    name = "pdf-security-operator"
    return _teller(name, version(name), "defaults", run)


def _teller(
    name: str,
    number: str,
    settings: str,
    run: Callable[[Path], AbstractContextManager[Process]],
) -> Contender:
    return Contender(
        name,
        number,
        settings,
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
