"""What Argo CD needs in a cluster, and its Applications, as objects. Pure."""

from __future__ import annotations

import json
from typing import Any

from cluster.provider import OWN_LABEL, OWN_VALUE

Object = dict[str, Any]

NAMESPACE = "argocd"
ACCOUNT = "argocd-application-controller"
"""As its own manifests call it; jobs that it creates bear this name as their submitter's."""

SUBMITTER = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
CLUSTER_ADMIN = "pdf-security-gitops-argocd"

BRANCH = "main"

OURS = {OWN_LABEL: OWN_VALUE}
"""On all that is made here: what does not have it is somebody else's Argo CD."""

_SETTINGS = {**OURS, "app.kubernetes.io/part-of": "argocd"}
"""By this label Argo CD finds its settings."""


def build_account() -> list[Object]:
    """Build the namespace and the controller's account, with the rights of its own manifests."""
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": CLUSTER_ADMIN, "labels": OURS},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "cluster-admin",
        },
        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}],
    }
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": OURS}},
        _named("ServiceAccount", ACCOUNT, OURS),
        binding,
    ]


def build_argocd_settings(
    server: str, authority: str, token: str, key: str, deployer: str
) -> list[Object]:
    """Build Argo CD's settings but for our customizations, and the cluster that it serves.

    Args:
        server: origin of the API server: the address inside the cluster takes a pod to reach.
        authority: certificate of whoever signed that server's, as a kubeconfig has it.
        token: of the account.
        key: with which Argo CD signs sessions; nobody has one here.
        deployer: service account of an Application's namespace as which it is synced, once Argo CD
            is told to impersonate; none where it is empty.
    """
    access = {"bearerToken": token, "tlsClientConfig": {"caData": authority}}
    cluster = {"name": "here", "server": server, "config": json.dumps(access)}
    labels = {**OURS, "argocd.argoproj.io/secret-type": "cluster"}
    accounts = [{"server": server, "namespace": "*", "defaultServiceAccount": deployer}]
    project = {
        "sourceRepos": ["*"],
        "destinations": [{"server": "*", "namespace": "*"}],
        "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
        "destinationServiceAccounts": accounts if deployer else [],
    }
    return [
        _named("ConfigMap", "argocd-cm", _SETTINGS),
        _named("ConfigMap", "argocd-rbac-cm", _SETTINGS),
        {**_named("Secret", "argocd-secret", _SETTINGS), "stringData": {"server.secretkey": key}},
        {**_named("Secret", "cluster-here", labels), "stringData": cluster},
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "AppProject",
            "metadata": {"name": "default", "namespace": NAMESPACE, "labels": OURS},
            "spec": project,
        },
    ]


def build_kubeconfig(server: str, authority: str, token: str) -> Object:
    """Build the kubeconfig of the controller, which has the account's rights."""
    name = "here"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [
            {
                "name": name,
                "cluster": {"server": server, "certificate-authority-data": authority},
            }
        ],
        "users": [{"name": name, "user": {"token": token}}],
    }


def build_application(
    name: str, repository: str, server: str, namespace: str, *, server_side: bool
) -> Object:
    """Build an Application that syncs the repository's folder of its name, prunes and heals.

    Args:
        name: its own, and the folder's.
        repository: URL.
        server: of the cluster, as it is registered.
        namespace: where its resources go.
        server_side: whether the API server applies and compares, instead of Argo CD.
    """
    compare = {"argocd.argoproj.io/compare-options": "ServerSideDiff=true"} if server_side else {}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": OURS,
            "annotations": compare,
        },
        "spec": {
            "project": "default",
            "source": {"repoURL": repository, "targetRevision": BRANCH, "path": name},
            "destination": {"server": server, "namespace": namespace},
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                # A document that failed fails again: trying the sync once more only keeps the next
                # commit waiting.
                "retry": {"limit": 0},
                "syncOptions": ["ServerSideApply=true"] if server_side else [],
            },
        },
    }


def _named(kind: str, name: str, labels: dict[str, str]) -> Object:
    metadata = {"name": name, "namespace": NAMESPACE, "labels": labels}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata}
