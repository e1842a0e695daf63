"""How one PdfSecurityJob stands, read from its status: pure, and the exit code that it is worth.

What stands in a status is untrusted text: whoever shows it makes it printable.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pdf_security_operator.endings import ending_of
from pdf_security_operator.identity import Key, job_name_of, key_of
from pdf_security_operator.plugin.errors import JOB_FAILED
from pdf_security_operator.status import condition_of
from pdf_security_processor.contract import ExitCode

Object = dict[str, Any]

UNSEEN = "Unseen"
"""Phase of a job that the operator has said nothing of yet."""

_CONDITIONS = {
    "Queued": "Queued",
    "Running": "Running",
    "Suspended": "Suspended",
    "Succeeded": "Complete",
    "Failed": "Failed",
}
"""Phase -> the condition that says why."""


@dataclass(frozen=True)
class Standing:
    """Where a job stands, in the operator's words."""

    key: Key
    phase: str
    reason: str
    message: str
    since: datetime | None

    @property
    def row(self) -> tuple[str, str, str, str]:
        """Name, phase, reason and message."""
        return self.key.name, self.phase, self.reason, self.message


def standing_of(body: Object) -> Standing:
    """Read where a job stands."""
    status = body.get("status") or {}
    phase = str(status.get("phase") or UNSEEN)
    condition = condition_of(status, _CONDITIONS.get(phase, "")) or {}
    created = body["metadata"].get("creationTimestamp")
    return Standing(
        key_of(body),
        phase,
        str(status.get("reason") or ""),
        str(condition.get("message") or ""),
        moment_of(condition.get("lastTransitionTime") or created),
    )


def has_ended(body: Object) -> bool:
    """Whether a job has come to its end."""
    return ending_of(body.get("status") or {}) is not None


def exit_code_of(body: Object | None) -> int:
    """Give the exit code of a job that has ended; None for one that was deleted before.

    It is the processor's own wherever the reason is the processor's, as that of `pdfsec run`.
    """
    if body is None:
        return JOB_FAILED
    ending = ending_of(body.get("status") or {})
    if ending is None or ending["type"] != "Failed":
        return 0
    codes = {code.reason: int(code) for code in ExitCode if code}
    return codes.get(str(ending.get("reason")), JOB_FAILED)


def class_name_of(job: Object) -> str:
    """Name the class that is in force, or asked for; empty while the default is not known."""
    effective = (job.get("status") or {}).get("effective") or {}
    return str(effective.get("className") or job["spec"].get("className") or "")


def batch_name_of(job: Object) -> str:
    """Name the Job of a PdfSecurityJob, whether it is there or not."""
    return job_name_of(job["metadata"]["name"], job["metadata"]["uid"])


def place_of(spec: Object, field: str, path: str = "") -> str:
    """Say where a document or a report lies, for people; empty where the spec names none.

    Args:
        spec: of a job.
        field: `input`, `output` or `report`.
        path: key or path, where it is not the spec's.
    """
    for store, place in (spec.get(field) or {}).items():
        if store == "s3":
            return f"{place['endpoint']}/{place['bucket']}/{path or place['key']}"
        if store == "persistentVolumeClaim":
            return f"{path or place['path']} on the claim {place['claimName']}"
        if store == "configMap":
            return f"{place['key']} of the ConfigMap {place['name']}"
        if store == "http":
            # What follows may be a signature, which is as good as the document.
            address, query, _ = str(place["url"]).partition("?")
            return f"{address}?..." if query else address
    return ""


def moment_of(text: Any) -> datetime | None:
    """Read a timestamp of the API; None where there is none that can be read."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def age_of(since: datetime | None, now: datetime) -> str:
    """Write how long it is since, as kubectl does: `45s`, `3m12s`, `5h3m`, `2d4h`."""
    if since is None:
        return "?"
    seconds = max(0, int((now - since).total_seconds()))
    for unit, size, below, smaller in (("d", 86400, "h", 3600), ("h", 3600, "m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}{seconds % size // smaller}{below}"
    return f"{seconds // 60}m{seconds % 60}s" if seconds >= 60 else f"{seconds}s"
