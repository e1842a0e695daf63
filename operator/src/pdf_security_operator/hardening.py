"""Every line that makes a pod hard to break out of, each with its reason. Pure, nothing else.

Accepted by the Pod Security Standard `restricted`, and beyond it.
"""

from typing import Any

USER_ID = 65532
"""`nonroot` of the image; owns nothing in it."""


def pod_hardening(*, user_namespace: bool) -> dict[str, Any]:
    """Give the fields of a pod spec.

    Args:
        user_namespace: give the pod a user namespace of its own.
    """
    return {
        # Root inside would be nobody outside: an escape lands in an unprivileged id.
        # Stable since Kubernetes 1.36 (KEP-127). `restricted` does not ask for it.
        **({"hostUsers": False} if user_namespace else {}),
        # The pod never talks to the API server: nothing to steal.
        "automountServiceAccountToken": False,
        # The environment tells nothing of the namespace's services.
        "enableServiceLinks": False,
        "hostNetwork": False,
        "hostPID": False,
        "hostIPC": False,
        # No process sees another container's, should one be injected.
        "shareProcessNamespace": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            # Secret files at 0440 and claims are readable by this group alone ...
            "fsGroup": USER_ID,
            "fsGroupChangePolicy": "OnRootMismatch",
            # ... and groups that the image might name in /etc/group are not added (KEP-3619).
            "supplementalGroups": [],
            "supplementalGroupsPolicy": "Strict",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }


def container_hardening() -> dict[str, Any]:
    """Give the fields of a container."""
    return {
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "privileged": False,
            # Sets no_new_privs: a setuid file in an image would change nothing.
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            # Nothing can be left behind but in the tmpfs, which dies with the pod.
            "readOnlyRootFilesystem": True,
            "seccompProfile": {"type": "RuntimeDefault"},
            "procMount": "Default",
        },
        # FallbackToLogsOnError would copy log lines into status, where more people read them.
        "terminationMessagePolicy": "File",
        "stdin": False,
        "tty": False,
    }
