"""The broker's side: has a file exchanged for another that a sealed process makes of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pdf_security_processor.contract import Limits, Seal
from pdf_security_processor.encryption.answer import Answer, Problem
from pdf_security_processor.errors import (
    InputDamagedError,
    MemoryExceededError,
    PasswordRequiredError,
    PasswordUnusableError,
    ProcessorError,
    ScratchFullError,
    UnsupportedEncryptionError,
    WorkerCrashedError,
    WrongPasswordError,
)
from pdf_security_processor.inquiry import answer_to
from pdf_security_processor.scratch import scratch_errors
from pdf_security_processor.worker_process import Start

Check = Callable[[Seal | None], None]
"""Called with what holds a process before anything is handed to it; raises where that is too
little."""

_PROBLEMS: dict[Problem, tuple[type[ProcessorError], str]] = {
    "certificateUnusable": (
        PasswordUnusableError,
        "encrypt: a recipient's certificate cannot be used; it needs an RSA or elliptic key and, "
        "among its uses, keyEncipherment.",
    ),
    "damaged": (
        InputDamagedError,
        "The document is encrypted and damaged; add a repair operation to accept what can be "
        "mended.",
    ),
    "integrity": (
        InputDamagedError,
        "The document's integrity code does not hold: it was changed after it was encrypted.",
    ),
    "keyRequired": (
        PasswordRequiredError,
        "The document is encrypted for recipients; name the key of one in the decrypt operation's "
        "recipientKeySecretRef.",
    ),
    "keyUnusable": (
        PasswordUnusableError,
        "The recipient's key cannot be read; store private key and certificate as PEM in one key "
        "of the Secret, the private key without a passphrase.",
    ),
    "noRecipient": (
        WrongPasswordError,
        "The document is not encrypted for the recipient whose key the decrypt operation names.",
    ),
    "outOfMemory": (
        MemoryExceededError,
        "Decrypting the document needs more memory than it may have; raise the class's memory.",
    ),
    "scratchFull": (
        ScratchFullError,
        "The decrypted document does not fit; raise the class's scratch and output sizes.",
    ),
    "unsupported": (
        UnsupportedEncryptionError,
        "The document is encrypted in a way that cannot be read; decrypt it with the program that "
        "made it.",
    ),
    "wrongPassword": (
        WrongPasswordError,
        "The password of the decrypt operation, or the empty one where it names none, does not "
        "open the document; check the Secret's key.",
    ),
}


def exchange(
    descriptor: int, path: Path, order: dict[str, Any], limits: Limits, check: Check, start: Start
) -> Answer:
    """Have a document made of another, and let the descriptor be that of the new one.

    Args:
        descriptor: of the document.
        path: of the new one; nothing is there.
        order: what the process is told; may hold secrets.
        limits: of the process.
        check: of what holds it.
        start: starts it.

    Raises:
        ProcessorError: it cannot be made; see `_PROBLEMS`.
    """
    with scratch_errors(path.parent.parent):
        target = path.open("x+b", buffering=0)
    with target:
        said = answer_to(order, start, limits, descriptor, target.fileno(), check)
    answer = _taken(said)
    with path.open("rb", buffering=0) as file:
        os.dup2(file.fileno(), descriptor, inheritable=False)
    return answer


def _taken(said: bytes | None) -> Answer:
    if said is None:
        raise WorkerCrashedError(
            "The process that opens or closes the document ended without an answer, or took too "
            "long; the document may be hostile."
        )
    try:
        answer = Answer.model_validate_json(said)
    except ValidationError:
        # `from None`: what was refused is nothing to show.
        raise WorkerCrashedError(
            "The process that opens or closes the document says what cannot be understood; the "
            "document may be hostile."
        ) from None
    if answer.problem:
        kind, message = _PROBLEMS[answer.problem]
        raise kind(f"{message} ({answer.detail})" if answer.detail else message)
    return answer
