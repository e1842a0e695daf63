"""What a reader of signatures says. Plain data; no process, no PDF."""

from pydantic import TypeAdapter

from pdf_security_processor.contract.report import Signatures

SIGNATURES: TypeAdapter[Signatures] = TypeAdapter(Signatures)
