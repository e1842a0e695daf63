"""How an S3 store encrypts what it keeps, as jobs and classes ask for it.

How a document itself is encrypted stands in `encryption`.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from pdf_security_processor.contract.model import Model, cel_rules
from pdf_security_processor.contract.references import SecretKeyReference

EncryptionType = Literal["SSE-S3", "SSE-KMS", "SSE-C"]
"""Amazon's names: keys of the store's own, of its key management, or of the customer."""

KmsKeyId = Annotated[str, Field(min_length=1, max_length=512, pattern=r"^[!-~]+$")]
"""An id or ARN. It travels in a header, so that nothing in it may end one."""

_KMS_KEY_DESCRIPTION = (
    "Id or ARN of the key, with SSE-KMS; the store's default key where left out. No alias, since "
    "stores answer with the key itself."
)

_KMS_KEY_RULES = (
    (
        "!has(self.kmsKeyId) || self.type == 'SSE-KMS'",
        "kmsKeyId is for type SSE-KMS only",
        ".kmsKeyId",
    ),
    (
        "!has(self.kmsKeyId) || !self.kmsKeyId.matches('(^|:)alias/')",
        "kmsKeyId must be a key's id or ARN and no alias: a store's answer names the key itself",
        ".kmsKeyId",
    ),
)


class EndpointEncryption(Model):
    """How a store encrypts what jobs of a class put into it."""

    type: Literal["SSE-S3", "SSE-KMS"] = Field(
        description="With the store's own keys, or with a key of its key management."
    )
    kms_key_id: KmsKeyId | None = Field(default=None, description=_KMS_KEY_DESCRIPTION)

    model_config = ConfigDict(json_schema_extra=cel_rules(*_KMS_KEY_RULES))


class ServerSideEncryption(Model):
    """How a store encrypts an object. What it does not confirm fails the job."""

    type: EncryptionType = Field(
        description="SSE-S3: with the store's own keys; SSE-KMS: with a key of its key management; "
        "SSE-C: with the key that the job brings, and needs to read the object again."
    )
    kms_key_id: KmsKeyId | None = Field(default=None, description=_KMS_KEY_DESCRIPTION)
    customer_key_secret_ref: SecretKeyReference | None = Field(
        default=None, description="With SSE-C, the key: 32 bytes, or their base64."
    )

    model_config = ConfigDict(
        json_schema_extra=cel_rules(
            *_KMS_KEY_RULES,
            (
                "has(self.customerKeySecretRef) == (self.type == 'SSE-C')",
                "customerKeySecretRef is required for type SSE-C, and for that only",
                ".customerKeySecretRef",
            ),
        )
    )
