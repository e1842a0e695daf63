"""The audit log on a claim, as its manifests have it: kept by real replicas, signed, and whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from api_client import Api
from cluster.storage import make_volume
from e2e_support import exclusive_operator, wait_for
from faults.audit_folder import AuditFolder, audit_folder
from operator_scene import Scene, open_scene
from pdf_security_operator.identity import uid_of
from processor import documents
from product import DEPLOYMENT, NAMESPACE, OVERLAY, Installation

pytestmark = pytest.mark.cluster

CLAIM = "pdf-security-audit"


@pytest.fixture(scope="module")
def scene(api: Api, installation: Installation) -> Iterator[Scene]:
    with open_scene(api, installation, "audit") as opened:
        opened.add_class()
        opened.put("plain.pdf", documents.plain())
        yield opened


@pytest.fixture
def audit(installation: Installation, tmp_path: Path) -> Iterator[AuditFolder]:
    """Let the operator keep its audit log on a claim meanwhile; its Secret is made by hand."""
    cluster = installation.cluster
    made = audit_folder(tmp_path)
    volume = make_volume(cluster.provider, CLAIM, NAMESPACE)
    for left in volume.folder.iterdir():
        # By an earlier run on this cluster, and signed with a key of its own.
        left.unlink()
    secret = ("secret", "generic", "pdf-security-audit-key", "-n", NAMESPACE)
    with exclusive_operator():
        cluster.kubectl("create", *secret, f"--from-file=audit.pem={made.key_file}")
        try:
            _apply(installation, _overlay())
            yield AuditFolder(volume.folder, made.key_file, made.key)
        finally:
            _apply(installation, OVERLAY)
            cluster.kubectl("delete", "secret", "pdf-security-audit-key", "-n", NAMESPACE)


def _overlay() -> Path:
    """Write what a user would; the claim itself is the test's, for nothing provisions one here."""
    folder = OVERLAY.with_name("overlay-audit")
    folder.mkdir(parents=True, exist_ok=True)
    gone = {
        "$patch": "delete",
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": CLAIM, "namespace": NAMESPACE},
    }
    kustomization = {
        "resources": ["../overlay"],
        "components": ["../../manifests/components/audit-volume"],
        "patches": [{"patch": yaml.safe_dump(gone)}],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    return folder


def _apply(installation: Installation, folder: Path) -> None:
    kubectl = installation.cluster.kubectl
    kubectl("apply", "-k", str(folder))
    kubectl("rollout", "status", f"deployment/{DEPLOYMENT}", "-n", NAMESPACE, "--timeout=90s")


def test_it_is_kept_on_a_claim(scene: Scene, audit: AuditFolder) -> None:
    """The manifests would be of a log that the operator may not write, or not sign."""
    started = [
        scene.start("good"),
        scene.start("bad", scene.spec("none.pdf")),
        scene.start("refused", scene.spec(scratchSize="64Gi")),
    ]
    scene.until("good", "Succeeded")
    scene.until("bad", "Failed", "InputNotFound")
    scene.until("refused", "Failed", "LimitExceeded")
    uids = {uid_of(body) for body in started}
    wait_for(lambda: uids <= audit.outcomes(), "each end is on record")
    verdict = audit.verdict()
    assert verdict.findings == []
    assert verdict.heads > 0
