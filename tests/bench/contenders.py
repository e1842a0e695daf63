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


def contenders(plane: ControlPlane, class_spec: Object) -> list[Contender]:
    """Give all, the floor first."""
    return [_floor(class_spec), _ours(plane), *(_peer(plane, peer) for peer in PEERS)]


def _floor(class_spec: Object) -> Contender:
    """The client creates, itself, the very Jobs that we would."""
    spec = JobSpec.model_validate(build_security_job("any")["spec"])
    parsed = ClassSpec.model_validate(class_spec)
    limits = effective_limits_of(spec, parsed)

    def build(name: str, namespace: str, number: int) -> Object:
        metadata = {"name": name, "namespace": namespace, "uid": _NOBODY.format(number=number)}
        job = build_job(metadata, spec, "standard", parsed, limits)
        # Nobody's: the garbage collector would take it for an orphan of one that never was.
        del job["metadata"]["ownerReferences"]
        del job["metadata"]["labels"][names.MANAGED_BY_LABEL]
        return job

    @contextmanager
    def run(_: Path) -> Iterator[None]:
        yield None

    return Contender(
        "no operator", "", "the client creates the Jobs", JOBS, JOBS, build, _named_owner, run
    )


def _ours(plane: ControlPlane) -> Contender:
    def build(name: str, namespace: str, _: int) -> Object:
        return build_security_job(name, namespace)

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
        build,
        _named_owner,
        run,
        tells=True,
    )


def _peer(plane: ControlPlane, peer: Peer) -> Contender:
    def build(name: str, namespace: str, _: int) -> Object:
        return peer.build(name, namespace, {})

    def owner_of(body: Object) -> str | None:
        return (body["metadata"].get("labels") or {}).get(peer.owner_label)

    def run(folder: Path) -> AbstractContextManager[Process]:
        return peer.run(plane.kubeconfig, plane.kubectl, folder)

    return Contender(
        peer.name, peer.version, peer.settings, peer.given, peer.made, build, owner_of, run
    )


def _named_owner(body: Object) -> str | None:
    return (body["metadata"].get("annotations") or {}).get(names.OWNER_NAME_ANNOTATION)
