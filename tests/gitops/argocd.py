"""Argo CD as plain processes beside a cluster, on loopback, and what it needs there.

Its controller, its repo-server, its API server for the actions, and Redis. What it is told stands
in `objects`.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api_client import Api
from argocd_settings import PATCH
from cluster import packages, toolchain
from cluster.certificates import write_private
from cluster.errors import RefusedError
from cluster.provider import OWN_NAMESPACES
from controlplane.commands import LOOPBACK
from controlplane.ports import free_ports
from controlplane.probe import get
from controlplane.process import Process
from gitops import objects
from product import Kubectl, await_definition

Object = dict[str, Any]

READY_SECONDS = 120.0

TOKEN_DURATION = "24h"

DEFINITIONS = ("applications", "applicationsets", "appprojects")


@dataclass(frozen=True)
class _Ports:
    redis: int
    repository: int
    repository_health: int
    controller_health: int
    server: int
    server_metrics: int


@dataclass(frozen=True)
class ArgoCd:
    """An Argo CD that runs."""

    cluster: str
    """How Applications name the cluster beside which it runs."""
    api: Api
    """Its own API server, as somebody who may do everything."""


def argocd_program() -> Path:
    """Return Argo CD's program, compiled if it is not there."""
    return toolchain.build(["argocd"])["argocd"] / "argocd"


@contextmanager
def argocd(kubectl: Kubectl, folder: Path, deployer: str = "") -> Iterator[ArgoCd]:
    """Run Argo CD beside a cluster while the block runs.

    Args:
        kubectl: of the cluster's administrator.
        folder: for its logs and keys; empty, or not there yet.
        deployer: service account as which is synced what goes to its namespace, once Argo CD is
            told to impersonate.

    Raises:
        RefusedError: the cluster has an Argo CD of somebody's.
    """
    packages.ensure(["git", "redis-tools"])
    program = argocd_program()
    folder.mkdir(parents=True, exist_ok=True)
    _refuse_others(kubectl)
    # What a killed run has left would be synced, too.
    _remove(kubectl)
    ports, processes = _Ports(*free_ports(6)), list[Process]()
    try:
        cluster = _install(kubectl, program.parent, folder, deployer)
        processes += _build_processes(program, folder, ports)
        for process in processes:
            process.start()
        _, repository, controller, server = processes
        _await(repository, ports.repository_health)
        _await(controller, ports.controller_health)
        _await(server, ports.server)
        yield ArgoCd(cluster, Api(f"http://{LOOPBACK}:{ports.server}"))
    finally:
        for process in reversed(processes):
            process.kill()
        _remove(kubectl)


def _refuse_others(kubectl: Kubectl) -> None:
    for kind, name in (("crd", "applications.argoproj.io"), ("namespace", objects.NAMESPACE)):
        there = kubectl("get", kind, name, "--ignore-not-found", "-o", "name")
        ours = kubectl("get", kind, "-l", OWN_NAMESPACES, "-o", "name").split()
        if there and there.strip() not in ours:
            raise RefusedError(
                f"the cluster has an Argo CD already: {there.strip()}",
                "use a cluster without one; this one's Applications are not touched",
            )


def _remove(kubectl: Kubectl) -> None:
    """Remove Argo CD from the cluster: what it created stays, since nothing tells it to delete."""
    definitions = [f"{plural}.argoproj.io" for plural in DEFINITIONS]
    kubectl("delete", "--ignore-not-found", "crd", *definitions)
    kubectl("delete", "--ignore-not-found", "clusterrolebinding", objects.CLUSTER_ADMIN)
    kubectl("delete", "--ignore-not-found", "namespace", objects.NAMESPACE, "--timeout=60s")


