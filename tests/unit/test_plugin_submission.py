"""What is sent of a file, what a second run is, and what a diff shows."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from pdf_security_operator.cli.errors import ManifestRefusedError, UsageError
from pdf_security_operator.cli.manifest import parse_documents
from pdf_security_operator.plugin.difference import build_replacement, difference_of
from pdf_security_operator.plugin.submission import (
    build_generated,
    build_rerun,
    jobs_in,
    rerun_notes,
)
from unit.resources import METADATA, claim, job_spec

Object = dict[str, Any]


def manifest(**metadata: Any) -> Object:
    return {
        "apiVersion": "pdfsecurity.dev/v1alpha1",
        "kind": "PdfSecurityJob",
        "metadata": {"name": "contract-7", **metadata},
        "spec": job_spec(),
    }


def sent(*bodies: Object, namespace: str | None = None) -> list[Object]:
    content = yaml.safe_dump_all(bodies).encode()
    return jobs_in("job.yaml", list(parse_documents("job.yaml", content)), namespace)


TRACKED: Object = {
    **manifest(),
    "metadata": {
        **METADATA,
        "managedFields": [{"manager": "kubectl"}],
        "ownerReferences": [{"name": "batch"}],
        "finalizers": ["batch/done"],
        "labels": {
            "team": "legal",
            "app.kubernetes.io/instance": "argo-app",
            "app.kubernetes.io/managed-by": "Helm",
            "kustomize.toolkit.fluxcd.io/name": "apps",
        },
        "annotations": {
            "note": "kept",
            "pdfsecurity.dev/submitted-by": "jane",
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "argocd.argoproj.io/tracking-id": "app:x",
            "meta.helm.sh/release-name": "r",
        },
    },
    "spec": job_spec(suspend=True, output=claim("out.pdf"), priority=5),
    "status": {"phase": "Succeeded"},
}


def test_a_rerun_asks_for_the_same_and_is_nobodys() -> None:
    """The copy would be pruned by what tracks the original, claim its author, or stay suspended."""
    built = build_rerun(TRACKED, None)
    assert built["metadata"] == {
        "namespace": "legal",
        "generateName": "contract-7-",
        "labels": {"team": "legal"},
        "annotations": {"note": "kept"},
    }
    assert built["spec"] == {**job_spec(output=claim("out.pdf"), priority=5)}
    assert "status" not in built
    assert build_rerun(TRACKED, "again")["metadata"]["name"] == "again"


@pytest.mark.parametrize(
    ("changes", "warned"),
    [
        pytest.param({}, True, id="its-output-is-there"),
        pytest.param({"status": {"phase": "Failed"}}, False, id="it-put-none"),
        pytest.param({"spec": job_spec()}, False, id="it-has-none"),
        pytest.param(
            {"spec": job_spec(output={**claim("o.pdf"), "overwrite": True})}, False, id="overwrites"
        ),
    ],
)
def test_a_rerun_that_will_fail_is_told(changes: Object, warned: bool) -> None:
    """A second run would end with OutputExists, and nobody have said so."""
    assert bool(rerun_notes({**TRACKED, **changes})) is warned


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        pytest.param("contract-7", "contract-7-", id="plain"),
        pytest.param("report-march", "report-march-", id="a-word"),
        pytest.param("contract-7-x2b4k", "contract-7-", id="generated-before"),
        pytest.param("a" * 253, "a" * 247 + "-", id="longest"),
    ],
)
def test_generated_names_stay_short(name: str, stem: str) -> None:
    """A rerun of a rerun would grow until the API server refuses its name."""
    metadata = build_generated(manifest(name=name))["metadata"]
    assert metadata == {"generateName": stem}


def test_only_jobs_are_sent() -> None:
    """A Secret beside a job would be sent, or left behind, without a word of it."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": "pw"}}
    with pytest.raises(ManifestRefusedError) as raised:
        sent(manifest(), secret)
    assert [finding.field for finding in raised.value.findings] == ["kind"]
    assert "pw" not in str(raised.value)


def test_what_lint_refuses_is_not_sent() -> None:
    """A misplaced password would go to the API server, and into its audit log."""
    body = manifest()
    body["spec"]["userPassword"] = "Geheim-7391"
    with pytest.raises(ManifestRefusedError) as raised:
        sent(body)
    assert "spec.userPassword" in str(raised.value)
    assert "Geheim-7391" not in str(raised.value)


@pytest.mark.parametrize(
    ("given", "asked", "refused"),
    [
        pytest.param("legal", None, False, id="the-files"),
        pytest.param(None, "legal", False, id="the-lines"),
        pytest.param("legal", "legal", False, id="both"),
        pytest.param("legal", "sales", True, id="they-differ"),
    ],
)
def test_namespaces_agree(given: str | None, asked: str | None, refused: bool) -> None:
    """A job would be created where its author did not say."""
    body = manifest(**({"namespace": given} if given else {}))
    if refused:
        with pytest.raises(UsageError, match=r"metadata\.namespace"):
            sent(body, namespace=asked)
    else:
        assert len(sent(body, namespace=asked)) == 1


def test_a_diff_shows_what_a_manifest_changes() -> None:
    """What the server sets would look like a change, or a real change be missed."""
    live = {**manifest(), "metadata": {**METADATA, "managedFields": [{}]}}
    wanted = manifest(labels={"team": "legal"})
    wanted["spec"] = job_spec(ttlSecondsAfterFinished=60)
    changed = build_replacement(live, wanted)
    lines = difference_of(live, changed, "legal/contract-7")
    added = [line for line in lines if line.startswith("+") and not line.startswith("+++")]
    assert added == ["+  labels:", "+    team: legal", "+  ttlSecondsAfterFinished: 60"]
    assert difference_of(live, build_replacement(live, manifest()), "x") == []


def test_a_diff_obeys_no_text() -> None:
    """A label or a name in a cluster would write on the terminal of whoever compares."""
    live = {**manifest(), "metadata": METADATA, "spec": {"note": "\u009b2J\x1b]0;x\x07"}}
    assert all(line.isprintable() for line in difference_of(live, manifest(), "x\x1b"))
