"""What of a file is sent to the API server, and how: checked as `pdfsec lint` does before. Pure.

Nothing is read of a cluster here, and nothing printed.
"""

import re
from collections.abc import Sequence
from typing import Any

from pdf_security_operator import names
from pdf_security_operator.cli.errors import Finding, ManifestRefusedError, UsageError
from pdf_security_operator.cli.lint import lint_documents
from pdf_security_operator.cli.manifest import Document

Object = dict[str, Any]

NAME_LENGTH = 253
"""Of an object (RFC 1123 subdomain)."""

GENERATED_LENGTH = 5
"""Letters that the API server puts behind a `generateName`."""

_GENERATED = re.compile(rf"-[bcdfghjklmnpqrstvwxz2456789]{{{GENERATED_LENGTH}}}$")
"""Of these letters and no others (k8s.io/apimachinery, pkg/util/rand), so that it is no word."""

_TRACKING = re.compile(
    r"^(kubectl\.kubernetes\.io/last-applied-configuration$"
    r"|argocd\.argoproj\.io/"
    r"|(kustomize|helm)\.toolkit\.fluxcd\.io/"
    r"|meta\.helm\.sh/"
    r"|helm\.sh/"
    r"|kopf\.zalando\.org/"
    r"|app\.kubernetes\.io/(instance|managed-by)$"
    rf"|{re.escape(names.SUBMITTER_ANNOTATION)}$)"
)
"""Annotations and labels by which others track what is theirs: a copy is not.

Argo CD prunes what bears its tracking and is not in Git (its documentation, "Resource Tracking");
Flux and Helm do likewise. Who submits the copy is stamped anew.
"""


def jobs_in(file: str, documents: Sequence[Document], namespace: str | None) -> list[Object]:
    """Take the PdfSecurityJobs of a file, checked.

    Args:
        file: its name, for messages.
        documents: what is in it.
        namespace: as given on the command line; None where it was not.

    Raises:
        ManifestRefusedError: the API server or the operator would refuse one.
        UsageError: there is something else in it, or the namespaces differ.
    """
    findings = lint_documents(file, list(documents))
    findings += [
        Finding(
            file,
            document.line_of("kind"),
            "kind",
            f"only {names.JOB_KIND} is sent from here; apply others with kubectl apply -f",
        )
        for document in documents
        if document.data.get("kind") != names.JOB_KIND
    ]
    if findings:
        raise ManifestRefusedError(findings)
    for document in documents:
        given = document.data["metadata"].get("namespace")
        if namespace and given and given != namespace:
            raise UsageError(
                f"{file}:{document.line_of('metadata.namespace')}: metadata.namespace: is {given}, "
                f"and --namespace says {namespace}: leave one out"
            )
    return [document.data for document in documents]


def build_generated(body: Object) -> Object:
    """Let the API server make the name, beginning with what it was."""
    metadata = {**body["metadata"]}
    name = metadata.pop("name", None) or metadata.get("generateName", "")
    return {**body, "metadata": {**metadata, "generateName": _stem_of(name)}}


def build_rerun(body: Object, name: str | None) -> Object:
    """Build a new resource that asks for the same.

    Args:
        body: as the API server has it, ended or not.
        name: of the new one; None: the API server makes one, beginning with the old.

    Left out: what the server sets, what others track it by, and `suspend`, which a cancelled job
    still has.
    """
    old = body["metadata"]
    metadata: Object = {"namespace": old["namespace"]}
    metadata |= {"name": name} if name else {"generateName": _stem_of(old["name"])}
    for kind in ("labels", "annotations"):
        kept = {
            key: value for key, value in (old.get(kind) or {}).items() if not _TRACKING.match(key)
        }
        if kept:
            metadata[kind] = kept
    spec = {key: value for key, value in body["spec"].items() if key != "suspend"}
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.JOB_KIND,
        "metadata": metadata,
        "spec": spec,
    }


def rerun_notes(body: Object) -> list[str]:
    """Say what a person should know before the same is done again."""
    output = body["spec"].get("output") or {}
    succeeded = (body.get("status") or {}).get("phase") == "Succeeded"
    if succeeded and output and not output.get("overwrite"):
        return [
            "spec.output.overwrite: is not set, and the job put its output: the new one fails with "
            "OutputExists unless that is removed"
        ]
    return []


def _stem_of(name: str) -> str:
    # One that was made by the server already keeps its beginning, and grows no longer each time.
    stem = _GENERATED.sub("", name.rstrip("-")) or name
    return f"{stem[: NAME_LENGTH - GENERATED_LENGTH - 1].rstrip('-.')}-"
