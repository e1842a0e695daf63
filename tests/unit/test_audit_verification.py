"""Whatever is done to an audit log after it was written is found, and named."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pdf_security_operator.audit.chain import Chain, Head, digest_of
from pdf_security_operator.audit.verification import verify
from unit.audit_logs import Keys, log_of

Lines = list[bytes]


@pytest.fixture(scope="module")
def keys() -> Keys:
    """A pair of keys."""
    return Keys()


@pytest.fixture
def log(keys: Keys) -> Lines:
    """A log of three jobs, closed: twelve lines and a head each."""
    return log_of(3, keys)[0]


def test_what_was_written_is_whole(log: Lines, keys: Keys) -> None:
    """An alarm that always rings is no alarm."""
    verdict = verify(log, keys.public)
    assert verdict.findings == []
    assert verdict.open_chains == []
    assert (verdict.chains, verdict.records, verdict.outcomes, verdict.heads) == (1, 6, 3, 4)


def _edited(lines: Lines, index: int, old: bytes, new: bytes) -> Lines:
    assert old in lines[index]
    changed = lines[index].replace(old, new)
    return [*lines[:index], changed, *lines[index + 1 :]]


def _swapped(lines: Lines) -> Lines:
    return [*lines[:4], lines[5], lines[4], *lines[6:]]


def _renumbered(lines: Lines, keys: Keys) -> Lines:
    """Take a job out, and write all that follows anew without the key, as its writer would have."""
    chain = Chain("chain-1")
    return [chain.line_of(json.loads(line)) for line in [*lines[:1], *lines[4:]]]


def _resigned(lines: Lines, keys: Keys) -> Lines:
    return log_of(2, Keys())[0]


Attack = Callable[[Lines, Keys], Lines]

ATTACKS: dict[str, tuple[Attack, set[str]]] = {
    "edited-user": (lambda log, _: _edited(log, 1, b"jane@", b"john@"), {"changed"}),
    "edited-digest": (lambda log, _: _edited(log, 2, b"1" * 64, b"3" * 64), {"changed"}),
    "edited-outcome": (lambda log, _: _edited(log, 5, b"succeeded", b"failed"), {"changed"}),
    "edited-space": (lambda log, _: _edited(log, 1, b'"time":', b'"time": '), {"changed"}),
    "edited-head": (lambda log, _: _edited(log, 3, b'"signature":"', b'"signature":"AAAA'),
                    {"changed", "forged"}),
    "edited-last-head": (lambda log, _: _edited(log, 11, b'"signature":"', b'"signature":"AA'),
                         {"forged", "unproven"}),
    "edited-opening": (lambda log, _: _edited(log, 0, b"operator-0", b"operator-1"), {"changed"}),
    "broken-json": (lambda log, _: _edited(log, 4, b"{", b""), {"removed"}),
    "removed-one": (lambda log, _: log[:4] + log[5:], {"removed"}),
    "removed-some": (lambda log, _: log[:2] + log[8:], {"removed"}),
    "removed-first": (lambda log, _: log[1:], {"removed"}),
    "removed-head": (lambda log, _: log[:3] + log[4:], {"removed"}),
    "moved": (lambda log, _: _swapped(log), {"removed", "reordered"}),
    "copied": (lambda log, _: [*log[:5], log[4], *log[5:]], {"reordered"}),
    "cut-in-a-batch": (lambda log, _: log[:5], {"unproven"}),
    "written-anew": (_renumbered, {"forged", "unproven"}),
    "signed-by-another": (_resigned, {"forged", "unproven"}),
}  # fmt: skip


@pytest.mark.parametrize(("attack", "expected"), ATTACKS.values(), ids=ATTACKS)
def test_an_attack_is_found(log: Lines, keys: Keys, attack: Attack, expected: set[str]) -> None:
    """Whoever may write where the log is kept could make it say anything."""
    verdict = verify(attack(log, keys), keys.public)
    assert {finding.kind for finding in verdict.findings} == expected


def test_an_edited_record_is_named_by_its_number(log: Lines, keys: Keys) -> None:
    """Somebody has to find it in a file of thousands."""
    (finding,) = verify(_edited(log, 4, b"jane@", b"john@"), keys.public).findings
    # The next line tells: the fifth is not what it holds the digest of.
    assert (finding.chain, finding.sequence) == ("chain-1", 6)


def test_what_was_cut_off_behind_a_head_leaves_the_chain_open(log: Lines, keys: Keys) -> None:
    """It would look like a log of less: all that is left is true and signed."""
    verdict = verify(log[:7], keys.public)
    assert verdict.findings == []
    assert verdict.open_chains == ["chain-1"]


def test_what_was_cut_off_is_found_by_a_head_that_was_noted(log: Lines, keys: Keys) -> None:
    """See above; that is what heads are noted for."""
    _, head = log_of(3, keys)
    last = Head("chain-1", 12, digest_of(log[11]))
    assert head.sequence == last.sequence
    (finding,) = verify(log[:7], keys.public, [last]).findings
    assert (finding.kind, finding.sequence) == ("truncated", 8)
    assert verify(log, keys.public, [last]).findings == []


def test_what_was_cut_off_is_found_by_the_chain_that_follows(keys: Keys) -> None:
    """A crash closes no chain: the next process says how far it went."""
    first, head = log_of(2, keys, closed=False)
    second, _ = log_of(1, keys, name="chain-2", predecessors=[head])
    whole = verify(first + second, keys.public)
    assert (whole.findings, whole.open_chains) == ([], [])
    (cut,) = verify(first[:4] + second, keys.public).findings
    assert (cut.chain, cut.kind, cut.sequence) == ("chain-1", "truncated", 5)
    (gone,) = verify(second, keys.public).findings
    assert (gone.chain, gone.kind) == ("chain-1", "truncated")


def test_a_chain_written_anew_contradicts_the_head_that_was_noted(log: Lines) -> None:
    """Without a key, whoever has the file could write all of it anew."""
    unsigned, head = log_of(3)
    assert verify(unsigned, {}, [head]).findings == []
    anew, _ = log_of(4)
    kinds = {finding.kind for finding in verify(anew, {}, [head]).findings}
    assert kinds == {"changed"}


def test_an_unsigned_log_is_not_taken_for_a_signed_one(keys: Keys) -> None:
    """Taking the signatures off would be enough."""
    unsigned, _ = log_of(1)
    kinds = {finding.kind for finding in verify(unsigned, keys.public).findings}
    assert kinds == {"forged", "unproven"}


def test_a_record_that_was_written_twice_is_one(keys: Keys) -> None:
    """A process that dies after it wrote a record leaves the next one to write it again."""
    first, head = log_of(1, keys, closed=False)
    again = Chain("chain-2", keys.private.key_id, keys.private.sign)
    record = json.loads(first[2])
    lines = [again.opened("2026-03-01T12:00:00Z", {}, [head]), again.line_of(record)]
    lines.append(again.head_line("2026-03-01T12:00:00Z"))
    verdict = verify(first + lines, keys.public)
    assert verdict.findings == []
    assert (verdict.records, verdict.outcomes, verdict.repeated) == (3, 1, 1)


def test_a_job_that_ended_in_two_ways_is_told(keys: Keys) -> None:
    """One of the two records is not true."""
    first, head = log_of(1, keys, closed=False)
    again = Chain("chain-2", keys.private.key_id, keys.private.sign)
    record = json.loads(first[2]) | {"type": "dev.pdfsecurity.job.failed"}
    lines = [again.opened("2026-03-01T12:00:00Z", {}, [head]), again.line_of(record)]
    lines.append(again.head_line("2026-03-01T12:00:00Z"))
    (finding,) = verify(first + lines, keys.public).findings
    assert finding.kind == "contradicted"


def test_other_lines_are_passed(log: Lines, keys: Keys) -> None:
    """On standard output it stands among the operator's own log."""
    other = [b'{"event":"status.recorded","chain":1}', b"\xff{"]
    mixed = [line for pair in zip(log, other * 6, strict=True) for line in pair]
    assert verify(mixed, keys.public).findings == []
