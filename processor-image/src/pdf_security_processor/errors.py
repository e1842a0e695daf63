"""Every error of the processor, each with the exit code it owns.

Messages hold no secret, and of a document no string and no stream. Names of keys may appear, where
qpdf says what is wrong with one: printable, and cut.

ProcessorError
├── InternalError
├── InvalidRequestError
├── StoreError
│   ├── StorageUnavailableError     retried
│   ├── InputChangedError           retried
│   ├── InputNotFoundError
│   ├── InputEmptyError
│   ├── InputTooLargeError
│   ├── OutputNotFoundError
│   ├── OutputExistsError
│   ├── OutputFullError
│   ├── OutputNotEncryptedError
│   ├── AccessDeniedError
│   ├── PathRefusedError
│   ├── SourceRefusedError
│   ├── DigestMismatchError
│   ├── CredentialsIncompleteError
│   └── CertificateRefusedError
├── ScratchFullError
├── DocumentError
│   ├── NotAPdfError
│   ├── InputDamagedError
│   ├── PasswordRequiredError
│   ├── WrongPasswordError
│   ├── PasswordUnusableError
│   ├── UnsupportedEncryptionError
│   ├── DocumentSignedError
│   ├── VisualChangeError
│   └── OutputDamagedError
└── WorkerError
    ├── MemoryExceededError         retried
    ├── LimitExceededError
    ├── WorkerCrashedError
    ├── ReportRefusedError
    ├── SealIncompleteError
    └── SealViolatedError
"""

from typing import ClassVar

from pdf_security_processor.contract import TERMINATED, ExitCode


class ProcessorError(Exception):
    """A failure that the processor understands.

    Attributes:
        exit_code: what the container's exit says of it.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.INTERNAL_ERROR

    @property
    def message(self) -> str:
        """One sentence or two for a person: what is wrong, and what to do next."""
        return str(self)


class InternalError(ProcessorError):
    """A fault of the processor's own."""


class InvalidRequestError(ProcessorError):
    """The request cannot be read, or contradicts itself."""

    exit_code = ExitCode.INVALID_REQUEST


class StoreError(ProcessorError):
    """Something about where documents come from or go to."""


class StorageUnavailableError(StoreError):
    """The store does not answer, or answers that it cannot now."""

    exit_code = ExitCode.STORAGE_UNAVAILABLE


class InputChangedError(StoreError):
    """The input changed while it was read."""

    exit_code = ExitCode.INPUT_CHANGED


class InputNotFoundError(StoreError):
    """There is no such input."""

    exit_code = ExitCode.INPUT_NOT_FOUND


class InputEmptyError(StoreError):
    """The input has no bytes."""

    exit_code = ExitCode.INPUT_EMPTY


class InputTooLargeError(StoreError):
    """The input exceeds the job's bound of bytes."""

    exit_code = ExitCode.INPUT_TOO_LARGE

    def __init__(self, bound: int) -> None:
        super().__init__(
            f"The input is larger than {bound} bytes; raise the class's limit, or split the "
            "document."
        )


class OutputNotFoundError(StoreError):
    """The bucket or claim that the output goes to is not there."""

    exit_code = ExitCode.OUTPUT_NOT_FOUND


class OutputExistsError(StoreError):
    """The output is there already, and the job does not allow overwriting."""

    exit_code = ExitCode.OUTPUT_EXISTS


class OutputFullError(StoreError):
    """The sink has no room."""

    exit_code = ExitCode.OUTPUT_FULL


class OutputNotEncryptedError(StoreError):
    """The store does not say that it encrypts the output as the job or its class asks."""

    exit_code = ExitCode.OUTPUT_NOT_ENCRYPTED


class AccessDeniedError(StoreError):
    """The store refuses."""

    exit_code = ExitCode.ACCESS_DENIED


class PathRefusedError(StoreError):
    """A path that could leave its folder."""

    exit_code = ExitCode.PATH_REFUSED


class SourceRefusedError(StoreError):
    """A source over HTTP that leads elsewhere than it may, or answers as none that is read."""

    exit_code = ExitCode.SOURCE_REFUSED


class DigestMismatchError(StoreError):
    """The input is not the one whose digest the job gives."""

    exit_code = ExitCode.DIGEST_MISMATCH


class CredentialsIncompleteError(StoreError):
    """A Secret lacks a key, or the key's value cannot be used."""

    exit_code = ExitCode.CREDENTIALS_INCOMPLETE


class CertificateRefusedError(StoreError):
    """The store's certificate is not one that the job trusts."""

    exit_code = ExitCode.CERTIFICATE_REFUSED


class ScratchFullError(ProcessorError):
    """The pod's tmpfs has no room."""

    exit_code = ExitCode.SCRATCH_FULL


class DocumentError(ProcessorError):
    """Something about the document."""


class NotAPdfError(DocumentError):
    """The input is no PDF at all."""

    exit_code = ExitCode.NOT_A_PDF


class InputDamagedError(DocumentError):
    """The input cannot be read whole."""

    exit_code = ExitCode.INPUT_DAMAGED


class PasswordRequiredError(DocumentError):
    """The input is encrypted, and the job does not say to decrypt it."""

    exit_code = ExitCode.PASSWORD_REQUIRED


class WrongPasswordError(DocumentError):
    """The given password does not open the input."""

    exit_code = ExitCode.WRONG_PASSWORD


class PasswordUnusableError(DocumentError):
    """A password that the encryption cannot carry."""

    exit_code = ExitCode.PASSWORD_UNUSABLE


class UnsupportedEncryptionError(DocumentError):
    """The input is encrypted in a way that qpdf does not read."""

    exit_code = ExitCode.UNSUPPORTED_ENCRYPTION


class DocumentSignedError(DocumentError):
    """The input is signed, and the job does not say that its signatures may be broken."""

    exit_code = ExitCode.DOCUMENT_SIGNED


class VisualChangeError(DocumentError):
    """The output does not look as the input does, and the job says that this fails it."""

    exit_code = ExitCode.VISUAL_CHANGE


class OutputDamagedError(DocumentError):
    """What was written is not the document it should be."""

    exit_code = ExitCode.OUTPUT_DAMAGED


class WorkerError(ProcessorError):
    """Something about the process that parses."""


class MemoryExceededError(WorkerError):
    """The worker needed more memory than it may have."""

    exit_code = ExitCode.OUT_OF_MEMORY


class LimitExceededError(WorkerError):
    """The document exceeds a bound of time, size or count."""

    exit_code = ExitCode.LIMIT_EXCEEDED


class WorkerCrashedError(WorkerError):
    """The worker ended in a way that it never should."""

    exit_code = ExitCode.WORKER_CRASHED


class ReportRefusedError(WorkerError):
    """The worker's report is not one that a sound worker writes."""

    exit_code = ExitCode.REPORT_REFUSED


class SealIncompleteError(WorkerError):
    """The kernel lacks a layer of the worker's seal, and the class does not go on without."""

    exit_code = ExitCode.SEAL_INCOMPLETE


class SealViolatedError(WorkerError):
    """The worker did what no sound worker does, and was killed for it by the kernel."""

    exit_code = ExitCode.SEAL_VIOLATED


class TerminationError(BaseException):
    """SIGTERM came. Not an `Exception`: nothing but cleaning up may stop it on its way out."""

    exit_status: ClassVar[int] = TERMINATED
    """128 and SIGTERM's number, as a shell reports it."""
