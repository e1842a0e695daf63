"""The status of a PdfSecurityJob as it is written; how it is computed stands in `status`."""

from typing import Annotated, Literal

from pydantic import Field

from pdf_security_processor.contract import Model

ConditionType = Literal[
    "Queued", "Running", "Suspended", "Complete", "Failed", "Reconciling", "Stalled"
]
CONDITION_TYPES: tuple[ConditionType, ...] = (
    "Queued",
    "Running",
    "Suspended",
    "Complete",
    "Failed",
    "Reconciling",
    "Stalled",
)
"""The last two are for kstatus, by which Argo CD and Flux tell progress from failure."""

Phase = Literal["Queued", "Running", "Suspended", "Succeeded", "Failed"]
"""For people only, derived from the conditions."""

Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""RFC 3339 in UTC, whole seconds."""


Word = Annotated[str, Field(max_length=640, pattern=r"^[-a-zA-Z0-9._:/@]*$")]
"""A name, a quantity, an image. Bounded: what was applied is read back from an annotation."""

Whole = Annotated[int, Field(ge=0, le=10**9)]


class Condition(Model):
    """One aspect of the state, as metav1.Condition."""

    type: Annotated[str, Field(max_length=64)] = Field(description="What is said.")
    status: Literal["True", "False", "Unknown"] = Field(description="Whether it holds.")
    observed_generation: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="Generation that it was said of."
    )
    last_transition_time: Timestamp = Field(description="Since when.")
    reason: Annotated[str, Field(min_length=1, max_length=128)] = Field(
        description="Why, as one word."
    )
    message: Annotated[str, Field(max_length=2048)] = Field(description="Why, for people.")


class Documents(Model):
    """How many documents the job has, and how they ended."""

    total: int = Field(default=1, description="Documents of the job.")
    succeeded: int = Field(default=0, description="Documents that ended well.")
    failed: int = Field(default=0, description="Documents that failed.")
    progress: str = Field(
        default="0/1", description="Succeeded of total, for the table, as COMPLETIONS of a Job."
    )


class FileSummary(Model):
    """A document as bytes."""

    bytes: int | None = Field(default=None, description="Size.")
    sha256: str | None = Field(default=None, description="SHA-256 digest in hex.")
    pages: int | None = Field(default=None, description="Number of pages.")


class VisualSummary(Model):
    """Whether the pages look as before."""

    pages: int | None = Field(default=None, description="Pages that were compared.")
    changed: int | None = Field(default=None, description="Those that look different.")
    worst_page: int | None = Field(default=None, description="The one that differs most, from 1.")
    worst_difference: float | None = Field(
        default=None, description="Share of samples that differ there, where it is largest."
    )
    problem: str | None = Field(default=None, description="Why not all pages were compared.")


class ReportSummary(Model):
    """The report in brief."""

    input: FileSummary | None = Field(default=None, description="The document as it was read.")
    output: FileSummary | None = Field(default=None, description="The document as it was put.")
    removed: dict[str, int] | None = Field(
        default=None, description="What was removed, by kind and number."
    )
    kept: dict[str, int] | None = Field(
        default=None, description="What sanitize found and left, by kind and number."
    )
    visual: VisualSummary | None = Field(
        default=None, description="What verify saw, where the job asks for it."
    )
    warnings: int | None = Field(default=None, description="Number of warnings.")
    duration_seconds: float | None = Field(default=None, description="Time of the processing.")
    peak_memory_bytes: int | None = Field(default=None, description="Memory at its highest.")
    location: str | None = Field(default=None, description="Where the full report is.")


class Effective(Model):
    """What was applied; nothing is ever written back into spec."""

    class_name: Word | None = Field(default=None, description="Class in force.")
    image: Word | None = Field(default=None, description="Image by digest.")
    cpu_limit: Word | None = Field(default=None, description="Limit of the container.")
    memory_limit: Word | None = Field(default=None, description="Limit of the container.")
    memory_request: Word | None = Field(default=None, description="What is set aside for it.")
    scratch_size: Word | None = Field(default=None, description="Size of the tmpfs.")
    active_deadline_seconds: Whole | None = Field(default=None, description="Deadline in force.")
    backoff_limit: Whole | None = Field(default=None, description="Retries in force.")


class JobStatus(Model):
    """What the operator has seen of the job."""

    observed_generation: int | None = Field(default=None, description="Generation last seen.")
    conditions: Annotated[list[Condition], Field(max_length=16)] | None = Field(
        default=None, description="State, one condition an aspect."
    )
    phase: Phase | None = Field(
        default=None, description="State in one word, for people; programs read the conditions."
    )
    reason: str | None = Field(default=None, description="Reason of the state, for people.")
    job_name: str | None = Field(default=None, description="Name of the batch/v1 Job.")
    start_time: Timestamp | None = Field(default=None, description="When the Job started.")
    completion_time: Timestamp | None = Field(default=None, description="When it ended.")
    audit_time: Timestamp | None = Field(
        default=None,
        description="When the end of a job that has no Job came on record in the audit log.",
    )
    attempts: int | None = Field(default=None, description="Pods that ended so far.")
    documents: Documents | None = Field(default=None, description="Documents by outcome.")
    report: ReportSummary | None = Field(default=None, description="The report in brief.")
    effective: Effective | None = Field(default=None, description="What was applied.")
