"""What a process says that opens or closes a document. Plain data; no process, no PDF."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pdf_security_processor.contract.model import Model
from pdf_security_processor.contract.report import Encryption

Problem = Literal[
    "certificateUnusable",
    "damaged",
    "integrity",
    "keyRequired",
    "keyUnusable",
    "noRecipient",
    "outOfMemory",
    "scratchFull",
    "unsupported",
    "wrongPassword",
]


class Answer(Model):
    """What came of it: a problem, or the document in its file."""

    problem: Problem | None = None
    encryption: Encryption | None = None
    """How the document was encrypted."""
    detail: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{0,64}$")] = ""
    """The kind of what went wrong."""
