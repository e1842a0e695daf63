"""A tenant, with the rights that the README gives one. No assertions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api_client import AnsweredError, Api
from operator_scene import Scene

Object = dict[str, Any]

RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Tenant:
    """Somebody who may write jobs in one namespace, and get one Secret, claim and ConfigMap.

    Those are called `mine`; those called `theirs` are somebody else's.
    """

    api: Api
    scene: Scene
    user: str
    groups: tuple[str, ...] = ()

    def asks(self, method: str, path: str, body: Object | None = None) -> Object:
        """Ask the API server for something, as `kubectl --as` does.

        Raises:
            AnsweredError: it was refused.
        """
        content = "merge-patch+json" if method == "PATCH" else "json"
        headers = {"Impersonate-User": self.user, "Content-Type": f"application/{content}"}
        if self.groups:
            headers["Impersonate-Group"] = self.groups[0]
        return self.api.call(method, path, json=body, headers=headers)

    def refusal_of(self, method: str, path: str, body: Object | None = None) -> str:
        """Tell how the API server refuses something; empty where it does not."""
        try:
            self.asks(method, path, body)
        except AnsweredError as refused:
            return str(refused)
        return ""


def tenant(api: Api, scene: Scene, class_name: str) -> Tenant:
    """Let somebody in: an author of jobs in the scene's namespace, under one class."""
    user = f"author@{scene.namespace}"
    jobs = {"apiGroups": ["pdfsecurity.dev"], "resources": ["pdfsecurityjobs"]}
    classes = {"apiGroups": ["pdfsecurity.dev"], "resources": ["pdfsecurityclasses"]}
    named = {"apiGroups": [""], "resources": ["secrets", "persistentvolumeclaims", "configmaps"]}
    rules = [
        {**jobs, "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"]},
        {**classes, "resourceNames": [class_name], "verbs": ["use"]},
        {**named, "resourceNames": ["mine"], "verbs": ["get"]},
    ]
    api.create("roles", {"metadata": {"name": "author"}, "rules": rules}, scene.namespace)
    binding = {
        "metadata": {"name": "author"},
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "author"},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": user}],
    }
    api.create("rolebindings", binding, scene.namespace)
    return Tenant(api, scene, user)
