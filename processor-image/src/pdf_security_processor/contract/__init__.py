"""What operator and processor agree on: request, report, exit codes, paths.

Pydantic only, plain data only. Nothing here opens a file, a socket or a PDF.
"""

from pdf_security_processor.contract.encryption import Decrypt, Encrypt, Permissions
from pdf_security_processor.contract.exit_codes import TERMINATED, ExitCode
from pdf_security_processor.contract.model import Model, cel_rules
from pdf_security_processor.contract.operations import (
    OnSignature,
    Operation,
    Sanitize,
    Verify,
    Watermark,
)
from pdf_security_processor.contract.redaction import Redact
from pdf_security_processor.contract.references import SecretKeyReference
from pdf_security_processor.contract.report import (
    DocumentReport,
    Encryption,
    FileFacts,
    Finding,
    Inspection,
    Seal,
    Signature,
    Summary,
    Visual,
    WorkerReport,
)
from pdf_security_processor.contract.request import (
    FileLocation,
    HttpLocation,
    HttpOrigin,
    Limits,
    Owner,
    Request,
    S3Location,
    Sink,
    Source,
)
from pdf_security_processor.contract.server_side_encryption import ServerSideEncryption

__all__ = [
    "TERMINATED",
    "Decrypt",
    "DocumentReport",
    "Encrypt",
    "Encryption",
    "ExitCode",
    "FileFacts",
    "FileLocation",
    "Finding",
    "HttpLocation",
    "HttpOrigin",
    "Inspection",
    "Limits",
    "Model",
    "OnSignature",
    "Operation",
    "Owner",
    "Permissions",
    "Redact",
    "Request",
    "S3Location",
    "Sanitize",
    "Seal",
    "SecretKeyReference",
    "ServerSideEncryption",
    "Signature",
    "Sink",
    "Source",
    "Summary",
    "Verify",
    "Visual",
    "Watermark",
    "WorkerReport",
    "cel_rules",
]
