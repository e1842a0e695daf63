"""Where documents are read from and results are put, as a job's spec says it. No other field."""

from typing import Annotated

from pydantic import ConfigDict, Field

from pdf_security_processor.contract import Model, ServerSideEncryption, cel_rules
from pdf_security_processor.contract.references import DataKey, ObjectName, SecretKeyReference
from pdf_security_processor.contract.request import Digest
from pdf_security_processor.contract.urls import PORT, HttpsUrl

StoreOrigin = Annotated[
    str,
    Field(max_length=300, pattern=rf"^https://[a-z0-9]([-a-z0-9.]*[a-z0-9])?{PORT}$"),
]
"""Scheme, host and port of a store, and no more: nothing in it can carry a credential or a path."""


class SecretReference(Model):
    """A Secret in the job's own namespace."""

    name: ObjectName = Field(description="Name of the Secret.")


class S3Object(Model):
    """An object in an S3-compatible store."""

    endpoint: StoreOrigin = Field(
        description="Origin of the store, such as https://s3.example.com. The class must list it."
    )
    region: Annotated[str, Field(max_length=64, pattern=r"^[-a-z0-9]+$")] | None = Field(
        default=None, description="Region that requests are signed for; us-east-1 if left out."
    )
    bucket: Annotated[
        str,
        Field(
            min_length=3,
            max_length=63,
            pattern=r"^[a-z0-9](\.?[-a-z0-9])*\.?[a-z0-9]$",
            description="Name of the bucket: lower case letters, digits, '-' and single '.'.",
        ),
    ]
    key: Annotated[
        str,
        Field(
            min_length=1,
            max_length=1024,
            pattern=r"^[^/\x00-\x1f\x7f][^\x00-\x1f\x7f]*$",
            description="Key of the object, such as in/contract.pdf.",
        ),
    ]
    credentials_secret_ref: SecretReference = Field(
        description=(
            "Secret with the keys accessKeyId and secretAccessKey, and sessionToken where the "
            "credentials are temporary."
        )
    )
    server_side_encryption: ServerSideEncryption | None = Field(
        default=None,
        description="How the store encrypts the object. Of an input only SSE-C, whose key the "
        "store needs. The class's for the store where left out of output or report.",
    )

    model_config = ConfigDict(
        json_schema_extra=cel_rules(
            (
                "!self.key.endsWith('/')",
                "key must name one object and not end in '/'",
                ".key",
            ),
        )
    )


class PersistentVolumeClaimLocation(Model):
    """A file on a claim."""

    claim_name: ObjectName = Field(description="Name of the claim in the job's namespace.")
    path: Annotated[
        str,
        Field(
            min_length=1,
            max_length=1024,
            pattern=r"^[^/\x00-\x1f\x7f]+(/[^/\x00-\x1f\x7f]+)*$",
            description="Path of the file on the claim, relative, such as in/contract.pdf.",
        ),
    ]

    model_config = ConfigDict(
        json_schema_extra=cel_rules(
            (
                "!self.path.matches('(^|/)[.]{1,2}(/|$)')",
                "path must not contain '.' or '..' as a part",
                ".path",
            ),
        )
    )


class ConfigMapInput(Model):
    """One key of a ConfigMap: for small documents."""

    name: ObjectName = Field(description="Name of the ConfigMap.")
    key: DataKey = Field(description="Key in its binaryData.")

    model_config = ConfigDict(
        json_schema_extra=cel_rules(
            (
                "self.key != '.' && !self.key.startsWith('..')",
                "key must not be '.' or begin with '..'",
                ".key",
            ),
        )
    )


class HttpDocument(Model):
    """A document that is read by GET over TLS."""

    url: HttpsUrl = Field(
        description="Its URL, such as https://documents.example.com/in/contract.pdf; the class "
        "must list its origin, and that of each redirection. Whoever may read the job may read it.",
    )
    bearer_token_secret_ref: SecretKeyReference | None = Field(
        default=None,
        description="Token that the source asks for; shown to the URL's origin and to no other.",
    )
    digest: Digest | None = Field(
        default=None,
        description="Of the document, as sha256: and 64 digits; another one fails the job.",
    )


class Input(Model):
    """Where the document is read from."""

    s3: S3Object | None = Field(default=None, description="An object in an S3-compatible store.")
    persistent_volume_claim: PersistentVolumeClaimLocation | None = Field(
        default=None, description="A file on a claim, which is mounted read-only."
    )
    config_map: ConfigMapInput | None = Field(
        default=None, description="A key of a ConfigMap, for documents below 1 MiB."
    )
    http: HttpDocument | None = Field(default=None, description="What a URL leads to.")

    model_config = ConfigDict(
        json_schema_extra=cel_rules(
            (
                "[has(self.s3), has(self.persistentVolumeClaim), has(self.configMap), "
                "has(self.http)].filter(given, given).size() == 1",
                "exactly one of s3, persistentVolumeClaim, configMap and http must be given",
            ),
            (
                "!has(self.s3) || !has(self.s3.serverSideEncryption) || "
                "self.s3.serverSideEncryption.type == 'SSE-C'",
                "of an input only SSE-C may be given: stores decrypt all else by themselves",
                ".s3.serverSideEncryption",
            ),
        )
    )


class Output(Model):
    """Where a result is put. It appears whole or not at all."""

    s3: S3Object | None = Field(default=None, description="An object in an S3-compatible store.")
    persistent_volume_claim: PersistentVolumeClaimLocation | None = Field(
        default=None, description="A file on a claim; missing folders are created."
    )
    overwrite: bool | None = Field(
        default=None,
        description="Replace what exists there already. Refused where this is not true.",
    )

    model_config = ConfigDict(
        json_schema_extra=cel_rules(
            (
                "has(self.s3) != has(self.persistentVolumeClaim)",
                "exactly one of s3 and persistentVolumeClaim must be given",
            ),
        )
    )
