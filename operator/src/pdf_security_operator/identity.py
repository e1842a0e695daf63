"""Which object is which: keys, versions, the Job of a resource and the resource of a Job. Pure.

Whoever may create Jobs may claim any owner, so a claim counts only where the Job's own name and
namespace bear it out.
"""

import re
from functools import lru_cache
from typing import Any, NamedTuple

from pdf_security_operator import names

Object = dict[str, Any]

_NAME_LENGTH = 26
"""Of the owner's name in the Job's: with a UID of 36 the whole stays within a label's 63."""


class Key(NamedTuple):
    """An object of a known kind by name; the namespace of a cluster-scoped one is empty."""

    namespace: str
    name: str


class Owner(NamedTuple):
    """The PdfSecurityJob that a Job belongs to."""

    namespace: str
    name: str
    uid: str

    @property
    def key(self) -> Key:
        """Key of the resource."""
        return Key(self.namespace, self.name)


def key_of(body: Object) -> Key:
    """Key of an object."""
    return Key(body["metadata"].get("namespace", ""), body["metadata"]["name"])


def uid_of(body: Object) -> str:
    """UID of an object."""
    return str(body["metadata"]["uid"])


def version_of(body: Object) -> int:
    """Resource version of an object: of two of the same kind the larger one is the newer.

    Comparable as numbers since Kubernetes 1.35 (KEP-5504), and in fact ever since etcd 3.
    """
    return int(body["metadata"]["resourceVersion"])


@lru_cache(maxsize=4096)
def job_name_of(name: str, uid: str) -> str:
    """Name of the Job of a PdfSecurityJob: its whole UID makes it unique over all time."""
    return f"{re.sub('[^a-z0-9-]', '-', name)[:_NAME_LENGTH].strip('-') or 'job'}-{uid}"


def job_key_of(body: Object) -> Key:
    """Key of the Job that a PdfSecurityJob has, or would have."""
    metadata = body["metadata"]
    return Key(metadata["namespace"], job_name_of(metadata["name"], metadata["uid"]))


def owner_of(job: Object) -> Owner | None:
    """Find the PdfSecurityJob that controls a Job; None when none does."""
    namespace, name = key_of(job)
    for entry in job["metadata"].get("ownerReferences", []):
        if (
            entry.get("controller")
            and entry["kind"] == names.JOB_KIND
            and entry["apiVersion"].split("/")[0] == names.GROUP
            and name == job_name_of(entry["name"], entry["uid"])
        ):
            return Owner(namespace, entry["name"], entry["uid"])
    return None


def controller_uid_of(body: Object) -> str | None:
    """UID of what an object names as its controller: the API server lets it name one at most."""
    owners = body["metadata"].get("ownerReferences", [])
    return next((str(owner["uid"]) for owner in owners if owner.get("controller")), None)


def submitter_of(body: Object) -> str:
    """User who created a resource, as stamped; empty where it was not stamped."""
    return str((body["metadata"].get("annotations") or {}).get(names.SUBMITTER_ANNOTATION, ""))


def class_label_of(body: Object) -> str:
    """Class of a Job or a NetworkPolicy; empty where its label was taken off."""
    return str(body["metadata"].get("labels", {}).get(names.CLASS_LABEL, ""))
