"""What the reader of signatures is told, and what it says. Plain data; no process, no PDF."""

import json
import struct
from typing import IO

from pydantic import TypeAdapter

from pdf_security_processor.contract.report import Signatures
from pdf_security_processor.control import framed, read_framed
from pdf_security_processor.secret_files import Password

LENGTH = struct.Struct(">I")
"""Bytes of what it says."""

SAID_BYTES = 256 * 1024
"""Most that it says."""

SIGNATURES: TypeAdapter[Signatures] = TypeAdapter(Signatures)

_ORDER_BYTES = 4096


def build_order(password: Password) -> bytes:
    """Serialize the one order. The result holds the password."""
    return framed(json.dumps({"password": password.reveal()}).encode())


def read_order(stream: IO[bytes]) -> Password | None:
    """Read the password; nothing when the broker closed the pipe without an order.

    Raises:
        ValueError: the order is cut short or malformed.
    """
    values = read_framed(stream, _ORDER_BYTES)
    return None if values is None else Password(values["password"])
