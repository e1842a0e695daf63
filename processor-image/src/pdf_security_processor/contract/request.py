"""What the operator asks of one pod: where the document is, where it goes, what is done to it.

Holds no secret: credentials and passwords are named, and found as files below `SECRETS_PATH`.
"""

import json
from typing import Annotated, Literal

from pydantic import Field, IPvAnyNetwork

from pdf_security_processor.contract.model import Model
from pdf_security_processor.contract.operations import OnSignature, Operation, Verify
from pdf_security_processor.contract.references import ObjectName, SecretKeyReference
from pdf_security_processor.contract.server_side_encryption import ServerSideEncryption
from pdf_security_processor.contract.urls import HttpsOrigin, HttpsUrl, without_query

REQUEST_VARIABLE = "PDF_SECURITY_REQUEST"
"""Environment variable with the request as JSON; a pod's environment cannot be edited later."""

SECRETS_PATH = "/var/run/pdf-security/secrets"
"""Folder of the mounted keys: one folder a Secret, one file a key."""

SCRATCH_PATH = "/scratch"
"""The pod's tmpfs."""

INPUT_PATH = "/data/input"
"""Where an input claim (read-only) or ConfigMap is mounted."""

OUTPUT_PATH = "/data/output"
"""Where the output's claim is mounted."""

REPORT_PATH = "/data/report"
"""Where the report's claim is mounted."""

TERMINATION_MESSAGE_PATH = "/dev/termination-log"
"""Where the kubelet reads the summary."""

CREDENTIAL_KEYS = ("accessKeyId", "secretAccessKey")
"""Keys that a Secret with S3 credentials must have."""

SESSION_TOKEN_KEY = "sessionToken"  # noqa: S105  (a key's name, not its value)
"""Key that a Secret with temporary S3 credentials has besides."""


class S3Location(Model):
    """An object in an S3-compatible store."""

    endpoint: str = Field(max_length=512)
    region: str = Field(default="us-east-1", max_length=64)
    bucket: str = Field(max_length=63)
    key: str = Field(min_length=1, max_length=1024)
    credentials_secret: ObjectName
    ca_bundle: str | None = Field(default=None, max_length=65536)
    """PEM certificates that the endpoint's certificate must chain to; the system's when unset."""
    server_side_encryption: ServerSideEncryption | None = None
    """Of an input only what the store needs to give it, which is a customer's key."""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class FileLocation(Model):
    """A file below a mounted folder, which no part of the path may leave."""

    root: str = Field(min_length=1, max_length=4096)
    path: str = Field(min_length=1, max_length=1024)

    def __str__(self) -> str:
        return self.path


Digest = Annotated[str, Field(max_length=71, pattern=r"^sha256:[0-9a-f]{64}$")]
"""What a document must hash to (OCI image specification, descriptors: digests)."""

HTTP_SOURCES = 16
"""Origins that one class lists at most."""


class HttpOrigin(Model):
    """An origin that documents may be read from, and the addresses that are its own."""

    url: HttpsOrigin
    cidrs: list[IPvAnyNetwork] = Field(default_factory=list, max_length=32)
    """Blocks in which its addresses are; a private address must be in a private one."""
    selects_pods: bool = False
    """Whether it is pods by their labels: then the network policy alone says which addresses."""
    ca_bundle: str | None = Field(default=None, max_length=65536)
    """PEM certificates that its certificate must chain to; the system's when unset."""


class HttpLocation(Model):
    """A document that is read by GET over TLS."""

    url: HttpsUrl
    origins: list[HttpOrigin] = Field(max_length=HTTP_SOURCES)
    """All that the class lists, for redirections. None allows nothing."""
    bearer_token: SecretKeyReference | None = None
    digest: Digest | None = None

    def __str__(self) -> str:
        return without_query(self.url)


class Source(Model):
    """Where the document is read from: exactly one is set."""

    s3: S3Location | None = None
    http: HttpLocation | None = None
    file: FileLocation | None = None

    def __str__(self) -> str:
        return str(self.s3 or self.http or self.file)


class Sink(Model):
    """Where a result is put, whole or not at all: exactly one of `s3` and `file` is set."""

    s3: S3Location | None = None
    file: FileLocation | None = None
    overwrite: bool = False


class Limits(Model):
    """Bounds of one document. Sizes in bytes, times in seconds."""

    input_bytes: int = Field(default=256 * 1024**2, gt=0)
    output_bytes: int = Field(default=512 * 1024**2, gt=0)
    worker_memory_bytes: int = Field(default=1024**3, gt=0)
    worker_seconds: int = Field(default=300, gt=0)


class Owner(Model):
    """The PdfSecurityJob that the pod works for."""

    namespace: str = Field(max_length=63)
    name: str = Field(max_length=253)
    uid: str = Field(min_length=1, max_length=64, pattern=r"^[-a-zA-Z0-9]+$")


class Request(Model):
    """All that the processor is told."""

    version: Literal[1] = 1
    owner: Owner
    input: Source
    output: Sink | None = None
    report: Sink | None = None
    operations: Annotated[list[Operation], Field(min_length=1, max_length=16)]
    on_signature: OnSignature | None = None
    verify: Verify | None = None
    limits: Limits = Limits()
    require_complete_seal: bool | None = None
    """Whether to refuse where the kernel lacks Landlock or seccomp. True where left out, as it is
    for images that do not know of it."""

    def to_environment_value(self) -> str:
        """Serialize for an environment variable of a pod.

        Kubernetes expands `$(NAME)` and `$$` in the value; a JSON escape keeps a dollar sign in an
        object's key from ever being read as that (Kubernetes API, EnvVar.value).
        """
        return json.dumps(self.to_json_dict(), separators=(",", ":")).replace("$", "\\u0024")
