"""A release of Helm's on a real API server: what it brings, keeps, upgrades and leaves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chart.__main__ import CHART
from chart.substitutions import NAMESPACE
from cluster.certificates import write_private
from cluster.errors import CommandFailedError
from controlplane import ControlPlane
from controlplane.operator_process import build_job
from e2e_support import Object, wait_for
from faults.support import learn_kinds
from images.build import REPOSITORY
from installing.releases import DEFINITIONS, Releases, create, create_class, read, run_job
from installing.rendering import (
    DIGEST,
    IMAGE,
    OVERLAYS,
    RELEASE,
    VALUES,
    is_hook,
    templated,
    write_kustomization,
)
from installing.snapshot import Entry, snapshot
from product import await_admission, await_kinds, release_arguments

KEPT = {
    # With what the user has, and what his jobs made.
    "CustomResourceDefinition",
    "PdfSecurityClass",
    "PdfSecurityJob",
    "Job",
    "Pod",
}

ACCOUNT = "pdf-security-installation-test"


@pytest.fixture
def releases(plane: ControlPlane) -> Iterator[Releases]:
    """No release, and none left for the next test."""
    made = Releases(plane)
    yield made
    made.clear()


def _kinds(entries: set[Entry], *, outside: str) -> set[str]:
    return {kind for kind, namespace, name in entries if outside not in (namespace, name)}


def test_uninstalling_keeps_definitions_and_jobs(
    plane: ControlPlane, releases: Releases, tmp_path: Path
) -> None:
    """Would break: an uninstallation, or a reinstallation, takes everybody's jobs with it.

    Or part of the operator stays behind: an admission policy that refuses jobs for ever.
    """
    before = snapshot(plane)
    releases.install()
    create_class(plane)
    with releases.operator(tmp_path):
        run_job(plane, "plain")
        held = run_job(plane, "held", finalizers=["example.com/held"])
    releases.uninstall()

    left = snapshot(plane) - before
    # The operator's policy of the jobs' pods stands as long as they may run, and so does its Lease.
    assert _kinds(left, outside=NAMESPACE) == KEPT | {"NetworkPolicy"}
    in_namespace = {kind for kind, namespace, _ in left if namespace == NAMESPACE}
    assert in_namespace == {"ConfigMap", "Lease", "ServiceAccount"}
    accounts = {name for kind, _, name in left if kind == "ServiceAccount"}
    assert accounts == {"default"}
    kept = read(plane, "held")
    assert kept is not None
    assert kept["metadata"]["uid"] == held["metadata"]["uid"]
    assert kept["metadata"]["finalizers"] == ["example.com/held"]

    releases.install()
    with releases.operator(tmp_path / "again"):
        run_job(plane, "after")
    found = read(plane, "plain")
    assert found is not None
    assert found["status"]["phase"] == "Succeeded"
    plane.kubectl(
        "patch", "psj", "held", "--type=merge", "-p", json.dumps({"metadata": {"finalizers": None}})
    )


def test_taking_all_away_leaves_nothing(
    plane: ControlPlane, releases: Releases, tmp_path: Path
) -> None:
    """Would break: the order in docs/how-to/install.md leaves something that nobody looks after."""
    before = snapshot(plane)
    releases.install()
    create_class(plane)
    learn_kinds(plane)
    with releases.operator(tmp_path):
        run_job(plane, "letter")
        plane.kubectl("delete", "pdfsecurityjobs", "--all", "--all-namespaces")
        wait_for(lambda: not _made_by_the_operator(plane), "what jobs made goes after them", 120)
        plane.kubectl("delete", "pdfsecurityclasses", "--all")
    releases.uninstall()
    plane.kubectl("delete", "crd", *DEFINITIONS)
    plane.kubectl("delete", "namespace", NAMESPACE)
    wait_for(lambda: snapshot(plane) <= before, f"gone: {snapshot(plane) - before}", 30)


def _made_by_the_operator(plane: ControlPlane) -> str:
    selector = "app.kubernetes.io/managed-by=pdf-security-operator"
    return plane.kubectl("get", "jobs,networkpolicies", "-A", "-l", selector, "-o", "name")


def _older_chart(folder: Path) -> Path:
    """Copy the chart, whose definition lacks a field, and with a role that is there no more."""
    older = folder / "older"
    shutil.copytree(CHART, older)
    definition = older / "templates" / "pdfsecurityjobs.yaml"
    text = definition.read_text()
    assert text.count("              suspend:\n") == 1
    definition.write_text(text.replace("              suspend:\n", "              paused:\n"))
    roles = older / "templates" / "user-roles.yaml"
    roles.write_text(
        roles.read_text().replace("pdf-security-class-viewer", "pdf-security-class-reader")
    )
    return older


def test_an_upgrade_brings_the_definitions(
    plane: ControlPlane, releases: Releases, tmp_path: Path
) -> None:
    """Would break: a new operator's fields are pruned by the old definition, and nobody is told."""
    releases.install(chart=_older_chart(tmp_path))
    create_class(plane)
    with releases.operator(tmp_path):
        assert "suspend" not in _fields(plane)
        job = run_job(plane, "before")
        releases.upgrade("--set", "replicas=3")
        assert "suspend" in _fields(plane)
        run_job(plane, "after")
    kept = read(plane, "before")
    assert kept is not None
    assert kept["metadata"]["uid"] == job["metadata"]["uid"]
    assert kept["status"] == job["status"]
    roles = plane.kubectl("get", "clusterroles", "-o", "name")
    assert "pdf-security-class-viewer" in roles
    assert "pdf-security-class-reader" not in roles
    releases.run("rollback", RELEASE, "--wait")
    assert read(plane, "after") is not None


