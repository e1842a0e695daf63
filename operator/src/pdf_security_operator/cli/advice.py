"""What to do about each reason that a job may have: the one table of it. Pure.

Tests hold it complete against the contract, the operator's code and the processor's README.
"""

from dataclasses import dataclass
from typing import Literal

Source = Literal["processor", "operator", "kubernetes"]
"""Who says it: the processor by its exit code, the operator, or Kubernetes of a Job or a pod."""


@dataclass(frozen=True)
class Advice:
    """One reason, and what to do about it; nothing where nothing need be done."""

    source: Source
    reason: str
    action: str


def advice_on(reason: str, *, has_run: bool) -> Advice | None:
    """Find what to do; None for a reason that nobody here gives.

    Args:
        reason: as the condition spells it.
        has_run: whether a pod has ended: the processor and the operator share a reason or two.
    """
    preferred = "processor" if has_run else "operator"
    found = [entry for entry in ADVICE if entry.reason == reason]
    return next(
        (entry for entry in found if entry.source == preferred), found[0] if found else None
    )


def actions_of(source: Source) -> dict[str, str]:
    """Give what to do, by reason, of all that one says."""
    return {entry.reason: entry.action for entry in ADVICE if entry.source == source}


_PROCESSOR = {
    "Succeeded": "",
    "InternalError": "retried; report it if it stays",
    "StorageUnavailable": (
        "retried; look at the store, the clocks, the credentials' expiry, and whether the class "
        "lists the store's addresses, for the network policy lets through to no others"
    ),
    "OutOfMemory": "retried; raise the job's resources.limits.memory, or the class's",
    "InputChanged": "retried; write inputs under another name first, then rename",
    "InvalidRequest": "correct the job; or operator and image differ in version",
    "InputNotFound": "check bucket, key, claim, path and URL",
    "InputEmpty": "the file has no bytes: see whoever writes it",
    "NotAPdf": "the file is something else: see whether the key or path is the right one",
    "InputDamaged": (
        "add a repair operation to accept what qpdf can mend; a page that was to become a picture "
        "and cannot be drawn"
    ),
    "InputTooLarge": "raise the class's limit",
    "PasswordRequired": (
        "add a decrypt operation, with recipientKeySecretRef for what is encrypted for recipients"
    ),
    "WrongPassword": "check the Secret's key, or whether it is that of a recipient",
    "PasswordUnusable": (
        "the algorithm cannot carry the password, or it protects nothing; a key or certificate "
        "cannot be used"
    ),
    "UnsupportedEncryption": (
        "for recipients, or newer than revision 6: add a decrypt operation; with one, nothing here "
        "reads it"
    ),
    "OutputExists": "another job's, or nobody's: remove it, or set overwrite",
    "OutputNotFound": "make the bucket or mount the claim",
    "AccessDenied": "check credentials, token, policy or permissions",
    "PathRefused": "paths are relative, plain, and meet no symbolic link",
    "ScratchFull": "raise the job's scratchSize, or the class's",
    "OutputFull": "enlarge the claim or quota",
    "LimitExceeded": (
        "time or output size: raise the class's limit; too many objects or pages: split the "
        "document; data that decode to far more than they are: most likely made to exhaust its "
        "readers"
    ),
    "CredentialsIncomplete": "the Secret lacks a key",
    "CertificateRefused": "check the endpoint's name and the CA bundle",
    "WorkerCrashed": "the document may be hostile",
    "ReportRefused": "the document may be hostile",
    "OutputDamaged": "the output was checked and not put",
    "SealIncomplete": (
        "the node's kernel has no Landlock or no seccomp: run the job where it has, or set the "
        "class's requireCompleteSeal: false"
    ),
    "SealViolated": (
        "the worker made a system call that it has no use for, and was killed: the document is "
        "most likely hostile"
    ),
    "DocumentSigned": (
        "any change breaks the signatures: set onSignature: remove to have them taken out"
    ),
    "VisualChange": (
        "a page looks different, or could not be compared, and the job has failOnVisualChange: true"
    ),
    "SourceRefused": (
        "the URL, a redirection or an address that it leads to is not the class's, or never any "
        "document's; or its answer is none that is read: the message says which"
    ),
    "DigestMismatch": (
        "the document is not the one that digest names: correct it, or find out who changed the "
        "document"
    ),
    "OutputNotEncrypted": (
        "the store does not say that it encrypts as serverSideEncryption asks, and was sent "
        "nothing of the document, or what it took was removed: choose a store, type or key that it "
        "knows, or leave it out"
    ),
}

_LIMIT = "it starts when others end; ask the class's administrator to raise spec.concurrency"

