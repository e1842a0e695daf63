"""The operations that a job may ask for, as its spec writes them and as the processor reads them.

What an operation does to a document stands in `operations/`, never here.
"""

from typing import Annotated, Literal, get_args

from pydantic import ConfigDict, Field

from pdf_security_processor.contract.encryption import Decrypt, Encrypt
from pdf_security_processor.contract.model import Model, cel_rules
from pdf_security_processor.contract.redaction import REDACTED_DOTS_AN_INCH, DotsAnInch, Redact
from pdf_security_processor.contract.references import SecretKeyReference

LinkHost = Annotated[
    str,
    Field(
        min_length=1,
        max_length=253,
        pattern=r"^(\*\.)?[A-Za-z0-9_]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
    ),
]
"""A host, or all below one."""

OnSignature = Literal["refuse", "remove"]
"""What becomes of a signed document that is changed. `refuse`, the default, fails the job; `remove`
takes the signatures out, which no longer hold."""

OperationName = Literal[
    "inspect",
    "decrypt",
    "repair",
    "sanitize",
    "redact",
    "watermark",
    "removeMetadata",
    "linearize",
    "encrypt",
]

OPERATION_NAMES: tuple[OperationName, ...] = get_args(OperationName)


RASTERIZED_DOTS_AN_INCH = 150
"""As sharp as a screen, and as most printers need."""


class Inspect(Model):
    """Report what the document is and contains; changes nothing."""


class Repair(Model):
    """Rebuild a damaged cross-reference table where qpdf can; damage fails the job otherwise."""


class Sanitize(Model):
    """Rebuild the document of what its pages need, and of nothing else."""

    mode: Literal["strict", "keepLinks", "keepForms", "rasterize"] | None = Field(
        default=None,
        description="strict, the default: nothing stays that does anything. keepLinks: links to "
        "http, https and mailto addresses stay, and nothing else. keepForms: fields stay to be "
        "filled in, and do nothing. rasterize: each page becomes a picture of itself.",
    )
    dots_an_inch: DotsAnInch | None = Field(
        default=None, description="Of the pictures that rasterize makes; 150 if left out."
    )
    link_hosts: Annotated[list[LinkHost], Field(max_length=64)] | None = Field(
        default=None,
        description="Hosts that links may lead to, and mail go to, where keepLinks keeps any; "
        "*.example.com stands for all hosts below example.com. All hosts where left out.",
    )
    invisible_text: Literal["remove", "keep"] | None = Field(
        default=None,
        description="What becomes of text that is painted invisibly: remove, the default; or keep, "
        "for scanned documents, which have it to be searched and copied.",
    )
    attachments: Literal["remove", "keepPdf"] | None = Field(
        default=None,
        description="What becomes of attached files: remove, the default; or keepPdf: those that "
        "are PDF documents stay, each sanitized as the document is, and so those attached to them.",
    )

    model_config = ConfigDict(
        json_schema_extra=cel_rules(
            (
                "!has(self.linkHosts) || (has(self.mode) && self.mode == 'keepLinks')",
                "linkHosts means something with mode keepLinks only",
                ".linkHosts",
            ),
            (
                "!has(self.dotsAnInch) || (has(self.mode) && self.mode == 'rasterize')",
                "dotsAnInch means something with mode rasterize only",
                ".dotsAnInch",
            ),
        )
    )


class Watermark(Model):
    """Write a text on each page, for whom it is meant or what it is."""

    text: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="One line, in letters of Western European languages.",
    )
    position: Literal["diagonal", "top", "bottom"] | None = Field(
        default=None, description="Across the page, the default, or along its top or bottom."
    )
    opacity_percent: Annotated[int, Field(ge=1, le=100)] | None = Field(
        default=None, description="How much of the page it covers where it is; 20 if left out."
    )


class RemoveMetadata(Model):
    """Remove document information, XMP metadata of every object, and private data."""


class Linearize(Model):
    """Save the document for fast web view."""


class Verify(Model):
    """Draw the document before and after, and compare the pages as pixels."""

    fail_on_visual_change: bool | None = Field(
        default=None,
        description="True fails the job, and puts no output, when a page looks different or not "
        "all could be compared. Otherwise the report says so.",
    )
    pages: Annotated[int, Field(ge=1, le=10000)] | None = Field(
        default=None,
        description="Pages that are compared at most, from the first; 100 if left out.",
    )


class Operation(Model):
    """One step, a map with exactly one key."""

    model_config = ConfigDict(
        json_schema_extra=cel_rules(
            (
                "[" + ", ".join(f"has(self.{name})" for name in OPERATION_NAMES) + "]"
                ".filter(given, given).size() == 1",
                "an operation is a map with exactly one of the keys " + ", ".join(OPERATION_NAMES),
            ),
        )
    )

    inspect: Inspect | None = Field(
        default=None, description="Report what the document is and contains."
    )
    decrypt: Decrypt | None = Field(
        default=None, description="Open with a password and save without encryption."
    )
    repair: Repair | None = Field(default=None, description="Accept and repair a damaged document.")
    sanitize: Sanitize | None = Field(
        default=None, description="Rebuild the document of what its pages need."
    )
    redact: Redact | None = Field(default=None, description="Take words and areas out for good.")
    watermark: Watermark | None = Field(default=None, description="Write a text on each page.")
    remove_metadata: RemoveMetadata | None = Field(
        default=None, description="Remove document information, XMP and private data."
    )
    linearize: Linearize | None = Field(default=None, description="Save for fast web view.")
    encrypt: Encrypt | None = Field(default=None, description="Encrypt when saving.")

    @property
    def name(self) -> str:
        """The one key that is set, as the spec spells it."""
        return next(iter(self.to_json_dict()))

    @property
    def dots_an_inch(self) -> int:
        """How finely pages are drawn for it; 0 where none are."""
        if self.sanitize and self.sanitize.mode == "rasterize":
            return self.sanitize.dots_an_inch or RASTERIZED_DOTS_AN_INCH
        if self.redact:
            return self.redact.dots_an_inch or REDACTED_DOTS_AN_INCH
        return 0

    @property
    def draws_pages(self) -> bool:
        """Whether pages are drawn for it."""
        return self.dots_an_inch > 0

    def secret_references(self) -> list[SecretKeyReference]:
        """List the keys of Secrets that this step reads, in a fixed order."""
        references = self.password_references()
        if self.decrypt and self.decrypt.recipient_key_secret_ref:
            references.append(self.decrypt.recipient_key_secret_ref)
        return references

    def password_references(self) -> list[SecretKeyReference]:
        """List those of them that are passwords."""
        references = []
        if self.decrypt and self.decrypt.password_secret_ref:
            references.append(self.decrypt.password_secret_ref)
        if self.encrypt:
            if self.encrypt.user_password_secret_ref:
                references.append(self.encrypt.user_password_secret_ref)
            if self.encrypt.owner_password_secret_ref:
                references.append(self.encrypt.owner_password_secret_ref)
        return references
