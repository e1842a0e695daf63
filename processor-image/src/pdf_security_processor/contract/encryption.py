"""The operations that open a document and that close it, as a job's spec writes them."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from pdf_security_processor.contract.model import Model, cel_rules
from pdf_security_processor.contract.references import SecretKeyReference

Certificate = Annotated[
    str,
    Field(
        max_length=4096,
        pattern=r"^\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*$",
    ),
]


class Decrypt(Model):
    """Open an encrypted document and save it without its encryption."""

    password_secret_ref: SecretKeyReference | None = Field(
        default=None,
        description="The user or owner password. Without it the empty password is tried.",
    )
    recipient_key_secret_ref: SecretKeyReference | None = Field(
        default=None,
        description="For documents that are encrypted for recipients: private key and certificate "
        "of one, as PEM in one key of a Secret, the private key without a passphrase.",
    )


class Permissions(Model):
    """What a reader who opens with the user password may do; all that is unset is allowed.

    ISO 32000-2, table 22. Readers are trusted to obey: encryption does not enforce it.
    """

    print: Literal["none", "low", "high"] | None = Field(
        default=None, description="Printing: none, low (degraded) or high (faithful)."
    )
    copy_content: bool | None = Field(
        default=None, alias="copy", description="Copying and extracting text and graphics."
    )
    modify: bool | None = Field(
        default=None, description="Changing contents other than by the fields below."
    )
    annotate: bool | None = Field(default=None, description="Adding and changing annotations.")
    fill_forms: bool | None = Field(default=None, description="Filling in existing form fields.")
    assemble: bool | None = Field(
        default=None, description="Inserting, rotating and deleting pages, bookmarks, thumbnails."
    )
    accessibility: bool | None = Field(
        default=None,
        description="Extraction for accessibility (deprecated in PDF 2.0; readers allow it).",
    )


class Encrypt(Model):
    """Encrypt the document when it is saved. RC4 is not offered."""

    algorithm: Literal["AES-256", "AES-128", "AES-256-GCM"] | None = Field(
        default=None,
        description="AES-256 (revision 6, the default); AES-128 (revision 4, for readers before "
        "2008); or AES-256-GCM, by which readers see whether the document was changed, and which "
        "few can open.",
    )
    recipients: Annotated[list[Certificate], Field(min_length=1, max_length=10)] | None = Field(
        default=None,
        description="In place of passwords: certificates of those who may open the document with "
        "their private keys, as PEM.",
    )
    user_password_secret_ref: SecretKeyReference | None = Field(
        default=None,
        description="Password that opens the document. Without it anybody can open it.",
    )
    owner_password_secret_ref: SecretKeyReference | None = Field(
        default=None, description="Password that lifts the permissions."
    )
    permissions: Permissions | None = Field(
        default=None,
        description="What the user password allows, or recipients may do. All, where it is left "
        "out.",
    )

    model_config = ConfigDict(
        json_schema_extra=cel_rules(
            (
                "has(self.ownerPasswordSecretRef) || has(self.recipients)",
                "ownerPasswordSecretRef is required, or recipients",
                ".ownerPasswordSecretRef",
            ),
            (
                "!has(self.recipients) || !(has(self.ownerPasswordSecretRef) || "
                "has(self.userPasswordSecretRef))",
                "recipients take the place of passwords: leave one of them out",
                ".recipients",
            ),
            (
                "!has(self.recipients) || !has(self.algorithm) || self.algorithm != 'AES-128'",
                "recipients need AES-256 or AES-256-GCM",
                ".algorithm",
            ),
        )
    )

    @property
    def is_done_apart(self) -> bool:
        """Whether another process than the worker does it, for qpdf cannot."""
        return self.recipients is not None or self.algorithm == "AES-256-GCM"
