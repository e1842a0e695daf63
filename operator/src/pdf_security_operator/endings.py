"""Whether something has come to its end, by its conditions: for Jobs and PdfSecurityJobs alike.

Pure; why it ended is for others to say.
"""

from typing import Any

Object = dict[str, Any]

_FINAL = ("Complete", "Failed")
_ABOUT_TO_END = ("SuccessCriteriaMet", "FailureTarget")


def ending_of(status: Object) -> Object | None:
    """Find the condition that says how it ended; None while it has not."""
    return _holding(status, _FINAL)


def is_settling(job_status: Object) -> bool:
    """Whether a pod of an unfinished Job has ended, and the Job is about to say what follows."""
    uncounted = job_status.get("uncountedTerminatedPods", {})
    return ending_of(job_status) is None and (
        any(uncounted.values()) or _holding(job_status, _ABOUT_TO_END) is not None
    )


def _holding(status: Object, kinds: tuple[str, ...]) -> Object | None:
    return next(
        (
            condition
            for condition in status.get("conditions", [])
            if condition["type"] in kinds and condition["status"] == "True"
        ),
        None,
    )
