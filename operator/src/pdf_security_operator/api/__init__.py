"""The custom resources as pydantic models: what a user writes and reads, and its validation rules.

The CRDs are printed from these models. Nothing here computes a status or talks to anything.
"""

from pdf_security_operator.api.job import JobSpec, PdfSecurityJob, ResourceAmounts, Resources
from pdf_security_operator.api.locations import (
    ConfigMapInput,
    HttpDocument,
    Input,
    Output,
    PersistentVolumeClaimLocation,
    S3Object,
)
from pdf_security_operator.api.peers import DnsPeers, Peers
from pdf_security_operator.api.security_class import (
    Bounds,
    ClassSpec,
    Concurrency,
    ConcurrentMemory,
    Defaults,
    Endpoint,
    HttpSource,
    NamespaceWeight,
    PdfSecurityClass,
    StorageEndpoint,
)
from pdf_security_operator.api.sidecar import Sidecar
from pdf_security_operator.api.status import (
    CONDITION_TYPES,
    Condition,
    Documents,
    Effective,
    JobStatus,
    Phase,
    ReportSummary,
)

__all__ = [
    "CONDITION_TYPES",
    "Bounds",
    "ClassSpec",
    "Concurrency",
    "ConcurrentMemory",
    "Condition",
    "ConfigMapInput",
    "Defaults",
    "DnsPeers",
    "Documents",
    "Effective",
    "Endpoint",
    "HttpDocument",
    "HttpSource",
    "Input",
    "JobSpec",
    "JobStatus",
    "NamespaceWeight",
    "Output",
    "PdfSecurityClass",
    "PdfSecurityJob",
    "Peers",
    "PersistentVolumeClaimLocation",
    "Phase",
    "ReportSummary",
    "ResourceAmounts",
    "Resources",
    "S3Object",
    "Sidecar",
    "StorageEndpoint",
]
