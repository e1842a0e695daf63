"""How busy namespaces and classes are, for `top`: pure, from the resources alone."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pdf_security_operator.names import DEFAULT_CLASS_ANNOTATION
from pdf_security_operator.plugin.standing import (
    UNSEEN,
    age_of,
    class_name_of,
    moment_of,
    standing_of,
)

Object = dict[str, Any]

HEADS = (
    "namespace", "class", "running", "queued", "suspended", "oldest wait",
    "documents", "pages", "failed", "limits",
)  # fmt: skip


@dataclass
class Load:
    """Of one class in one namespace."""

    namespace: str
    class_name: str
    phases: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    oldest: datetime | None = None
    """Since when the one waits that waits longest."""
    documents: int = 0
    """Those that are done."""
    pages: int = 0
    limits: str = ""

    def to_json_dict(self) -> Object:
        """Give what `--json` prints."""
        return {
            "namespace": self.namespace,
            "class": self.class_name,
            **{name.lower(): self.phases[name] for name in _PHASES},
            "oldestQueued": self.oldest.isoformat() if self.oldest else None,
            "documents": self.documents,
            "pages": self.pages,
            "limits": self.limits,
        }

    def row(self, now: datetime) -> tuple[str, ...]:
        """Give the cells below `HEADS`."""
        counts = {name: str(self.phases[name]) for name in _PHASES}
        return (
            self.namespace,
            self.class_name,
            counts["Running"],
            counts["Queued"],
            counts["Suspended"],
            age_of(self.oldest, now) if self.oldest else "",
            str(self.documents),
            str(self.pages),
            counts["Failed"],
            self.limits,
        )


_PHASES = ("Running", "Queued", "Suspended", "Succeeded", "Failed")


def loads_of(jobs: Iterable[Object], classes: Iterable[Object] | None) -> list[Load]:
    """Count jobs by namespace and class, in their order.

    Args:
        jobs: PdfSecurityJobs.
        classes: None where they may not be read.
    """
    known = {body["metadata"]["name"]: body for body in classes or ()}
    default = _default_of(known)
    loads: dict[tuple[str, str], Load] = {}
    for job in jobs:
        namespace, name = job["metadata"]["namespace"], class_name_of(job) or default
        load = loads.setdefault((namespace, name), Load(namespace, name))
        _count(load, job)
    for load in loads.values():
        found = known.get(load.class_name)
        load.limits = (
            _limits_text(found["spec"]) if found else "?" if classes is None else "no class"
        )
    return [loads[key] for key in sorted(loads)]


def _count(load: Load, job: Object) -> None:
    standing, status = standing_of(job), job.get("status") or {}
    # What the operator has not seen yet waits for it.
    phase = "Queued" if standing.phase == UNSEEN else standing.phase
    load.phases[phase] += 1
    created = moment_of(job["metadata"].get("creationTimestamp"))
    if phase == "Queued" and created and (load.oldest is None or created < load.oldest):
        load.oldest = created
    load.documents += int((status.get("documents") or {}).get("succeeded") or 0)
    if phase == "Succeeded":
        load.pages += int(((status.get("report") or {}).get("input") or {}).get("pages") or 0)


def _default_of(classes: dict[str, Object]) -> str:
    for name, body in classes.items():
        annotations = body["metadata"].get("annotations") or {}
        if annotations.get(DEFAULT_CLASS_ANNOTATION) == "true":
            return name
    return "(default)"


def _limits_text(spec: Object) -> str:
    concurrency = spec.get("concurrency") or {}
    parts = [
        f"{concurrency[key]} {words}"
        for key, words in (("perNamespace", "here"), ("total", "in all"), ("perUser", "a user"))
        if key in concurrency
    ]
    return ", ".join(parts) or "none"
