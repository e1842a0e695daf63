"""From a state to the status that is written: pure.

Conditions keep their transition time while their status stays; a status that says the same as
before is equal to it, and then nothing is written.
"""

from typing import Any

from pdf_security_operator.api import CONDITION_TYPES
from pdf_security_operator.effective import EffectiveLimits
from pdf_security_operator.endings import ending_of
from pdf_security_operator.outcome import State
from pdf_security_operator.text import message_of, reason_of
from pdf_security_processor.contract import FileFacts

Object = dict[str, Any]

_CONDITION_OF_PHASE = {
    "Queued": "Queued",
    "Running": "Running",
    "Suspended": "Suspended",
    "Succeeded": "Complete",
    "Failed": "Failed",
}


def status_of(
    previous: Object,
    generation: int,
    state: State,
    now: str,
    job: Object | None = None,
) -> Object:
    """Compute the whole status of a PdfSecurityJob.

    Args:
        previous: the status as it was last seen.
        generation: the resource's generation.
        state: where the job stands.
        now: RFC 3339 timestamp.
        job: its Job as `observed` keeps it, where there is one.
    """
    status: Object = {
        **{key: value for key, value in previous.items() if key != "conditions"},
        "observedGeneration": generation,
        "conditions": _conditions(previous.get("conditions", []), generation, state, now),
        "phase": state.phase,
        "reason": reason_of(state.reason),
        "documents": _documents(state),
    }
    if job:
        if job.get("effective"):
            status["effective"] = job["effective"]
        observed = job.get("status", {})
        status["jobName"] = job["metadata"]["name"]
        attempts = observed.get("failed", 0) + observed.get("succeeded", 0)
        if attempts:
            status["attempts"] = attempts
        if observed.get("startTime"):
            status["startTime"] = observed["startTime"]
    if state.is_final:
        status.setdefault(
            "completionTime", (job or {}).get("status", {}).get("completionTime", now)
        )
    if state.summary:
        status["report"] = _report(state)
    return status


def effective_of(class_name: str, image: str, limits: EffectiveLimits) -> Object:
    """Give what was applied, for status."""
    return {
        "className": class_name,
        "image": image,
        "cpuLimit": limits.cpu_limit,
        "memoryLimit": limits.memory_limit,
        "memoryRequest": limits.memory_request,
        "scratchSize": limits.scratch_size,
        "activeDeadlineSeconds": limits.active_deadline_seconds,
        "backoffLimit": limits.backoff_limit,
    }


def condition_of(status: Object, kind: str) -> Object | None:
    """Find a condition by its type."""
    return next((c for c in status.get("conditions", []) if c["type"] == kind), None)


def is_final(status: Object) -> bool:
    """Whether a status says that the job has come to its end."""
    return ending_of(status) is not None


def status_at(status: Object, generation: int) -> Object:
    """Say the same of a newer generation: what may still change after the end changes nothing.

    kstatus and Argo CD take a resource for unfinished while `observedGeneration` lags behind.
    """
    conditions = [{**entry, "observedGeneration": generation} for entry in status["conditions"]]
    return {**status, "observedGeneration": generation, "conditions": conditions}


def _conditions(previous: list[Object], generation: int, state: State, now: str) -> list[Object]:
    """Set the condition of the phase, end the others, and say the same to kstatus.

    kstatus reads Reconciling and Stalled (sigs.k8s.io/cli-utils, pkg/kstatus): Argo CD's and
    Flux's tools tell progress from failure by them.
    """
    true = {
        _CONDITION_OF_PHASE[state.phase],
        *({"Reconciling"} if state.phase in ("Queued", "Running") else ()),
        *({"Stalled"} if state.phase == "Failed" else ()),
    }
    known = {condition["type"]: condition for condition in previous}
    conditions = []
    for kind in CONDITION_TYPES:
        if kind in true:
            entry = _condition(kind, "True", generation, state.reason, state.message, now)
        elif kind in known:
            message = f"now {state.phase.lower()}"
            entry = _condition(kind, "False", generation, state.phase, message, now)
        else:
            continue
        before = known.get(kind)
        if before and before["status"] == entry["status"]:
            entry["lastTransitionTime"] = before["lastTransitionTime"]
        conditions.append(entry)
    return conditions


def _condition(
    kind: str, value: str, generation: int, reason: str, message: str, now: str
) -> Object:
    return {
        "type": kind,
        "status": value,
        "observedGeneration": generation,
        "lastTransitionTime": now,
        "reason": reason_of(reason),
        "message": message_of(message),
    }


def _documents(state: State) -> Object:
    succeeded = int(state.phase == "Succeeded")
    failed = int(state.phase == "Failed")
    return {
        "total": 1,
        "succeeded": succeeded,
        "failed": failed,
        "progress": f"{succeeded}/1",
    }


def _report(state: State) -> Object:
    summary = state.summary
    if summary is None:
        return {}
    report: Object = {
        "warnings": summary.warnings,
        "durationSeconds": round(summary.duration_seconds, 3),
        "peakMemoryBytes": summary.peak_memory_bytes,
    }
    for name, facts in (("input", summary.input), ("output", summary.output)):
        if isinstance(facts, FileFacts):
            report[name] = facts.to_json_dict()
    for name, counts in (("removed", summary.removed), ("kept", summary.kept)):
        if counts:
            report[name] = dict(counts)
    if summary.visual:
        visual = summary.visual.to_json_dict()
        report["visual"] = {**visual, "problem": message_of(summary.visual.problem)}
    if summary.report_location:
        report["location"] = message_of(summary.report_location)
    return report
