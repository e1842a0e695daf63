"""What a job's status says of its document, as a report for people: pure."""

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from pdf_security_operator.cli.display import Rows, summary_rows
from pdf_security_operator.plugin.standing import (
    Standing,
    age_of,
    class_name_of,
    has_ended,
    moment_of,
    place_of,
    standing_of,
)
from pdf_security_processor.contract import ExitCode, Summary

Object = dict[str, Any]


def report_rows(job: Object, now: datetime) -> Rows:
    """List what a person wants to know, the outcome first."""
    standing, spec, status = standing_of(job), job["spec"], job.get("status") or {}
    outcome = standing.reason if has_ended(job) else f"{standing.phase} {standing.reason}".strip()
    rows: Rows = [("outcome", outcome), ("message", standing.message)]
    rows += [("class", class_name_of(job))]
    rows += [(f"{name} at", place_of(spec, name)) for name in ("input", "output")]
    operations = [name for operation in spec["operations"] for name in operation]
    rows.append(("operations", ", ".join(operations)))
    rows.append(("time", _time_text(status, standing, now)))
    if status.get("attempts"):
        rows.append(("attempts", str(status["attempts"])))
    summary = summary_of(status)
    if summary:
        # What was said already stands in the condition.
        rows += [row for row in summary_rows(summary, None) if row[0] not in ("outcome", "message")]
    rows.append(("full report", _report_text(spec, status)))
    return [row for row in rows if row[1]]


def report_document(job: Object) -> Object:
    """Give what `--json` prints."""
    standing, status = standing_of(job), job.get("status") or {}
    document = {
        "namespace": standing.key.namespace,
        "name": standing.key.name,
        "phase": standing.phase,
        "reason": standing.reason,
        "message": standing.message,
        **{
            name: status[name]
            for name in ("startTime", "completionTime", "attempts", "documents", "report")
            if name in status
        },
    }
    location = place_of(job["spec"], "report", (status.get("report") or {}).get("location", ""))
    return {**document, **({"fullReport": location} if location else {})}


def summary_of(status: Object) -> Summary | None:
    """Read the summary back from a status; None where it has none, or none that can be read."""
    report = status.get("report")
    codes = {code.reason: int(code) for code in ExitCode}
    reason = str(status.get("reason"))
    if not report:
        return None
    given = {name: value for name, value in report.items() if name != "location"}
    try:
        return Summary.model_validate(
            {**given, "exitCode": codes.get(reason, 0), "reason": reason},
        )
    except ValidationError:
        return None


def _report_text(spec: Object, status: Object) -> str:
    if not spec.get("report"):
        return "none: spec.report is left out"
    location = (status.get("report") or {}).get("location")
    if location:
        return place_of(spec, "report", location)
    return f"not there; it would be {place_of(spec, 'report')}"


def _time_text(status: Object, standing: Standing, now: datetime) -> str:
    started, ended = moment_of(status.get("startTime")), moment_of(status.get("completionTime"))
    if started and ended:
        return f"{age_of(started, ended)}, from {status['startTime']}"
    if ended:
        return f"ended {age_of(ended, now)} ago without having started"
    return f"since {age_of(standing.since, now)}"
