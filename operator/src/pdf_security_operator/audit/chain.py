"""Links records: each holds the digest of the one before, and heads are signed. Pure.

A chain belongs to one process. Its lines are numbered from 1; the first says which chains came
before it and how far they went, the last one that nothing follows. A digest is that of the line's
very bytes, so nobody has to write JSON the same way twice.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import orjson

Object = dict[str, Any]

PREFIX = "dev.pdfsecurity."
"""Of the type of each record (CloudEvents 1.0, section `type`)."""

OPENED = f"{PREFIX}audit.opened"
HEAD = f"{PREFIX}audit.head"
CLOSED = f"{PREFIX}audit.closed"

SOURCE = "/pdfsecurity.dev/operator"
"""Of each record, whichever process wrote it: with the id it tells what was recorded twice."""

FIRST_PREVIOUS = "0" * 64
"""What the first line of a chain holds in place of a digest."""

Sign = Callable[[bytes], str]
"""Signs a head; gives the signature as it is written."""


@dataclass(frozen=True)
class Head:
    """How far a chain goes: the number and the SHA-256 of its last line."""

    chain: str
    sequence: int
    digest: str

    def to_bytes(self) -> bytes:
        """Give what is signed."""
        return f"pdf-security-audit/1\n{self.chain}\n{self.sequence}\n{self.digest}\n".encode()


def digest_of(line: bytes) -> str:
    """SHA-256 of a line without its end, in hexadecimal digits."""
    return hashlib.sha256(line).hexdigest()


class Chain:
    """One chain while it is written.

    Args:
        name: of the chain; no other has it, and later ones sort behind it.
        key_id: which key signs its heads; empty where none does.
        sign: signs them.
    """

    def __init__(self, name: str, key_id: str = "", sign: Sign | None = None) -> None:
        self.head = Head(name, 0, FIRST_PREVIOUS)
        self._key_id = key_id
        self._sign = sign

    def opened(self, time: str, writer: Mapping[str, str], predecessors: list[Head]) -> bytes:
        """Give the first line; `writer` says which process it is."""
        before = [asdict(head) for head in sorted(predecessors, key=lambda head: head.chain)]
        return self._own(OPENED, time, {**writer, "predecessors": before})

    def line_of(self, record: Mapping[str, Any]) -> bytes:
        """Link a record; give its line without an end."""
        linked = {
            "specversion": "1.0",
            "source": SOURCE,
            "datacontenttype": "application/json",
            **record,
            "chain": self.head.chain,
            # As CloudEvents' extension of this name has it.
            "sequence": str(self.head.sequence + 1),
            "previous": self.head.digest,
        }
        line = orjson.dumps(linked, option=orjson.OPT_SORT_KEYS)
        self.head = Head(self.head.chain, self.head.sequence + 1, digest_of(line))
        return line

    def head_line(self, time: str) -> bytes:
        """Give a line that signs all before it."""
        signed: Object = {}
        if self._sign:
            signed = {"keyId": self._key_id, "signature": self._sign(self.head.to_bytes())}
        return self._own(HEAD, time, signed)

    def closed(self, time: str) -> bytes:
        """Give the last line but its head."""
        return self._own(CLOSED, time, {})

    def _own(self, kind: str, time: str, data: Object) -> bytes:
        identity = f"{self.head.chain}/{self.head.sequence + 1}"
        return self.line_of({"id": identity, "type": kind, "time": time, "data": data})
