"""A real Argo CD before a real API server, with the operator as a process; pods are feigned."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cluster.errors import RefusedError
from controlplane import ControlPlane
from controlplane.operator_process import ENDPOINT, build_class, build_job, operator_process
from faults.support import own_plane
from gitops import documented, seen
from gitops.argocd import argocd, argocd_program
from gitops.objects import NAMESPACE
from gitops.plan import Documents
from gitops.run import run
from gitops.stage import Stage, open_stage
from images.build import REPOSITORY

Object = dict[str, Any]

CLASS = "from-git"

JOBS, FAILING = 7, 1

POD_SECONDS = 1.5
"""Timestamps are whole seconds: what waits for a document must be seen to come after its end."""


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with an operator."""
    folder = tmp_path_factory.mktemp("gitops")
    with (
        own_plane(folder, POD_SECONDS) as running,
        operator_process(running, folder / "operator") as operator,
    ):
        operator.ready()
        yield running


def _place(key: str, secret: str = "s3") -> Object:
    """Build a place where nobody looks: the pods are feigned."""
    where = {"endpoint": ENDPOINT, "bucket": "documents", "key": key}
    return {"s3": {**where, "credentialsSecretRef": {"name": secret}}}


def _good(number: int) -> Object:
    return {
        "className": CLASS,
        "input": _place("in.pdf"),
        "output": {**_place(f"{number}.pdf"), "overwrite": True},
        # All that an action may copy wrongly: an empty object, an empty list, a number.
        "operations": [
            {"redact": {"texts": ["Doe"], "patterns": [], "dotsAnInch": 150}},
            {"sanitize": {"mode": "keepLinks", "linkHosts": []}},
            {"removeMetadata": {}},
        ],
    }


def _bad(number: int) -> tuple[Object, str]:
    return {**_good(number), "scratchSize": "64Gi"}, "LimitExceeded"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


@pytest.mark.parametrize("kind", ["namespace", "crd"])
def test_somebodys_argo_cd_is_left_alone(plane: ControlPlane, tmp_path: Path, kind: str) -> None:
    """Whoever runs this on a cluster with an Argo CD would lose all Applications."""
    definition = argocd_program().parent / "application-crd.yaml"
    theirs = {"namespace": ["namespace", NAMESPACE], "crd": ["-f", str(definition)]}[kind]
    plane.kubectl("create", *theirs)
    try:
        with (
            pytest.raises(RefusedError, match="has an Argo CD already"),
            argocd(plane.kubectl, tmp_path),
        ):
            pass
        assert plane.kubectl("get", *theirs)
    finally:
        plane.kubectl("delete", *theirs)


def test_jobs_come_from_git_and_are_left_alone(plane: ControlPlane, tmp_path: Path) -> None:
    """GitOps would show drift that nobody made, run documents twice, or call failures healthy."""
    plane.kubectl("create", "namespace", "documents")
    outcome = run(
        plane.kubectl,
        "documents",
        Documents(_good, _bad, build_class(CLASS)),
        jobs=JOBS,
        failing=FAILING,
        folder=tmp_path,
        say=_say,
    )
    assert outcome.summary() == {
        "jobs": JOBS,
        "synced": JOBS,
        "healthy": JOBS - FAILING,
        "degraded": FAILING,
        "out_of_sync": 0,
        "rerun_by_sync": 0,
    }
    assert [check for check in outcome.checked if not check.passed] == []
    assert outcome.is_right


@pytest.fixture(scope="module")
def legal(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A team whose Application is synced as an account of its own, as the how-to sets it up."""
    folder = tmp_path_factory.mktemp("legal")
    with open_stage(plane.kubectl, "legal", folder, ["legal"], "deployer") as stage:
        with pytest.MonkeyPatch.context() as here:
            here.chdir(REPOSITORY)
            for command in documented.commands():
                plane.kubectl(*command)
        yield stage


def _commit(stage: Stage, name: str, secret: str) -> None:
    body = build_job(name, stage.namespace, input=_place("in.pdf", secret))
    stage.repository.write("legal/job.yaml", json.dumps(body))
    stage.commit(name)


def test_jobs_bear_the_teams_account(legal: Stage) -> None:
    """All teams' jobs would count as one user's."""
    _commit(legal, "with-its-own-secret", "s3")
    legal.until(lambda: legal.is_seen("with-its-own-secret", "Healthy"), "the job is Healthy")
    annotations = legal.live()["with-its-own-secret"]["metadata"]["annotations"]
    assert annotations["pdfsecurity.dev/submitted-by"] == "system:serviceaccount:legal:deployer"
    assert legal.is_synced()


def test_who_commits_has_no_more_rights_than_the_account(legal: Stage) -> None:
    """Whoever may commit could have any Secret of the namespace used by a job."""
    _commit(legal, "with-theirs", "theirs")

    def refused() -> bool:
        faults = " ".join(seen.faults_of(legal.application("legal")))
        return "with-theirs" in faults and "names a Secret that you may not get" in faults

    legal.until(refused, "the sync is refused, and names the field")
    assert "with-theirs" not in legal.live()


@pytest.mark.parametrize(
    "manifest", [pytest.param(m, id=f"block-{n}") for n, m in enumerate(documented.manifests())]
)
def test_what_the_how_to_shows_is_accepted(legal: Stage, manifest: str) -> None:
    """People would apply what is refused."""
    legal.kubectl("apply", "--dry-run=server", "-f", "-", input=manifest)
