"""The reasons that metrics know by their names. Data only.

A reason that a pod or a controller makes up has no place here, for each would be a series.
"""

FINAL_REASONS = frozenset(
    {
        "Succeeded",
        # The operator's own verdicts.
        "EncryptionNotAllowed",
        "EndpointNotAllowed",
        "InvalidSpec",
        "JobDeleted",
        "JobInvalid",
        "LimitExceeded",
        "LimitTooSmall",
        "NameConflict",
        "OperationNotAllowed",
        "OperationRequired",
        "QueueNotAllowed",
        # The Job's, and what is said where its pod left no word.
        "BackoffLimitExceeded",
        "DeadlineExceeded",
        "JobFailed",
        "PodFailurePolicy",
        "ProcessorFailed",
        # The processor's, one for each exit code.
        "AccessDenied",
        "CertificateRefused",
        "CredentialsIncomplete",
        "DigestMismatch",
        "DocumentSigned",
        "InputChanged",
        "InputDamaged",
        "InputEmpty",
        "InputNotFound",
        "InputTooLarge",
        "InternalError",
        "InvalidRequest",
        "NotAPdf",
        "OutOfMemory",
        "OutputDamaged",
        "OutputExists",
        "OutputFull",
        "OutputNotEncrypted",
        "OutputNotFound",
        "PasswordRequired",
        "PasswordUnusable",
        "PathRefused",
        "ReportRefused",
        "ScratchFull",
        "SealIncomplete",
        "SealViolated",
        "SourceRefused",
        "StorageUnavailable",
        "UnsupportedEncryption",
        "VisualChange",
        "WorkerCrashed",
        "WrongPassword",
    }
)
"""Reasons for which a job came to its end."""

HELD_REASONS = frozenset(
    {
        "ClassInvalid",
        "ClassNotFound",
        "Forbidden",
        "NamespaceTerminating",
        "NetworkPolicyConflict",
        "NetworkPolicyRefused",
        "NoDefaultClass",
        "QuotaExceeded",
    }
)
"""Reasons for which a job cannot start, other than that it stands in line for a place."""
