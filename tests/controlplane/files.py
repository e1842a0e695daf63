"""Writes the keys and configuration files of a plane into its folder. Starts nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cluster import addresses, configuration
from cluster.certificates import Authority, write_private
from cluster.files import USERS
from cluster.layout import Layout
from controlplane.commands import LOOPBACK
from pdf_security_processor.contract import ExitCode, Summary
from pdf_security_processor.contract.report import FileFacts

SOURCE = Path(__file__).resolve().parent

CLIENTS = ("admin", "controller-manager", "scheduler")
"""Those of the embedded cluster's users that are here too."""

STAGES_OF_KWOK = ("node-initialize", "pod-ready", "pod-delete")
"""As they come with kwok; how a pod completes is ours."""

PARALLELISM = 16
"""Stages that kwok plays at the same time. With its default of 4 it would be what is measured."""


def write_files(layout: Layout, kwok: Path, server: str, pod_seconds: float) -> Authority:
    """Write everything that the components read; return who signs certificates."""
    for folder in (layout.logs, layout.kubeconfig_of("any").parent):
        folder.mkdir(parents=True, exist_ok=True)
    authority = _write_keys(layout, server)
    state = layout.state
    _write_json(state / "audit-policy.json", configuration.build_audit_policy())
    _write_json(
        state / "scheduler.json", configuration.build_scheduler(layout.kubeconfig_of("scheduler"))
    )
    stages = [(kwok / f"{name}.yaml").read_text() for name in STAGES_OF_KWOK]
    stages += [build_completion(pod_seconds), json.dumps(_build_kwok())]
    (state / "kwok.yaml").write_text("\n---\n".join(stages))
    return authority


def build_completion(pod_seconds: float) -> str:
    """Return the stage in which a Job's pod ends, with a summary that the operator believes."""
    # Not `string.Template`: the stage's own variables begin with a dollar.
    return (
        (SOURCE / "pod-complete.yaml")
        .read_text()
        .replace("@MILLISECONDS@", str(round(pod_seconds * 1000)))
        .replace("@MESSAGE@", build_summary().to_termination_message())
    )


def build_summary() -> Summary:
    """Return what every pod says that it did."""
    return Summary(
        exit_code=ExitCode.SUCCEEDED,
        reason=ExitCode.SUCCEEDED.reason,
        input=FileFacts(bytes=48_213, sha256="1" * 64, pages=3),
        output=FileFacts(bytes=47_102, sha256="2" * 64, pages=3),
        removed={"JavaScript": 1},
        duration_seconds=0.5,
        peak_memory_bytes=64 * 1024**2,
    )


def _write_keys(layout: Layout, server: str) -> Authority:
    authority = Authority(layout.keys)
    authority.issue(
        "apiserver",
        common_name="kube-apiserver",
        names=("localhost", "kubernetes.default.svc"),
        addresses=(LOOPBACK, addresses.API_SERVICE_ADDRESS),
    )
    authority.signing_key("service-accounts")
    for name in CLIENTS:
        user = USERS[name]
        certificate, key = authority.issue(
            user.certificate, common_name=user.common_name, organization=user.organization
        )
        document = configuration.build_kubeconfig(
            server,
            authority.certificate_file.read_bytes(),
            certificate.read_bytes(),
            key.read_bytes(),
        )
        place = layout.kubeconfig if name == "admin" else layout.kubeconfig_of(name)
        write_private(place, json.dumps(document, indent=1).encode())
    return authority


def _build_kwok() -> dict[str, Any]:
    return {
        "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
        "kind": "KwokConfiguration",
        # Given any options, kwok takes none of its defaults. These are what its own manifests have.
        "options": {
            "podPlayStageParallelism": PARALLELISM,
            "podsOnNodeSyncParallelism": PARALLELISM,
            "nodePlayStageParallelism": 4,
            # No leases: they are bound to one process, and the next would wait for their end.
            "nodeLeaseDurationSeconds": 0,
        },
    }


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=1))
