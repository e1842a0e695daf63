"""Why a job waits, failed or runs for long, and what to do: pure, from what was observed.

What to do about a reason stands in `cli.advice`, and nowhere else.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pdf_security_operator.cli.advice import advice_on
from pdf_security_operator.outcome import stuck_reason_of, time_of
from pdf_security_operator.plugin.standing import (
    UNSEEN,
    Standing,
    age_of,
    class_name_of,
    moment_of,
    standing_of,
)
from pdf_security_operator.status import condition_of
from pdf_security_processor.contract import TERMINATED, ExitCode

Object = dict[str, Any]

EVENTS_SHOWN = 5

UNSEEN_SECONDS = 10
"""After so long an operator that runs has said something of a job."""


@dataclass(frozen=True)
class Observed:
    """All that tells why a job stands where it stands."""

    job: Object
    now: datetime
    security_class: Object | None = None
    batch_job: Object | None = None
    pods: tuple[Object, ...] = ()
    events: tuple[Object, ...] = ()
    """Of the job, its Job and its pods."""
    unseen: tuple[str, ...] = ()
    """What its user may not see, each with the right that is missing."""


@dataclass(frozen=True)
class Explanation:
    """What is known, and what to do."""

    standing: Standing
    facts: tuple[tuple[str, str], ...]
    """Name and value, the most telling first."""
    actions: tuple[str, ...]
    unseen: tuple[str, ...]

    def to_json_dict(self) -> dict[str, Any]:
        """Give what `--json` prints."""
        standing = self.standing
        return {
            "namespace": standing.key.namespace,
            "name": standing.key.name,
            "phase": standing.phase,
            "reason": standing.reason,
            "message": standing.message,
            "since": standing.since.isoformat() if standing.since else None,
            "facts": [{"name": name, "value": value} for name, value in self.facts],
            "actions": list(self.actions),
            "unseen": list(self.unseen),
        }


@dataclass
class _Draft:
    """An explanation in the making; what is said twice stands once."""

    facts: list[tuple[str, str]] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)

    def say(self, name: str, value: object) -> None:
        if value and (name, str(value)) not in self.facts:
            self.facts.append((name, str(value)))

    def advise(self, reason: str, *, has_run: bool) -> None:
        advice = advice_on(reason, has_run=has_run)
        if advice and advice.action:
            self.add(f"{reason}: {advice.action}")

    def add(self, action: str) -> None:
        if action not in self.actions:
            self.actions.append(action)


def explanation_of(observed: Observed) -> Explanation:
    """Explain where a job stands."""
    standing, draft = standing_of(observed.job), _Draft()
    draft.say("state", _headline(observed, standing))
    draft.say("why", standing.message)
    if observed.job["metadata"].get("deletionTimestamp"):
        draft.say("deleted", "it is being deleted, and its pod with it")
    if standing.phase == UNSEEN:
        _explain_unseen(observed, standing, draft)
    # A retry's own reason says nothing of why: its pods do.
    if standing.reason:
        draft.advise(standing.reason, has_run=_has_run(observed))
    _explain_attempts(observed, draft)
    if standing.phase == "Running":
        _explain_running(observed, standing, draft)
    if standing.phase in ("Queued", UNSEEN, "Running"):
        _explain_stuck(observed, draft)
        _explain_class(observed, draft)
    _explain_events(observed, standing, draft)
    # Of what succeeded nobody asks why.
    unseen = () if standing.phase == "Succeeded" else observed.unseen
    return Explanation(standing, tuple(draft.facts), tuple(draft.actions), unseen)


def _headline(observed: Observed, standing: Standing) -> str:
    verb = {
        UNSEEN: "nothing was said of it yet",
        "Queued": "waits",
        "Running": "runs",
        "Suspended": "is suspended",
        "Succeeded": "succeeded",
        "Failed": "failed",
    }.get(standing.phase, standing.phase)
    reason = f": {standing.reason}" if standing.reason not in ("", standing.phase) else ""
    return f"{verb}, since {age_of(standing.since, observed.now)}{reason}"


def _explain_unseen(observed: Observed, standing: Standing, draft: _Draft) -> None:
    waited = observed.now - standing.since if standing.since else timedelta(0)
    if waited > timedelta(seconds=UNSEEN_SECONDS):
        draft.add(
            "the operator does not run, or cannot reach the API server: have its administrator "
            "look at `kubectl get pods -A -l app.kubernetes.io/name=pdf-security-operator`"
        )


def _has_run(observed: Observed) -> bool:
    status = observed.job.get("status") or {}
    return bool(status.get("attempts") or status.get("jobName"))


def _explain_attempts(observed: Observed, draft: _Draft) -> None:
    """Say how the pods ended that are still there."""
    for pod in observed.pods:
        for container in (pod.get("status") or {}).get("containerStatuses", []):
            terminated = (container.get("state") or {}).get("terminated")
            if not terminated or not terminated.get("exitCode"):
                continue
            reason, code = _reason_of(terminated), terminated["exitCode"]
            draft.say("attempt", f"{pod['metadata']['name']}: {reason} (exit code {code})")
            draft.advise(reason, has_run=True)


def _reason_of(terminated: Object) -> str:
    code = int(terminated["exitCode"])
    if terminated.get("reason") == "OOMKilled":
        return ExitCode.OUT_OF_MEMORY.reason
    if code == TERMINATED:
        return "Terminated"
    return ExitCode(code).reason if code in set(ExitCode) else "ProcessorFailed"


def _explain_running(observed: Observed, standing: Standing, draft: _Draft) -> None:
    status = observed.job.get("status") or {}
    effective = status.get("effective") or {}
    started = moment_of(status.get("startTime")) or standing.since
    deadline = effective.get("activeDeadlineSeconds")
    if started and deadline:
        end = started + timedelta(seconds=deadline)
        ran = age_of(started, observed.now)
        left = age_of(observed.now, end) if end > observed.now else "none"
        draft.say("time", f"{ran} of {deadline} s that it may take; left: {left}")
    failed = int(((observed.batch_job or {}).get("status") or {}).get("failed", 0))
    if failed and "backoffLimit" in effective:
        draft.say("attempts", f"{failed} failed, of {effective['backoffLimit'] + 1} that it has")


def _explain_stuck(observed: Observed, draft: _Draft) -> None:
    """Say in the kubelet's, the scheduler's or the Job controller's words what does not start."""
    for pod in observed.pods:
        stuck = stuck_reason_of([pod], [])
        if stuck:
            draft.say("pod", f"{pod['metadata']['name']}: {stuck[0]}: {stuck[1]}")
            draft.advise(stuck[0], has_run=False)
        elif (pod.get("status") or {}).get("phase") in ("Pending", "Running"):
            node = pod["spec"].get("nodeName") or "no node yet"
            draft.say("pod", f"{pod['metadata']['name']}: {pod['status']['phase']} on {node}")
    for condition in ((observed.batch_job or {}).get("status") or {}).get("conditions", []):
        if condition["status"] == "True":
            draft.say("Job", f"{condition['type']}: {condition.get('message', '')}")


