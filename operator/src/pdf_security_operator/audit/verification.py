"""Finds what was done to an audit log since it was written. Pure.

Edits break the digest that the next line holds, removals and reordering the numbers, forgeries the
signature of the next head. What was cut off at the end is known by whoever knows how far the chain
went: its own last line, the chain that came after it, or a head that was noted elsewhere.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pdf_security_operator.audit.chain import CLOSED, FIRST_PREVIOUS, HEAD, OPENED, Head, digest_of
from pdf_security_operator.audit.keys import is_signed_by
from pdf_security_operator.audit.records import OUTCOMES

Object = dict[str, Any]


@dataclass(frozen=True)
class AuditFinding:
    """One thing that is wrong: which chain, at which of its lines, what."""

    chain: str
    sequence: int
    kind: str
    message: str


@dataclass
class Verdict:
    """What was found of all chains together."""

    chains: int = 0
    records: int = 0
    heads: int = 0
    outcomes: int = 0
    """Jobs whose end is on record."""
    repeated: int = 0
    """Records that were written twice, after a crash: their ids tell."""
    open_chains: list[str] = field(default_factory=list)
    """Nothing here says that they go no further than they do."""
    findings: list[AuditFinding] = field(default_factory=list)

    def to_json_dict(self) -> Object:
        """Give what `--json` prints."""
        return asdict(self)


@dataclass(frozen=True)
class _Record:
    """A line that is a record: parsed, with the digest of its bytes."""

    chain: str
    sequence: int
    previous: str
    digest: str
    kind: str
    identity: str
    data: Object


def verify(
    lines: Iterable[bytes], keys: Mapping[str, Ed25519PublicKey], known_heads: Sequence[Head] = ()
) -> Verdict:
    """Look through an audit log; what is no record of one, such as a log's other lines, is passed.

    Args:
        lines: in the order in which they were written, as far as they are of one chain.
        keys: key id -> key of those whose heads count; without any, heads need no signature.
        known_heads: heads that were noted elsewhere, and must be here.
    """
    verdict, chains = Verdict(), _chains_in(lines)
    for name in sorted(chains):
        _verify_chain(chains[name], keys, verdict)
    named = [head for chain in chains.values() for head in _predecessors_in(chain)]
    for head in {*named, *known_heads}:
        finding = _missing_head(head, chains.get(head.chain, []))
        if finding:
            verdict.findings.append(finding)
    ends = {(head.chain, head.sequence) for head in named}
    for name, chain in sorted(chains.items()):
        closed = any(record.kind == CLOSED for record in chain[-2:])
        if not closed and (name, chain[-1].sequence) not in ends:
            verdict.open_chains.append(name)
    _count(chains, verdict)
    verdict.findings.sort(key=lambda finding: (finding.chain, finding.sequence, finding.kind))
    return verdict


def vouched_in(
    lines: Iterable[bytes], keys: Mapping[str, Ed25519PublicKey]
) -> Iterable[tuple[str, Head]]:
    """Give the id of each record that a head vouches for, and how far its chain goes with it.

    Of chains that may begin in the middle. Whoever may write where a log is kept could otherwise
    have it believed that something is on record.

    Args:
        lines: as for `verify`.
        keys: as for `verify`.
    """
    for chain in _chains_in(lines).values():
        run: list[_Record] = []
        for record in chain:
            if run and record.previous != run[-1].digest:
                run = []
            run.append(record)
            if record.kind == HEAD and not _wrong_head(record, keys):
                for vouched in run:
                    yield vouched.identity, Head(vouched.chain, vouched.sequence, vouched.digest)
                run = [record]


def _chains_in(lines: Iterable[bytes]) -> dict[str, list[_Record]]:
    chains: dict[str, list[_Record]] = {}
    for line in lines:
        record = _record_in(line)
        if record:
            chains.setdefault(record.chain, []).append(record)
    return chains


def _record_in(line: bytes) -> _Record | None:
    text = line.strip()
    # Among a log's other lines, of which there are more.
    if b'"chain"' not in text or b'"previous"' not in text:
        return None
    try:
        untrusted = orjson.loads(text)
        return _Record(
            chain=str(untrusted["chain"]),
            sequence=int(untrusted["sequence"]),
            previous=str(untrusted["previous"]),
            digest=digest_of(text),
            kind=str(untrusted["type"]),
            identity=str(untrusted["id"]),
            data=dict(untrusted["data"]),
        )
    except (ValueError, KeyError, TypeError):
        # Torn, or broken: the numbers show that one is missing.
        return None


def _verify_chain(
    chain: Sequence[_Record], keys: Mapping[str, Ed25519PublicKey], verdict: Verdict
) -> None:
    expected, previous, proven = 1, FIRST_PREVIOUS, 0

    def find(kind: str, sequence: int, message: str) -> None:
        verdict.findings.append(AuditFinding(chain[0].chain, sequence, kind, message))

    for record in chain:
        if record.sequence != expected:
            find(*_disorder(expected, record.sequence))
        elif record.previous != previous:
            message = "this line or the one before it is not what was written"
            find("changed", record.sequence, message)
        if record.kind == HEAD:
            wrong = _wrong_head(record, keys)
            if wrong:
                find("forged", record.sequence, wrong)
            else:
                proven = record.sequence
        expected, previous = record.sequence + 1, record.digest
    if chain[0].sequence == 1 and chain[0].kind != OPENED:
        find("changed", 1, "the first line is not the one that opens a chain")
    if chain[-1].sequence > proven:
        find("unproven", chain[-1].sequence, f"no head vouches for what comes after {proven}")


def _disorder(expected: int, seen: int) -> tuple[str, int, str]:
    if seen < expected:
        return "reordered", seen, f"stands where {expected} should: moved, or copied"
    count = seen - expected
    lines = f"line {expected}" if count == 1 else f"lines {expected} to {seen - 1}"
    return "removed", expected, f"{lines} missing"


def _wrong_head(record: _Record, keys: Mapping[str, Ed25519PublicKey]) -> str | None:
    if not keys:
        return None
    key = keys.get(str(record.data.get("keyId")))
    if key is None:
        return "its head is signed by no key that was given, or not at all"
    head = Head(record.chain, record.sequence - 1, record.previous)
    signature = str(record.data.get("signature"))
    return None if is_signed_by(key, signature, head.to_bytes()) else "the signature is not of it"


def _predecessors_in(chain: Sequence[_Record]) -> Iterable[Head]:
    for record in chain[:1]:
        if record.kind == OPENED:
            for entry in record.data.get("predecessors", []):
                yield Head(str(entry["chain"]), int(entry["sequence"]), str(entry["digest"]))


def _missing_head(head: Head, chain: Sequence[_Record]) -> AuditFinding | None:
    """Tell what is missing where a chain does not go as far as is known."""
    if not chain:
        message = f"the whole chain is missing: it went up to {head.sequence} at least"
        return AuditFinding(head.chain, 1, "truncated", message)
    last = max(record.sequence for record in chain)
    if last < head.sequence:
        message = f"it went up to {head.sequence} at least, and ends with {last}"
        return AuditFinding(head.chain, last + 1, "truncated", message)
    digests = {record.digest for record in chain if record.sequence == head.sequence}
    if digests and head.digest not in digests:
        return AuditFinding(head.chain, head.sequence, "changed", "another line was noted here")
    return None


def _count(chains: Mapping[str, Sequence[_Record]], verdict: Verdict) -> None:
    own = (OPENED, HEAD, CLOSED)
    identities: Counter[str] = Counter()
    outcomes: dict[str, str] = {}
    for chain in chains.values():
        verdict.heads += sum(record.kind == HEAD for record in chain)
        for record in chain:
            if record.kind not in own:
                identities[record.identity] += 1
            if record.kind in OUTCOMES:
                before = outcomes.setdefault(record.identity, record.kind)
                if before != record.kind:
                    message = f"{record.identity} ended as {before} and as {record.kind}"
                    verdict.findings.append(
                        AuditFinding(record.chain, record.sequence, "contradicted", message)
                    )
    verdict.chains, verdict.records = len(chains), identities.total()
    verdict.outcomes = len(outcomes)
    verdict.repeated = identities.total() - len(identities)
