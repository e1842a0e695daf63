"""What a record tells: who wanted what, with which image and limits, and how it ended. Pure.

The envelope is CloudEvents 1.0, its data OCSF's API Activity (https://schema.ocsf.io, class 6003).
The id is the same whenever the same thing is recorded, so that what a crash has recorded twice is
seen to be one.
"""

from datetime import datetime
from typing import Any

from pdf_security_operator.audit.chain import PREFIX
from pdf_security_operator.identity import key_of, submitter_of, uid_of

Object = dict[str, Any]

ADMITTED = f"{PREFIX}job.admitted"
REFUSED = f"{PREFIX}job.refused"
SUCCEEDED = f"{PREFIX}job.succeeded"
FAILED = f"{PREFIX}job.failed"
DELETED = f"{PREFIX}job.deleted"

OUTCOMES = (REFUSED, SUCCEEDED, FAILED, DELETED)
"""Of which a job has one."""

OCSF_VERSION = "1.4.0"
_APPLICATION_ACTIVITY = 6
_API_ACTIVITY = 6003
_CREATE, _UPDATE, _DELETE = 1, 3, 4
_SUCCESS, _FAILURE = 1, 2
_INFORMATIONAL, _MEDIUM = 1, 3
_USER, _SYSTEM = 1, 3
_ACTIVITY_NAMES = {_CREATE: "Create", _UPDATE: "Update", _DELETE: "Delete"}

_NAME_LENGTH = 64
"""Characters of an operation's name that are kept."""

_MOST_OPERATIONS = 32
"""Operations of a job that are named."""


def admission_id_of(uid: str) -> str:
    """Id of the record that a job was let in."""
    return f"{uid}/admitted"


def outcome_id_of(uid: str) -> str:
    """Id of the record of how a job ended, whichever way."""
    return f"{uid}/outcome"


def is_owed(status: Object, job: Object | None) -> bool:
    """Whether the end of a job may not be on record yet.

    A Job is let go, and may remove itself, only when it is; where there is none, or none any more,
    the status says so.

    Args:
        status: the final status of a PdfSecurityJob.
        job: its Job, as `observed` keeps it.
    """
    if job:
        return "ttlSecondsAfterFinished" not in job["spec"]
    never_let_go = "jobName" not in status or status.get("reason") == "JobDeleted"
    return never_let_go and "auditTime" not in status


def build_admission(body: Object, job: Object, time: str) -> Object:
    """Build the record that a job was let in: its Job was created.

    Args:
        body: the PdfSecurityJob.
        job: its Job, as `observed` keeps it.
        time: RFC 3339 timestamp, as for the others.
    """
    resources = [_security_job_of(body), _job_of(job["metadata"]["name"], body)]
    data = _activity(body, "admit", _CREATE, resources, "", job.get("effective") or {})
    return _record(body, admission_id_of(uid_of(body)), ADMITTED, time, data)


def build_outcome(body: Object, status: Object, time: str) -> Object:
    """Build the record of how a job ended.

    Args:
        body: the PdfSecurityJob.
        status: its final status.
        time: as for the others.
    """
    succeeded, started = status["phase"] == "Succeeded", "jobName" in status
    kind = SUCCEEDED if succeeded else FAILED if started else REFUSED
    activity = _UPDATE if started else _CREATE
    report = status.get("report", {})
    documents = [
        _document_of(role, body, report[role]) for role in ("input", "output") if role in report
    ]
    job = [_job_of(status["jobName"], body)] if started else []
    resources = [_security_job_of(body), *job, *documents]
    reason = "" if succeeded else status["reason"]
    operation = "process" if started else "admit"
    data = _activity(body, operation, activity, resources, reason, status.get("effective", {}))
    data |= {"message": _message_of(status), "unmapped": data["unmapped"] | _course_of(status)}
    return _record(body, outcome_id_of(uid_of(body)), kind, time, data)


def build_deletion(body: Object, time: str) -> Object:
    """Build the record that a job was deleted before it came to an end."""
    data = _activity(body, "cancel", _DELETE, [_security_job_of(body)], "", {})
    return _record(body, outcome_id_of(uid_of(body)), DELETED, time, data)


