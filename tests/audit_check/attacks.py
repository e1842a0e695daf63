"""What somebody may do to an audit log who can write where it is kept. Pure: lines to lines."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

Chains = dict[str, list[bytes]]
"""File name -> its lines, oldest file first."""


@dataclass(frozen=True)
class Attack:
    """One way to change a log.

    Attributes:
        name: what is done.
        change: does it to the lines of all chains.
        expected: the finding that must tell of it.
        with_heads: whether it takes the heads of the operator's own log to see it.
    """

    name: str
    change: Callable[[Chains], Chains]
    expected: str
    with_heads: bool = False


def _in_first(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Chains], Chains]:
    def changed(chains: Chains) -> Chains:
        first = min(chains)
        return {**chains, first: change(chains[first])}

    return changed


def _in_last(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Chains], Chains]:
    def changed(chains: Chains) -> Chains:
        last = max(chains)
        return {**chains, last: change(chains[last])}

    return changed


def _is_end(line: bytes) -> bool:
    return b'"type":"dev.pdfsecurity.job.succeeded"' in line


def _end_in(lines: list[bytes]) -> int:
    return next(number for number, line in enumerate(lines) if _is_end(line))


def _edit_user(lines: list[bytes]) -> list[bytes]:
    at = _end_in(lines)
    record = json.loads(lines[at])
    record["data"]["actor"]["user"]["name"] = "somebody-else"
    return [*lines[:at], json.dumps(record, separators=(",", ":")).encode(), *lines[at + 1 :]]


def _edit_and_relink(lines: list[bytes]) -> list[bytes]:
    """Edit a record and write all digests behind it anew: only the signatures tell."""
    relinked = _edit_user(lines)
    for number in range(1, len(relinked)):
        record = json.loads(relinked[number])
        record["previous"] = hashlib.sha256(relinked[number - 1]).hexdigest()
        relinked[number] = json.dumps(record, separators=(",", ":"), sort_keys=True).encode()
    return relinked


def _remove_one(lines: list[bytes]) -> list[bytes]:
    at = _end_in(lines)
    return lines[:at] + lines[at + 1 :]


def _swap(lines: list[bytes]) -> list[bytes]:
    at = _end_in(lines)
    return [*lines[: at - 1], lines[at], lines[at - 1], *lines[at + 1 :]]


def _copy(lines: list[bytes]) -> list[bytes]:
    at = _end_in(lines)
    return [*lines[: at + 1], lines[at], *lines[at + 1 :]]


def _cut_in_batch(lines: list[bytes]) -> list[bytes]:
    return lines[: _end_in(lines) + 1]


def _cut_behind_head(lines: list[bytes]) -> list[bytes]:
    """Cut off all behind the first head: what is left is true and signed."""
    heads = [number for number, line in enumerate(lines) if b'"dev.pdfsecurity.audit.head"' in line]
    return lines[: heads[0] + 1]


def _flip_bit(lines: list[bytes]) -> list[bytes]:
    at = _end_in(lines)
    flipped = bytearray(lines[at])
    position = flipped.index(b'"message":"') + 12
    flipped[position] ^= 1
    return [*lines[:at], bytes(flipped), *lines[at + 1 :]]


ATTACKS = (
    Attack("edit: who submitted a job", _in_first(_edit_user), "changed"),
    Attack("edit: one bit of a message", _in_first(_flip_bit), "changed"),
    Attack("edit, and all digests written anew", _in_first(_edit_and_relink), "forged"),
    Attack("removal: the end of a job", _in_first(_remove_one), "removed"),
    Attack("removal: the first line", _in_first(lambda lines: lines[1:]), "removed"),
    Attack("removal: the oldest chain", lambda it: {n: it[n] for n in sorted(it)[1:]}, "truncated"),
    Attack("reorder: two lines swapped", _in_first(_swap), "reordered"),
    Attack("reorder: a line copied", _in_first(_copy), "reordered"),
    Attack("truncation in a batch", _in_last(_cut_in_batch), "unproven"),
    Attack("truncation of an older chain", _in_first(_cut_behind_head), "truncated"),
    Attack(
        "truncation of the last chain", _in_last(_cut_behind_head), "truncated", with_heads=True
    ),
    Attack(
        "removal: the last chain",
        lambda it: {n: it[n] for n in sorted(it)[:-1]},
        "truncated",
        with_heads=True,
    ),
)
