"""The broker's side: a reader of signatures, which is believed in no more than in what it says."""

from __future__ import annotations

import sys
from collections.abc import Callable

from pydantic import ValidationError

from pdf_security_processor.contract import Limits, Seal, Signature
from pdf_security_processor.fresh_worker import starter_of
from pdf_security_processor.inquiry import answer_to
from pdf_security_processor.secret_files import Password
from pdf_security_processor.signatures.answer import SIGNATURES
from pdf_security_processor.worker_process import Start

START_READER = starter_of((sys.executable, "-I", "-m", "pdf_security_processor.signatures.reader"))


def signatures_of(
    descriptor: int,
    password: Password,
    limits: Limits,
    check: Callable[[Seal | None], None],
    start: Start = START_READER,
) -> list[Signature] | None:
    """Have the signatures of a document judged; None where they cannot be.

    Args:
        descriptor: of the document, readable.
        password: that opens it; an empty one where none is needed.
        limits: of the process.
        check: called with what holds the process before anything is handed to it; raises where that
            is too little.
        start: starts the process.
    """
    order = {"password": password.reveal()}
    said = answer_to(order, start, limits, descriptor, None, check)
    try:
        return None if said is None else SIGNATURES.validate_json(said)
    except ValidationError:
        return None


def signature_warnings(signatures: list[Signature] | None) -> list[str]:
    """Say in sentences what a person has to know of signatures."""
    if signatures is None:
        return ["inspect: the signatures could not be judged"]
    warnings = []
    for each in signatures:
        name = f"inspect: the signature {each.field!r}"
        if each.problem:
            warnings.append(f"{name}: {each.problem}")
        elif not each.holds:
            warnings.append(f"{name} does not hold: what it was for was changed, or it is forged")
        elif each.changes_since == "other":
            warnings.append(f"{name} holds, and the document was changed after it")
    return warnings
