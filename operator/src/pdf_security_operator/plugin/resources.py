"""Which objects are asked for, and where the API server has them. Pure; knows no connection."""

from dataclasses import dataclass
from urllib.parse import quote

from pdf_security_operator import names


@dataclass(frozen=True)
class Resource:
    """A kind of object, as the API server's paths and RBAC name it."""

    group: str
    version: str
    plural: str

    @property
    def qualified(self) -> str:
        """The plural with its group, as `kubectl auth can-i` takes it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def is_ours(self) -> bool:
        """Whether its definition is this product's."""
        return self.group == names.GROUP


JOBS = Resource(names.GROUP, names.VERSION, names.JOB_PLURAL)
CLASSES = Resource(names.GROUP, names.VERSION, names.CLASS_PLURAL)
BATCH_JOBS = Resource("batch", "v1", "jobs")
PODS = Resource("", "v1", "pods")
EVENTS = Resource("", "v1", "events")


def path_of(
    resource: Resource, namespace: str | None = None, name: str = "", subresource: str = ""
) -> str:
    """Give the path of an object or, without a name, of all of a kind.

    Args:
        resource: the kind.
        namespace: None for all of them, and for what lies in none.
        name: whatever a person typed: it cannot leave its segment of the path.
        subresource: such as `log`.
    """
    root = (
        f"/apis/{resource.group}/{resource.version}"
        if resource.group
        else f"/api/{resource.version}"
    )
    parts = ["namespaces", namespace] if namespace else []
    parts += [resource.plural, *([name] if name else []), *([subresource] if subresource else [])]
    return "/".join([root, *(_segment(part) for part in parts)])


def _segment(text: str) -> str:
    # A dot segment would be resolved away by the client, whatever is quoted.
    return quote(text, safe="") if text.strip(".") else text.replace(".", "%2E")
