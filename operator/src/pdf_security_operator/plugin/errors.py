"""The plugin's errors, and its exit codes beside those of `cli.errors` and of the contract.

CommandError
├── UsageError
│   └── KubeconfigError     the kubeconfig, or the context, is wrong: exit code 2
└── ServerError             what the API server said, or did not: exit code 6
    ├── UnreachableError    it gave no answer, or is overloaded: exit code 7
    ├── CredentialsError    it does not know who asks
    ├── ForbiddenError      it knows, and RBAC says no
    ├── KindsMissingError   the product is not installed there
    ├── NotFoundError       there is no such object, or it is gone
    ├── ConflictError       it exists already, or changed meanwhile
    ├── ExpiredError        a watch's past is forgotten: everything is listed anew
    └── RefusedError        validation, a policy or a quota says no: exit code 3
"""

from pdf_security_operator.cli.errors import MANIFEST_REFUSED, CommandError, UsageError

DIFFERENT = 1
"""Of `diff`, as `kubectl diff` has it."""

SERVER_SAID_NO = 6
SERVER_AWAY = 7

JOB_FAILED = 8
"""A job that failed, or was deleted, for a reason that is none of the processor's exit codes."""

TIMED_OUT = 9
"""It has not ended within `--timeout`."""


class KubeconfigError(UsageError):
    """The kubeconfig cannot be used; the message says which part of it."""

    reason = "KubeconfigError"


class ServerError(CommandError):
    """Root of what the API server said other than success; the message says what to do."""

    exit_code = SERVER_SAID_NO
    reason = "ServerError"


class UnreachableError(ServerError):
    """The API server cannot be reached, or is overloaded: it may pass by itself."""

    exit_code = SERVER_AWAY
    reason = "Unreachable"


class CredentialsError(ServerError):
    """The credentials are missing, wrong or expired."""

    reason = "CredentialsRefused"


class ForbiddenError(ServerError):
    """A right is missing; the message says which, and which ClusterRole has it."""

    reason = "Forbidden"


class KindsMissingError(ServerError):
    """The cluster does not know PdfSecurityJobs."""

    reason = "KindsMissing"


class NotFoundError(ServerError):
    """The object, or its namespace, does not exist."""

    reason = "NotFound"


class ConflictError(ServerError):
    """The object exists already, or it changed since it was read."""

    reason = "Conflict"


class ExpiredError(ServerError):
    """What a watch was to go on from is too old."""

    reason = "Expired"


class RefusedError(ServerError):
    """The API server understood the resource, and takes it not."""

    exit_code = MANIFEST_REFUSED
    reason = "Refused"
