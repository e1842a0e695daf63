"""The exit codes of the processor: all that crosses from its container as an outcome.

Codes from 20 up are permanent: the same request on the same document fails again, so the Job's
podFailurePolicy ends it at once. 1 and the codes from 10 to 19 are retried.
"""

from enum import IntEnum

_FIRST_PERMANENT = 20

TERMINATED = 143
"""Exit status after SIGTERM, as shells have it (128 and the signal's number): no outcome at all."""


class ExitCode(IntEnum):
    """Outcome of the processing of one document."""

    SUCCEEDED = 0
    INTERNAL_ERROR = 1

    STORAGE_UNAVAILABLE = 10
    OUT_OF_MEMORY = 11
    INPUT_CHANGED = 12

    INVALID_REQUEST = 20
    INPUT_NOT_FOUND = 21
    INPUT_EMPTY = 22
    NOT_A_PDF = 23
    INPUT_DAMAGED = 24
    INPUT_TOO_LARGE = 25
    PASSWORD_REQUIRED = 26
    WRONG_PASSWORD = 27
    PASSWORD_UNUSABLE = 28
    UNSUPPORTED_ENCRYPTION = 29
    OUTPUT_EXISTS = 30
    OUTPUT_NOT_FOUND = 31
    ACCESS_DENIED = 32
    PATH_REFUSED = 33
    SCRATCH_FULL = 34
    OUTPUT_FULL = 35
    LIMIT_EXCEEDED = 36
    CREDENTIALS_INCOMPLETE = 37
    CERTIFICATE_REFUSED = 38
    WORKER_CRASHED = 39
    REPORT_REFUSED = 40
    OUTPUT_DAMAGED = 41
    SEAL_INCOMPLETE = 42
    SEAL_VIOLATED = 43
    DOCUMENT_SIGNED = 44
    VISUAL_CHANGE = 45
    SOURCE_REFUSED = 46
    DIGEST_MISMATCH = 47
    OUTPUT_NOT_ENCRYPTED = 48

    @property
    def is_permanent(self) -> bool:
        """Whether the same request on the same document must fail again."""
        return self >= _FIRST_PERMANENT

    @property
    def reason(self) -> str:
        """The name as conditions spell it: `WRONG_PASSWORD` is `WrongPassword`."""
        if self is ExitCode.NOT_A_PDF:
            return "NotAPdf"
        return "".join(word.capitalize() for word in self.name.split("_"))
