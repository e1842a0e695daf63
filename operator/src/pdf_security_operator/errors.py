"""The operator's errors: what will pass by itself, and what ends a job.

OperatorError
├── JobRejected           ends the job: it can never run as it is written
├── JobWaits              holds the job: it runs when something else changes
│   ├── JobWaitsForClass  ... its class: then it is woken
│   └── JobWaitsForPlace  ... a place of its class: then it is let in when its turn comes
└── ApiError              what the Kubernetes API answered
    ├── NotFoundError
    ├── ConflictError     exists already, or changed meanwhile
    ├── ForbiddenError    RBAC, quota or an admission policy
    ├── InvalidError      refused by validation
    ├── GoneError         a watch's past is forgotten: everything must be listed anew
    ├── FencedError       nothing was sent: another process may be acting by now
    └── UnavailableError  overloaded, restarting or out of reach: tried again
"""


class OperatorError(Exception):
    """Root of the errors that the operator raises itself."""


class JobRejected(OperatorError):  # noqa: N818  (a verdict, as the condition spells it)
    """A job can never run as it is written.

    Args:
        reason: reason of the `Failed` condition.
        message: what is wrong, the field that is at fault, and what to do.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class JobWaits(OperatorError):  # noqa: N818  (as above)
    """A job cannot run yet; arguments as for `JobRejected`, for the `Queued` condition."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class JobWaitsForClass(JobWaits):
    """A job waits for its class: the operator sees that change, and wakes the job."""


class JobWaitsForPlace(JobWaits):
    """A job stands in line for a place of its class.

    Args:
        reason: as for `JobWaits`.
        message: as for `JobWaits`.
        position: how many go before, about.
    """

    def __init__(self, reason: str, message: str, position: int) -> None:
        super().__init__(reason, message)
        self.position = position


class ApiError(OperatorError):
    """An answer of the Kubernetes API other than success.

    Args:
        status: HTTP status, 0 where there was no answer.
        message: the message of the API's Status object.
        retry_after: seconds that the server asked to wait.
    """

    def __init__(self, status: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message
        self.retry_after = retry_after


class NotFoundError(ApiError):
    """The object does not exist."""


class ConflictError(ApiError):
    """The object exists already, or it changed since it was read."""


class ForbiddenError(ApiError):
    """RBAC, a quota or an admission policy says no."""


class InvalidError(ApiError):
    """The API server's validation refuses the object."""


class GoneError(ApiError):
    """What a list or watch is to go on from is too old."""


class FencedError(ApiError):
    """This process does not lead any more, or cannot be sure of it."""


class UnavailableError(ApiError):
    """The API server is overloaded, restarting or out of reach."""


_BY_STATUS: dict[int, type[ApiError]] = {
    400: InvalidError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    422: InvalidError,
    429: UnavailableError,
}


def api_error_of(status: int, message: str, retry_after: float | None = None) -> ApiError:
    """Choose the error for an answer's HTTP status."""
    fallback = UnavailableError if status == 0 or status >= 500 else ApiError
    return _BY_STATUS.get(status, fallback)(status, message, retry_after)
