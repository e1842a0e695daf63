"""The broker's side of what qpdf does not know: opens an input so, and closes an output."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pdf_security_processor.contract import Encrypt, Encryption
from pdf_security_processor.control import ControlMessage
from pdf_security_processor.encryption.exchange import Check, exchange
from pdf_security_processor.fresh_worker import starter_of
from pdf_security_processor.secret_files import Password, decryption_password, password_name
from pdf_security_processor.worker_process import Start

_PROGRAM = (sys.executable, "-I", "-m")

START_UNLOCKER = starter_of((*_PROGRAM, "pdf_security_processor.encryption.unlocker"))

START_LOCKER = starter_of((*_PROGRAM, "pdf_security_processor.encryption.locker"))


def unlock(
    descriptor: int,
    folder: Path,
    message: ControlMessage,
    key: Password | None,
    check: Check,
    start: Start = START_UNLOCKER,
) -> Encryption | None:
    """Have a document that qpdf cannot read written anew without its encryption.

    Args:
        descriptor: of the document; of the new one afterwards.
        folder: for the new one.
        message: what the worker was told.
        key: of a recipient, with the certificate, where one is given.
        check: of what holds the process.
        start: starts it.

    Returns:
        How it was encrypted.

    Raises:
        ProcessorError: it cannot be; see `exchange`.
    """
    password = decryption_password(message.operations, message.passwords)
    order = {
        "password": password.reveal() if password else "",
        "key": key.reveal() if key else "",
        "repair": any(each.repair for each in message.operations),
    }
    path = folder / "unlocked"
    return exchange(descriptor, path, order, message.limits, check, start).encryption


def lock(
    descriptor: int,
    folder: Path,
    message: ControlMessage,
    check: Check,
    start: Start = START_LOCKER,
) -> bool:
    """Have a document encrypted as qpdf cannot, where that is asked for; tell whether it is.

    Args:
        descriptor: of the document, as the worker made it; of the encrypted one afterwards.
        folder: for the new one.
        message: what the worker was told.
        check: of what holds the process.
        start: starts it.

    Raises:
        ProcessorError: it cannot be; see `exchange`.
    """
    for operation in message.operations:
        if operation.encrypt and operation.encrypt.is_done_apart:
            order = _order_of(operation.encrypt, message.passwords)
            exchange(descriptor, folder / "locked", order, message.limits, check, start)
            return True
    return False


def _order_of(wanted: Encrypt, passwords: dict[str, Password]) -> dict[str, Any]:
    owner, user = (
        passwords[password_name(reference)].reveal() if reference else ""
        for reference in (wanted.owner_password_secret_ref, wanted.user_password_secret_ref)
    )
    permissions = wanted.permissions.to_json_dict() if wanted.permissions else {}
    return {
        "owner": owner,
        "user": user,
        "recipients": wanted.recipients or [],
        "gcm": wanted.algorithm == "AES-256-GCM",
        "permissions": permissions,
    }
