"""What the processor says of a document: the worker's untrusted report, the report, the summary."""

import json
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from pdf_security_processor.contract.model import Model
from pdf_security_processor.contract.server_side_encryption import EncryptionType

WORKER_REPORT_BYTES = 4 * 1024**2
"""Largest report, in bytes, that the broker reads from a worker."""

TERMINATION_MESSAGE_BYTES = 4096
"""Largest termination message, in bytes, that the kubelet keeps."""

FINDINGS_LIMIT = 2000
"""Findings listed one by one; the counts by kind go on."""

WARNINGS_LIMIT = 100

COUNT_LIMIT = 2**53 - 1
"""Largest count. A worker may claim any; what JSON readers or etcd cannot hold as a number would
be refused with the whole status, and make a summary that no cutting brings below its bound."""

Text = Annotated[str, Field(max_length=1024)]
Count = Annotated[int, Field(ge=0, le=COUNT_LIMIT)]
Kind = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,64}$")]
"""What a thing in a document is, in the specification's words: `JavaScript`, `EmbeddedFile`."""

Counts = Annotated[dict[Kind, Count], Field(max_length=64)]
"""Number by kind. Kinds go into a status and onto terminals, and a worker may claim any."""


LEFT_OUT_LIMIT = 256
"""Keys of which it is told how often they were left out."""

LeftOut = Annotated[
    dict[Annotated[str, Field(pattern=r"^[ -~]{1,64}$")], Count],
    Field(max_length=LEFT_OUT_LIMIT),
]
"""Number by key, as the document spells it: a worker may claim any."""


ATTACHMENT_CHARACTERS = 256


class Finding(Model):
    """One thing found in the document, and what became of it."""

    kind: Kind
    object: str = Field(max_length=32)
    """Object number and generation of the indirect object that holds it: `12 0`; `trailer`."""
    path: Text
    """Where in that object, as keys from it: `/AA/O`."""
    action: Literal["removed", "kept"]
    attachment: str | None = Field(default=None, max_length=ATTACHMENT_CHARACTERS)
    """The attached document that it is in, and those that hold that: `outer.pdf/inner.pdf`."""


class Encryption(Model):
    """How the input was encrypted (ISO 32000-2, 7.6)."""

    algorithm: str = Field(max_length=32)
    revision: int
    key_bits: int
    opened_with: Literal["user", "owner", "none", "recipient"]
    permissions: dict[str, bool | str] = Field(default_factory=dict, max_length=16)
    authenticated: bool = False
    """Whether a code for the integrity of the whole document was there and held (ISO/TS 32004)."""


class Inspection(Model):
    """Facts of the document as it came in."""

    pdf_version: str = Field(max_length=16)
    pages: Count | None = None
    linearized: bool = False
    encryption: Encryption | None = None
    signatures: Count = 0
    form_fields: Count = 0
    has_xfa: bool = False
    has_info: bool = False
    has_xmp: bool = False
    active_content: Counts = Field(default_factory=dict)
    """Number of findings by kind before anything was removed."""


class Seal(Model):
    """Layers of the kernel that held the worker, besides those that every kernel has.

    Said before the worker saw anything of the document, and so its own word.
    """

    landlock: Annotated[int, Field(ge=0, le=1000)]
    """Version of Landlock's interface; 0: the kernel has none."""
    seccomp: bool
    """Whether system calls were filtered."""

    @property
    def missing(self) -> list[str]:
        """Name the layers that do not hold."""
        held = {"Landlock": self.landlock > 0, "seccomp": self.seccomp}
        return [layer for layer, holds in held.items() if not holds]


Coverage = Literal["file", "revision", "part"]
"""What of the file a signature is for: all of it, all that was there when it was made, or less."""

Changes = Literal["none", "signatures", "fields", "annotations", "other"]
"""The most that was changed since: as ISO 32000-2, 12.8.2.2, grades it."""

SIGNATURES_LIMIT = 64
"""Signatures that are judged one by one."""


class Signature(Model):
    """One signature of the input (ISO 32000-2, 12.8). Whose the key is, nobody asked."""

    field: str = Field(max_length=128)
    signer: str = Field(default="", max_length=256)
    """The subject of the certificate, as it says itself."""
    claimed_time: str | None = Field(default=None, max_length=40)
    """When it was made, by the signer's own clock."""
    digest_algorithm: str = Field(default="", max_length=32)
    holds: bool = False
    """Whether what it is for is as it was signed, with the key of that certificate."""
    covers: Coverage = "part"
    changes_since: Changes = "other"
    problem: Text = ""
    """Why it could not be judged; empty where it was."""