_OPERATOR = {
    "NoDefaultClass": (
        "name a class in spec.className of a new job, or have an administrator annotate one with "
        "pdfsecurity.dev/is-default-class: true; then it starts by itself"
    ),
    "ClassNotFound": (
        "correct spec.className in a new job, or have the class created; then it starts by itself"
    ),
    "ClassInvalid": "have the class's administrator correct the field that the message names",
    "QuotaExceeded": (
        "wait for Jobs to end, delete finished ones, or have the namespace's ResourceQuota raised"
    ),
    "NamespaceTerminating": "the namespace is being deleted: create the job in another one",
    "Forbidden": (
        "an admission policy, or a right that the operator lacks: show the message to whoever sets "
        "them"
    ),
    "NetworkPolicyRefused": "show the message to whoever sets the cluster's policies",
    "NetworkPolicyConflict": "rename or remove the NetworkPolicy that the message names",
    "ConcurrencyLimit": f"the class is full: {_LIMIT}.total",
    "NamespaceConcurrencyLimit": f"the namespace has all its places: {_LIMIT}.perNamespace",
    "UserConcurrencyLimit": f"its author has all his places: {_LIMIT}.perUser",
    "MemoryLimit": f"the class's memory is in use: {_LIMIT}.memory.total",
    "NamespaceMemoryLimit": (
        f"the namespace's share of memory is in use: {_LIMIT}.memory.perNamespace"
    ),
    "UserMemoryLimit": f"its author's share of memory is in use: {_LIMIT}.memory.perUser",
    "InLine": "others are first: it starts in its turn, sooner with a higher spec.priority",
    "WaitingForQueue": "Kueue decides: kubectl describe its Workload, and the LocalQueue",
    "PodStarting": "",
    "PodRunning": "",
    "Retrying": "it is tried again by itself",
    "Suspended": "set spec.suspend: false to let it go on",
    "InvalidSpec": "correct the field that the message names, in a new job",
    "JobInvalid": "the API server takes no such Job: correct the field that the message names",
    "JobDeleted": (
        "somebody deleted its Job: see whether the output is there, and run it again if not"
    ),
    "NameConflict": "remove the Job that the message names, or create the job under another name",
    "OperationNotAllowed": "leave the operation out in a new job, or choose another class",
    "OperationRequired": "add the operation in a new job, or choose another class",
    "EndpointNotAllowed": (
        "use a store or source of the class in a new job, or have its administrator list it"
    ),
    "EncryptionNotAllowed": "leave serverSideEncryption out in a new job to get the class's",
    "QueueNotAllowed": "name one of the class's queues in a new job, or leave queueName out",
    "LimitExceeded": "ask for less in a new job, or have the bound of the class raised",
    "LimitTooSmall": "ask for more in a new job",
    "DeadlineExceeded": (
        "if it was being processed, raise activeDeadlineSeconds in a new job; if its pod never "
        "started, the message says why"
    ),
    "ProcessorFailed": "no exit code of the processor: see the log while it is kept, and report it",
    "JobFailed": "see the events of its Job",
}

_IMAGE = "show it to the class's administrator: its spec.image cannot be had"

_KUBERNETES = {
    "BackoffLimitExceeded": "all attempts failed: see the log of the last one while it is kept",
    "PodFailurePolicy": "an attempt failed for good: see its log while it is kept",
    "Unschedulable": (
        "no node has room: ask for less in resources, wait, or have nodes added; the message says "
        "what is short"
    ),
    "SchedulingGated": "another controller holds the pod: see its spec.schedulingGates",
    "ImagePullBackOff": _IMAGE,
    "ErrImageNeverPull": _IMAGE,
    "ErrImagePull": _IMAGE,
    "InvalidImageName": _IMAGE,
    "ImageInspectError": "the node's container runtime is unwell: show it to the administrator",
    "RegistryUnavailable": "the registry is away; it is tried again by itself",
    "SignatureValidationFailed": _IMAGE,
    "CreateContainerConfigError": (
        "a Secret or key that the job names is missing: create it; then it starts by itself"
    ),
    "CreateContainerError": "the node's container runtime refuses: show it to the administrator",
    "RunContainerError": "the node's container runtime refuses: show it to the administrator",
    "CrashLoopBackOff": "the container ends at once: see its log",
    "FailedMount": (
        "a Secret, ConfigMap or claim that the job names is missing, or cannot be mounted: the "
        "message says which; create it, and it starts by itself"
    ),
    "FailedAttachVolume": "the claim's volume is in use elsewhere, or its driver is unwell",
    "FailedCreate": (
        "the pod is refused: by a quota, whose name the message gives, or by an admission policy, "
        "which is for whoever sets it"
    ),
    "FailedCreatePodSandBox": "the node's network or runtime is unwell: tried again by itself",
    "NetworkNotReady": "the node's network is not up yet: it is tried again by itself",
    "FailedScheduling": "no node has room: the message says what is short",
    "Evicted": "the node was short of something: it is tried again by itself",
}
"""What the scheduler, the kubelet and the Job controller say most; they have more words."""

_TABLES: tuple[tuple[Source, dict[str, str]], ...] = (
    ("processor", _PROCESSOR),
    ("operator", _OPERATOR),
    ("kubernetes", _KUBERNETES),
)

ADVICE = tuple(
    Advice(source, reason, action) for source, table in _TABLES for reason, action in table.items()
)
"""Every reason that the product gives, and those of Kubernetes that it passes on most."""
