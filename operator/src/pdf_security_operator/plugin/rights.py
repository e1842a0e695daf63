"""Which ClusterRole has which right that the plugin needs. Pure.

A test holds the table to `manifests/base/user-roles.yaml`.
"""

import re
from dataclasses import dataclass

_JOB_READERS = ("pdf-security-job-viewer", "view")
_JOB_WRITERS = ("pdf-security-job-author", "edit")
_CLASS_READERS = ("pdf-security-class-viewer", "")
_OF_VIEW = ("view", "")

ROLES: dict[tuple[str, str], tuple[str, str]] = {
    **{("pdfsecurityjobs", verb): _JOB_READERS for verb in ("get", "list", "watch")},
    **{("pdfsecurityjobs", verb): _JOB_WRITERS for verb in ("create", "update", "patch", "delete")},
    **{("pdfsecurityclasses", verb): _CLASS_READERS for verb in ("get", "list", "watch")},
    ("pdfsecurityclasses", "use"): ("pdf-security-class-user", ""),
    ("pods", "list"): _OF_VIEW,
    ("pods/log", "get"): _OF_VIEW,
    ("events", "list"): _OF_VIEW,
    ("jobs", "get"): _OF_VIEW,
}
"""Resource and verb -> the ClusterRole that has the right, and the one of Kubernetes that it is
part of."""

_REFUSAL = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"'
    r'(?: in API group "(?P<group>[^"]*)")?'
    r'(?: in the namespace "(?P<namespace>[^"]+)")?'
)
"""How RBAC says no (k8s.io/apiserver, pkg/endpoints/handlers/responsewriters, Forbidden)."""


@dataclass(frozen=True)
class Missing:
    """A right that its user does not have."""

    user: str
    verb: str
    resource: str
    group: str
    namespace: str
    """Empty: in all namespaces, or of what lies in none."""

    def __str__(self) -> str:
        resource, _, subresource = self.resource.partition("/")
        whole = f"{resource}.{self.group}" if self.group else resource
        what = f"{whole}/{subresource}" if subresource else whole
        where = f"in the namespace {self.namespace}" if self.namespace else "in all namespaces"
        may_not = f'user "{self.user}" may not {self.verb} {what} {where}'
        role, wider = ROLES.get((self.resource, self.verb), ("", ""))
        if not role:
            return (
                f"{may_not}: no ClusterRole of this product has that right; ask who grants rights"
            )
        binding = "rolebinding" if self.namespace else "clusterrolebinding"
        place = f" -n {self.namespace}" if self.namespace else ""
        also = f" (and {wider}, which it is part of)" if wider else ""
        return (
            f"{may_not}: the ClusterRole {role}{also} has that right; ask for "
            f"`kubectl create {binding} NAME --clusterrole={wider or role} "
            f"--user={self.user}{place}`"
        )


def missing_right_of(message: str) -> Missing | None:
    """Read the right out of RBAC's refusal; None where something else refuses."""
    found = _REFUSAL.search(message)
    if not found:
        return None
    given = {name: value or "" for name, value in found.groupdict().items()}
    return Missing(**given)
