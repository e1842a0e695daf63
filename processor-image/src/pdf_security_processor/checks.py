"""What the broker checks by itself: the request as a whole, the output as bytes. No PDF parser."""

import hashlib
import os
from typing import IO

from pdf_security_processor.contract import FileFacts, Request, Seal, Verify, Visual
from pdf_security_processor.errors import (
    InvalidRequestError,
    LimitExceededError,
    OutputDamagedError,
    SealIncompleteError,
    VisualChangeError,
)

_READ_BYTES = 1024**2
_PDF_HEADER = b"%PDF-"
_WITHOUT_OUTPUT = {"inspect", "decrypt", "repair"}
"""Operations that mean something where nothing is saved."""


def check_request(request: Request) -> None:
    """Refuse what the contract's types let through and no document could satisfy.

    Raises:
        InvalidRequestError: an operation given twice, one that saves with nowhere to save to, or
            one that encrypts for nobody.
    """
    if any(len(operation.to_json_dict()) != 1 for operation in request.operations):
        raise InvalidRequestError("operations: each must be a map with exactly one operation.")
    names = [operation.name for operation in request.operations]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise InvalidRequestError(f"operations: {', '.join(sorted(twice))} is given twice.")
    for encrypt in (operation.encrypt for operation in request.operations):
        if encrypt and (encrypt.recipients is None) == (encrypt.owner_password_secret_ref is None):
            raise InvalidRequestError(
                "encrypt: name either ownerPasswordSecretRef or recipients, and not both."
            )
    if request.output is None and not set(names) <= _WITHOUT_OUTPUT:
        raise InvalidRequestError(
            "output: the operations change the document; say where to put it."
        )
    if request.output is None and request.verify is not None:
        raise InvalidRequestError("verify: without an output there is nothing to compare.")


def check_seal(seal: Seal | None, required: bool | None = None) -> None:
    """Refuse to hand a document to a worker that is less held than it is to be.

    Args:
        seal: what the worker said; None where it ended, which its status tells more of.
        required: False to go on without what the kernel lacks.

    Raises:
        SealIncompleteError: a layer is missing.
    """
    if seal and seal.missing and required is not False:
        raise SealIncompleteError(
            f"The node's kernel does not offer {' and '.join(seal.missing)} to the worker; run it "
            "where it does, or let the class go on without (requireCompleteSeal: false)."
        )


def check_visual(visual: Visual, wanted: Verify) -> None:
    """Refuse an output that looks different, where the job says so.

    Raises:
        VisualChangeError: a page does, or it is not known of all that were to be compared.
    """
    if wanted.fail_on_visual_change is not True:
        return
    if visual.changed:
        raise VisualChangeError(
            f"{visual.changed} of {visual.pages} pages look different, page {visual.worst_page} "
            "most; look at both, and set failOnVisualChange: false to accept it."
        )
    if visual.problem:
        raise VisualChangeError(
            f"It is not known of all pages whether they look the same: {visual.problem}; raise the "
            "class's limits, or set failOnVisualChange: false."
        )


def check_output(output: IO[bytes], bound: int) -> FileFacts:
    """Judge the worker's output as bytes, and measure it.

    Args:
        output: seekable.
        bound: bytes that it may have.

    Raises:
        OutputDamagedError: empty, or not beginning as a PDF does.
        LimitExceededError: larger than `bound`.
    """
    output.seek(0)
    if output.read(len(_PDF_HEADER)) != _PDF_HEADER:
        raise OutputDamagedError("The worker's output is not a PDF; nothing was put.")
    size = output.seek(0, os.SEEK_END)
    if size > bound:
        raise LimitExceededError(
            f"The output has {size} bytes, more than {bound}; raise the class's limit."
        )
    output.seek(0)
    digest = hashlib.sha256()
    while chunk := output.read(_READ_BYTES):
        digest.update(chunk)
    return FileFacts(bytes=size, sha256=digest.hexdigest())