def _install(kubectl: Kubectl, component: Path, folder: Path, deployer: str) -> str:
    for file in sorted(component.glob("*-crd.yaml")):
        # Not `apply`, for whose annotation they are too large.
        kubectl("create", "-f", str(file))
    for plural in DEFINITIONS:
        definition = f"crd/{plural}.argoproj.io"
        kubectl("label", definition, OWN_NAMESPACES)
        await_definition(kubectl, definition)
    _create(kubectl, objects.build_account())
    view = json.loads(kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
    cluster = view["clusters"][0]["cluster"]
    server, authority = cluster["server"], cluster.get("certificate-authority-data", "")
    token = kubectl(
        "create", "token", objects.ACCOUNT, "-n", objects.NAMESPACE, f"--duration={TOKEN_DURATION}"
    ).strip()
    kubeconfig = objects.build_kubeconfig(server, authority, token)
    write_private(folder / "kubeconfig", json.dumps(kubeconfig).encode())
    key = secrets.token_urlsafe(32)
    _create(kubectl, objects.build_argocd_settings(server, authority, token, key, deployer))
    # As the documentation has it.
    kubectl("patch", "configmap", "argocd-cm", "-n", objects.NAMESPACE, f"--patch-file={PATCH}")
    return str(server)


def _create(kubectl: Kubectl, bodies: Sequence[Object]) -> None:
    document = {"apiVersion": "v1", "kind": "List", "items": list(bodies)}
    kubectl("create", "-f", "-", input=json.dumps(document))


def _build_processes(program: Path, folder: Path, ports: _Ports) -> list[Process]:
    redis, repository = f"{LOOPBACK}:{ports.redis}", f"{LOOPBACK}:{ports.repository}"
    return [
        _redis(folder, ports.redis),
        _part(
            "argocd-repo-server", program, folder,
            f"--address={LOOPBACK}", f"--port={ports.repository}", "--disable-tls",
            f"--metrics-address={LOOPBACK}", f"--metrics-port={ports.repository_health}",
            f"--redis={redis}",
        ),
        _part(
            "argocd-application-controller", program, folder,
            f"--kubeconfig={folder}/kubeconfig", f"--namespace={objects.NAMESPACE}",
            f"--repo-server={repository}", "--repo-server-plaintext", f"--redis={redis}",
            f"--metrics-port={ports.controller_health}",
            # Without it, a resource's health is nowhere but in Redis.
            "--persist-resource-health=true",
        ),
        _part(
            "argocd-server", program, folder,
            f"--kubeconfig={folder}/kubeconfig", f"--namespace={objects.NAMESPACE}",
            f"--address={LOOPBACK}", f"--port={ports.server}", "--insecure", "--disable-auth",
            f"--metrics-address={LOOPBACK}", f"--metrics-port={ports.server_metrics}",
            f"--repo-server={repository}", "--repo-server-plaintext", f"--redis={redis}",
        ),
    ]  # fmt: skip


def _await(process: Process, port: int) -> None:
    process.wait_until(lambda: get(port, "/healthz") is not None, READY_SECONDS)


def _part(name: str, program: Path, folder: Path, *flags: str) -> Process:
    environment = {
        # Nothing inherited: a proxy variable would send its calls to a proxy.
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "LANG": "C.UTF-8",
        # One program for all parts.
        "ARGOCD_BINARY_NAME": name,
        "ARGOCD_GPG_ENABLED": "false",
        # Beside it: the path of a socket must be short.
        "ARGOCD_ASK_PASS_SOCK": "ask-pass.sock",
        "ARGOCD_TLS_DATA_PATH": str(folder / "tls"),
        "ARGOCD_SSH_DATA_PATH": str(folder / "ssh"),
    }
    for place in ("tmp", "tls", "ssh"):
        (folder / place).mkdir(exist_ok=True)
    log = folder / f"{name}.log"
    return Process(name, [str(program), *flags], folder=folder, log=log, environment=environment)


def _redis(folder: Path, port: int) -> Process:
    # The package of the server would start one with the machine. Its program is this one, which
    # tells by its name what it is to be.
    program = folder / "redis-server"
    program.symlink_to(str(shutil.which("redis-check-rdb")))
    arguments = [str(program), "--bind", LOOPBACK, "--port", str(port), "--save", ""]
    return Process(
        "redis",
        arguments,
        folder=folder,
        log=folder / "redis.log",
        environment={"PATH": os.defpath},
    )