def _explain_class(observed: Observed, draft: _Draft) -> None:
    body = observed.security_class
    if body is None:
        draft.say("class", class_name_of(observed.job) or "the default one")
        return
    draft.say("class", f"{body['metadata']['name']}{_limits_text(body['spec'])}")
    accepted = condition_of(body.get("status") or {}, "Accepted")
    if accepted and accepted["status"] == "False":
        draft.say("class", f"is unfit: {accepted['message']}")
        draft.advise("ClassInvalid", has_run=False)


def _limits_text(spec: Object) -> str:
    concurrency = spec.get("concurrency") or {}
    memory = concurrency.get("memory") or {}
    parts = [
        f"{values[key]} {what} {words}"
        for values, what in ((concurrency, "jobs"), (memory, "of memory"))
        for key, words in (
            ("total", "in all"),
            ("perNamespace", "in a namespace"),
            ("perUser", "of a user"),
        )
        if key in values
    ]
    return f": at most {', '.join(parts)} at the same time" if parts else ": no limit"


def _explain_events(observed: Observed, standing: Standing, draft: _Draft) -> None:
    """Show what Kubernetes complained of last, but for what was said already."""
    warnings = [event for event in observed.events if event.get("type") == "Warning"]
    newest = sorted(warnings, key=time_of, reverse=True)[:EVENTS_SHOWN]
    for event in newest:
        reason, message = str(event.get("reason", "")), str(event.get("message", ""))
        if message == standing.message:
            continue
        subject = event.get("involvedObject", {}).get("kind", "")
        age = age_of(moment_of(time_of(event)), observed.now)
        draft.say("event", f"{age} ago, {subject}: {reason}: {message}")
        if standing.phase in ("Queued", "Running", UNSEEN):
            draft.advise(reason, has_run=False)
