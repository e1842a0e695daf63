"""What passes between broker and worker besides the document: the control message, its framing.

Plain data; no process, no PDF.
"""

import json
import struct
from dataclasses import dataclass
from typing import IO, Any

from pdf_security_processor.contract import Limits, OnSignature, Operation
from pdf_security_processor.errors import InternalError
from pdf_security_processor.secret_files import Password

FRAME_LENGTH = struct.Struct(">I")

_ORDER_BYTES = 60 * 1024
"""Largest order: within a pipe's 64 KiB, so that sending never waits for the worker."""


@dataclass(frozen=True)
class ControlMessage:
    """What the worker is told over its standard input."""

    operations: list[Operation]
    passwords: dict[str, Password]
    limits: Limits
    on_signature: OnSignature | None = None
    unlocked: bool = False
    """Whether the document was encrypted, and another process took that off."""

    def to_bytes(self) -> bytes:
        """Serialize with four bytes of length in front. The result holds the passwords.

        Raises:
            InternalError: larger than a pipe takes at once.
        """
        return build_order(
            {
                "operations": [operation.to_json_dict() for operation in self.operations],
                "passwords": {name: value.reveal() for name, value in self.passwords.items()},
                "limits": self.limits.to_json_dict(),
                "onSignature": self.on_signature,
                "unlocked": self.unlocked,
            }
        )


def read_control_message(stream: IO[bytes]) -> ControlMessage | None:
    """Read the one message; nothing when the broker closed the pipe without one.

    Raises:
        ValueError: the message is cut short or malformed.
    """
    values = read_order(stream)
    if values is None:
        return None
    return ControlMessage(
        operations=[Operation.model_validate(value) for value in values["operations"]],
        passwords={name: Password(value) for name, value in values["passwords"].items()},
        limits=Limits.model_validate(values["limits"]),
        on_signature=values["onSignature"],
        unlocked=values["unlocked"],
    )


def build_order(order: dict[str, Any]) -> bytes:
    """Serialize what a sealed process is told. The result may hold secrets.

    Raises:
        InternalError: larger than a pipe takes at once.
    """
    body = json.dumps(order).encode()
    if len(body) > _ORDER_BYTES:
        raise InternalError("The operations are too many to hand to the worker.")
    return framed(body)


def read_order(stream: IO[bytes]) -> dict[str, Any] | None:
    """Read what `build_order` was given; nothing where the pipe was closed without it.

    Raises:
        ValueError: it is cut short, too long, or no JSON.
    """
    header = stream.read(FRAME_LENGTH.size)
    if not header:
        return None
    (length,) = FRAME_LENGTH.unpack(header)
    body = stream.read(length) if length <= _ORDER_BYTES else b""
    if len(body) != length:
        raise ValueError("order cut short")
    values: dict[str, Any] = json.loads(body)
    return values


def framed(body: bytes) -> bytes:
    """Put its length in front of a message."""
    return FRAME_LENGTH.pack(len(body)) + body
