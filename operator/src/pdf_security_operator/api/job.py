"""The spec of a PdfSecurityJob, with the rules by which the API server refuses a wrong one."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from pdf_security_operator.api.locations import Input, Output
from pdf_security_operator.api.quantity import Quantity
from pdf_security_operator.api.status import JobStatus
from pdf_security_processor.contract import Model, OnSignature, Operation, Verify, cel_rules
from pdf_security_processor.contract.operations import OPERATION_NAMES
from pdf_security_processor.contract.references import ObjectName

MUTABLE_FIELDS = ("suspend", "ttl_seconds_after_finished")
"""What may change after creation, as in batch/v1 Job; all else is immutable."""


class ResourceAmounts(Model):
    """Amounts of CPU and memory."""

    cpu: Quantity | None = Field(default=None, description="Cores, such as 500m or 1.")
    memory: Quantity | None = Field(default=None, description="Bytes, such as 1Gi.")


class Resources(Model):
    """Resources of the pod's container."""

    requests: ResourceAmounts | None = Field(default=None, description="What is set aside.")
    limits: ResourceAmounts | None = Field(default=None, description="What is never exceeded.")


def _immutable(field: str, *, required: bool) -> tuple[str, str, str]:
    """Build the transition rule that holds one field of the spec."""
    same = f"self.{field} == oldSelf.{field}"
    if not required:
        same = f"has(self.{field}) == has(oldSelf.{field}) && (!has(self.{field}) || {same})"
    return same, f"{field} is immutable: create another PdfSecurityJob", f".{field}"


def _different_places(first: str, second: str) -> list[tuple[str, str, str]]:
    """Build the rules by which two locations of the spec never name the same file.

    An input is never changed, not even by a job that says `overwrite: true`.
    """
    rules = []
    for store, parts in (
        ("s3", ("endpoint", "bucket", "key")),
        ("persistentVolumeClaim", ("claimName", "path")),
    ):
        given = " && ".join(
            f"has(self.{place}) && has(self.{place}.{store})" for place in (second, first)
        )
        same = " && ".join(
            f"self.{first}.{store}.{part} == self.{second}.{store}.{part}" for part in parts
        )
        rules.append(
            (
                f"!({given} && {same})",
                f"{second} must not be the same place as {first}",
                f".{second}",
            )
        )
    return rules


_SEQUENCE = cel_rules(
    *(
        (f"size(self) < 2 || self.filter(o, has(o.{name})).size() < 2", f"{name} may be given once")
        for name in OPERATION_NAMES
    ),
    (
        "size(self) < 2 || !self.exists(o, has(o.decrypt)) || has(self[0].decrypt)",
        "decrypt must be the first operation",
    ),
    (
        "size(self) < 2 || !self.exists(o, has(o.encrypt)) || has(self[size(self) - 1].encrypt)",
        "encrypt must be the last operation",
    ),
    (
        "size(self) < 2 || !self.exists(o, has(o.redact)) || "
        "has(self.filter(o, has(o.redact) || has(o.sanitize))[0].redact)",
        "redact must come before sanitize, which takes out text that it would find",
    ),
    (
        "size(self) < 2 || !self.exists(o, has(o.linearize)) || !self.exists(o, has(o.encrypt) && "
        "(has(o.encrypt.recipients) || "
        "(has(o.encrypt.algorithm) && o.encrypt.algorithm == 'AES-256-GCM')))",
        "linearize has no effect on a document that is encrypted for recipients or by AES-256-GCM; "
        "leave it out",
    ),
)
"""Most jobs have one operation: the API server pays for each field that a rule asks for."""


class JobSpec(Model):
    """What to do, with which document, and how long to try."""

    class_name: ObjectName | None = Field(
        default=None,
        description="PdfSecurityClass to run under; the one annotated as default if left out.",
    )
    input: Input = Field(description="Where the document is read from; it is never changed.")
    output: Output | None = Field(
        default=None, description="Where the result goes. Only inspect alone goes without."
    )
    report: Output | None = Field(
        default=None, description="Where the full report goes, as JSON; status has a summary."
    )
    operations: Annotated[list[Operation], Field(min_length=1, max_length=16)] = Field(
        description="What is done to the document, in order.", json_schema_extra=_SEQUENCE
    )
    on_signature: OnSignature | None = Field(
        default=None,
        description="What becomes of a signed document: refuse, the default, fails the job, since "
        "any change breaks the signatures; remove takes them out.",
    )
    verify: Verify | None = Field(
        default=None,
        description="Draw the document before and after, and compare the pages as pixels.",
    )
    resources: Resources | None = Field(
        default=None, description="CPU and memory, within the class's bounds."
    )
    scratch_size: Quantity | None = Field(
        default=None,
        description="Size of the tmpfs that holds input and output, within the class's bounds.",
    )
    suspend: bool | None = Field(
        default=None, description="True holds the job, and stops its pod when it runs already."
    )
    active_deadline_seconds: Annotated[int, Field(ge=1, le=86400)] | None = Field(
        default=None, description="Seconds from the Job's start after which it fails."
    )
    backoff_limit: Annotated[int, Field(ge=0, le=20)] | None = Field(
        default=None, description="Retries after failures that may pass; others are not retried."
    )
    ttl_seconds_after_finished: Annotated[int, Field(ge=0, le=315360000)] | None = Field(
        default=None,
        description="Seconds after which the finished resource deletes itself; never if left out.",
    )
    priority: Annotated[int, Field(ge=-1000, le=1000)] | None = Field(
        default=None,
        description="Jobs of a namespace start by priority, highest first, then by age.",
    )

    queue_name: ObjectName | None = Field(
        default=None,
        description="LocalQueue of Kueue, which then decides when the job starts; its class must "
        "allow the queue. suspend has no effect any more once the job stands in it.",
    )
    model_config = ConfigDict(
        json_schema_extra=cel_rules(
            _immutable("input", required=True),
            _immutable("operations", required=True),
            *(
                _immutable(field, required=False)
                for field in (
                    "className",
                    "output",
                    "report",
                    "onSignature",
                    "verify",
                    "resources",
                    "scratchSize",
                    "activeDeadlineSeconds",
                    "backoffLimit",
                    "priority",
                    "queueName",
                )
            ),
            (
                "has(self.output) || self.operations.all(o, has(o.inspect) || has(o.decrypt))",
                "output is required unless the document is only inspected",
            ),
            (
                "!has(self.output) || self.operations.exists(o, !has(o.inspect))",
                "output must be left out where the document is only inspected",
                ".output",
            ),
            (
                "!has(self.verify) || has(self.output)",
                "verify must be left out where nothing is put out",
                ".verify",
            ),
            *_different_places("input", "output"),
            *_different_places("input", "report"),
            *_different_places("output", "report"),
        )
    )


class PdfSecurityJob(Model):
    """One PDF document, and what is to be done to it for its security."""

    api_version: Literal["pdfsecurity.dev/v1alpha1"] | None = None
    kind: Literal["PdfSecurityJob"] | None = None
    spec: JobSpec = Field(description="What is wanted.")
    status: JobStatus | None = Field(default=None, description="What was seen.")