Signatures = Annotated[list[Signature], Field(max_length=SIGNATURES_LIMIT)]


class Visual(Model):
    """Whether the pages look as before, drawn in two sealed processes and compared as pixels."""

    pages: Count = 0
    """How many were compared."""
    changed: Count = 0
    """How many of them look different."""
    worst_page: Count | None = None
    """The one that differs most, from 1; none where all pixels are the same."""
    worst_difference: Annotated[float, Field(ge=0, le=1)] = 0
    """Share of pixels that differ there, in the tile of 16 by 16 where it is largest."""
    problem: Text = ""
    """Why not all pages were compared; empty where they were."""


class WorkerReport(Model):
    """What a worker says of itself: untrusted, for it has parsed an untrusted document."""

    exit_code: int = Field(ge=0, le=125)
    message: Text = ""
    inspection: Inspection | None = None
    findings: list[Finding] = Field(default_factory=list, max_length=FINDINGS_LIMIT)
    removed: Counts = Field(default_factory=dict)
    kept: Counts = Field(default_factory=dict)
    left_out: LeftOut = Field(default_factory=dict)
    warnings: list[Text] = Field(default_factory=list, max_length=WARNINGS_LIMIT)
    operations: list[Annotated[str, Field(max_length=32)]] = Field(
        default_factory=list, max_length=16
    )
    output_pages: Count | None = None


class FileFacts(Model):
    """A document as bytes."""

    bytes: Count
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    pages: Count | None = None


class DocumentReport(Model):
    """The full report of one document."""

    version: Literal[1] = 1
    job_uid: str
    reason: str = Field(max_length=64)
    message: Text = ""
    input: FileFacts | None = None
    output: FileFacts | None = None
    server_side_encryption: EncryptionType | None = None
    """How the store confirmed that it keeps the output; none where nobody asked for any."""
    operations: list[str] = Field(default_factory=list)
    seal: Seal | None = None
    """What held the worker; none where it came to no work."""
    inspection: Inspection | None = None
    signatures: Signatures | None = None
    """None where the job does not inspect, or the document has none."""
    visual: Visual | None = None
    """None where the job does not ask for it, or the document came to no output."""
    findings: list[Finding] = Field(default_factory=list)
    removed: dict[str, int] = Field(default_factory=dict)
    kept: dict[str, int] = Field(default_factory=dict)
    """What `sanitize` found and did not remove, also where the findings are cut."""
    left_out: dict[str, int] = Field(default_factory=dict)
    """How often `sanitize` left out which keys, known ones and unknown ones alike."""
    warnings: list[str] = Field(default_factory=list)
    duration_seconds: float = 0
    peak_memory_bytes: Count = 0


class Summary(Model):
    """The termination message: the report in brief, always within the kubelet's bound.

    A field that an operator does not know yet is passed over: jobs of a newer image, and those that
    run while the operator is rolled back, tell their results all the same.
    """

    model_config = ConfigDict(extra="ignore")

    version: Literal[1] = 1
    exit_code: int = Field(ge=0, le=125)
    reason: str = Field(max_length=64)
    message: Text = ""
    input: FileFacts | None = None
    output: FileFacts | None = None
    removed: Counts = Field(default_factory=dict)
    kept: Counts = Field(default_factory=dict)
    visual: Visual | None = None
    warnings: Count = 0
    duration_seconds: float = Field(default=0, ge=0, allow_inf_nan=False)
    peak_memory_bytes: Count = 0
    report_location: Annotated[str, Field(max_length=1100)] | None = None

    def to_termination_message(self) -> str:
        """Serialize within `TERMINATION_MESSAGE_BYTES`; what does not fit is left out."""
        summary = self
        while True:
            text = json.dumps(summary.to_json_dict(), separators=(",", ":"))
            if len(text) <= TERMINATION_MESSAGE_BYTES:
                return text
            if summary.report_location:
                summary = summary.model_copy(update={"report_location": None})
            elif summary.removed:
                summary = summary.model_copy(update={"removed": {}})
            elif summary.kept:
                summary = summary.model_copy(update={"kept": {}})
            else:
                summary = summary.model_copy(update={"message": summary.message[:200]})