def _record(body: Object, identity: str, kind: str, time: str, data: Object) -> Object:
    namespace, name = key_of(body)
    return {
        "id": identity,
        "type": kind,
        "subject": f"namespaces/{namespace}/pdfsecurityjobs/{name}",
        "time": time,
        "data": {"time": int(datetime.fromisoformat(time).timestamp() * 1000), **data},
    }


def _activity(
    body: Object,
    operation: str,
    activity: int,
    resources: list[Object],
    error: str,
    applied: Object,
) -> Object:
    response = {"response": {"error": error}} if error else {}
    user = submitter_of(body)
    return {
        "metadata": {
            "version": OCSF_VERSION,
            "product": {"name": "pdf-security-operator", "vendor_name": "pdfsecurity.dev"},
        },
        "category_uid": _APPLICATION_ACTIVITY,
        "class_uid": _API_ACTIVITY,
        "class_name": "API Activity",
        "type_uid": _API_ACTIVITY * 100 + activity,
        "activity_id": activity,
        "activity_name": _ACTIVITY_NAMES[activity],
        "severity_id": _MEDIUM if error else _INFORMATIONAL,
        "status_id": _FAILURE if error else _SUCCESS,
        "status_detail": error or "Succeeded",
        # Where no policy stamps it, nobody says who it was.
        "actor": {"user": {"name": user or "unknown", "type_id": _USER if user else 0}},
        "api": {"operation": operation, "service": {"name": "pdfsecurity.dev"}, **response},
        "src_endpoint": {"svc_name": "kube-apiserver"},
        "resources": resources,
        "unmapped": {"operations": _operations_of(body), "effective": applied},
    }


def _operations_of(body: Object) -> list[str]:
    """Name what is done to the document, without its parameters.

    The spec may be one that no schema held to anything.
    """
    operations = body["spec"].get("operations")
    if not isinstance(operations, list):
        return []
    return [
        str(name)[:_NAME_LENGTH]
        for entry in operations[:_MOST_OPERATIONS]
        if isinstance(entry, dict)
        for name in list(entry)[:1]
    ]


def _security_job_of(body: Object) -> Object:
    namespace, name = key_of(body)
    return {
        "type": "PdfSecurityJob",
        "name": name,
        "namespace": namespace,
        "uid": uid_of(body),
        "version": str(body["metadata"].get("generation", "")),
    }


def _job_of(name: str, body: Object) -> Object:
    return {"type": "Job", "name": name, "namespace": key_of(body).namespace}


def _document_of(role: str, body: Object, facts: Object) -> Object:
    """Tell which document: where it was, and what it was by its digest."""
    return {"type": f"document/{role}", "name": _place_of(body["spec"].get(role)), "data": facts}


def _place_of(location: Any) -> str:
    """Name a place as people do; of credentials it knows nothing."""
    match location:
        case {"s3": {"endpoint": str(endpoint), "bucket": str(bucket), "key": str(key)}}:
            return f"{endpoint}/{bucket}/{key}"
        case {"persistentVolumeClaim": {"claimName": str(claim), "path": str(path)}}:
            return f"persistentvolumeclaims/{claim}/{path}"
        case {"configMap": {"name": str(name), "key": str(key)}}:
            return f"configmaps/{name}/{key}"
        case {"http": {"url": str(url)}}:
            # What stands behind it may be a token.
            return url.partition("?")[0]
        case _:
            return "unknown"


def _course_of(status: Object) -> Object:
    names = ("attempts", "startTime", "completionTime")
    course = {name: status[name] for name in names if name in status}
    report = status.get("report", {})
    counts = {name: report[name] for name in ("removed", "kept", "location") if name in report}
    return course | counts


def _message_of(status: Object) -> str:
    kinds = ("Complete", "Failed")
    conditions = status.get("conditions", [])
    ended = (entry for entry in conditions if entry["type"] in kinds and entry["status"] == "True")
    return str(next((entry["message"] for entry in ended), ""))