def test_definitions_that_become_somebody_elses_stay(
    plane: ControlPlane, releases: Releases
) -> None:
    """Would break: going back as docs/how-to/upgrade.md says deletes everybody's jobs."""
    releases.install()
    create(plane, build_job("letter"))
    releases.upgrade("--set", "crds.install=false")
    assert read(plane, "letter") is not None


def _fields(plane: ControlPlane) -> Object:
    definition = json.loads(plane.kubectl("get", "crd", DEFINITIONS[0], "-o", "json"))
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    fields: Object = schema["properties"]["spec"]["properties"]
    return fields


def test_a_release_takes_over_what_kustomize_installed(
    plane: ControlPlane, releases: Releases, tmp_path: Path
) -> None:
    """Would break: who began with kustomize has to take everything away to go on with Helm."""
    write_kustomization(tmp_path / "overlay", OVERLAYS / "cluster-wide")
    plane.kubectl("apply", "--server-side", "-k", str(tmp_path / "overlay"))
    await_kinds(plane.kubectl)
    await_admission(plane.kubectl)
    create(plane, build_job("letter"))
    with pytest.raises(CommandFailedError, match="invalid ownership metadata"):
        releases.install()
    releases.run(*release_arguments(f"{IMAGE}@{DIGEST}", REPOSITORY), "--wait")
    assert read(plane, "letter") is not None


def test_one_namespace(plane: ControlPlane, releases: Releases, tmp_path: Path) -> None:
    """Would break: an operator for one tenant never starts, or sees and runs another's jobs."""
    values: list[str | Path] = ["--values", VALUES / "single-namespace.yaml"]
    plane.kubectl("create", "namespace", "documents")
    wait_for(
        lambda: plane.kubectl("get", "sa", "default", "-n", "documents", "--ignore-not-found"),
        "service account",
    )
    releases.install(*values)
    create_class(plane)
    with releases.operator(tmp_path, *values) as operator:
        create(plane, build_job("elsewhere", "default"))
        run_job(plane, "here", "documents")
        elsewhere = read(plane, "elsewhere")
        assert elsewhere is not None
        assert "status" not in elsewhere
        assert "orbidden" not in operator.log.read_text()
    account = f"--as=system:serviceaccount:{NAMESPACE}:{RELEASE}"
    assert plane.kubectl("auth", "can-i", "create", "jobs", "-n", "documents", account) == "yes\n"
    with pytest.raises(CommandFailedError, match="no"):
        plane.kubectl("auth", "can-i", "list", "jobs", "-n", "default", account)
    plane.kubectl("delete", "namespace", "documents")


def test_the_check_of_helms_test(plane: ControlPlane, releases: Releases, tmp_path: Path) -> None:
    """Would break: `helm test` passes where nothing works, or fails where all does."""
    releases.install()
    hooks = [body for body in templated() if is_hook(body) and body["kind"] != "Pod"]
    for body in hooks:
        create(plane, body)
    assert _check(plane, tmp_path) == (0, "the definitions are served, and the operator is ready\n")
    account = f"--as=system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
    for resource in ("secrets", "pods", "deployments"):
        with pytest.raises(CommandFailedError, match="no"):
            plane.kubectl("auth", "can-i", "list", resource, "-n", NAMESPACE, account)


def _check(plane: ControlPlane, folder: Path) -> tuple[int, str]:
    """Run the image's entry point with the arguments of the hook, by its account."""
    [pod] = [body for body in templated() if is_hook(body) and body["kind"] == "Pod"]
    token = folder / "token"
    write_private(token, plane.token_for(NAMESPACE, ACCOUNT).encode())
    environment = {
        "PATH": os.defpath,
        "PDF_SECURITY_API_SERVER": plane.server,
        "PDF_SECURITY_TOKEN_FILE": str(token),
        "PDF_SECURITY_CA_FILE": str(plane.authority_file),
    }
    done = subprocess.run(
        [sys.executable, "-m", "pdf_security_operator", *pod["spec"]["containers"][0]["args"]],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout
