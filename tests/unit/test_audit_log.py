"""Records come to the sinks in order and once, however long a sink is away and whoever dies."""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pdf_security_operator.audit import log as audit_log_module
from pdf_security_operator.audit.log import AuditLog
from pdf_security_operator.audit.sinks import Sink, StandardOutput, Volume, lines_of
from pdf_security_operator.audit.verification import Verdict, verify
from pdf_security_operator.identity import Key
from pdf_security_operator.metrics import Metrics
from unit.audit_logs import Keys, final_status, log_of, submitted_job
from unit.resources import observed_job

Object = dict[str, Any]

JOB = {**observed_job(), "effective": {"image": "i"}}


@pytest.fixture(autouse=True)
def _in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GATHER_SECONDS", "FIRST_RETRY_SECONDS", "LONGEST_RETRY_SECONDS"):
        monkeypatch.setattr(audit_log_module, name, 0.01)


@pytest.fixture(scope="module")
def keys() -> Keys:
    """A pair of keys."""
    return Keys()


def _log(keys: Keys, *sinks: Sink) -> AuditLog:
    return AuditLog(sinks, keys.private, {"identity": "operator-0"}, Metrics("0"))


@asynccontextmanager
async def _running(log: AuditLog) -> AsyncIterator[AuditLog]:
    await log.begin()
    run = asyncio.create_task(log.run())
    yield log
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    await log.close()


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  (nobody sets an event)
            await asyncio.sleep(0.005)


def _bring(folder: Path) -> None:
    """Let a volume that was away be there."""
    folder.mkdir()


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def _write(path: Path, lines: list[bytes]) -> None:
    path.write_bytes(b"".join(line + b"\n" for line in lines))


def _verdict(folder: Path, keys: Keys) -> Verdict:
    return verify(lines_of(folder), keys.public)


async def test_what_is_recorded_is_kept_signed_and_closed(tmp_path: Path, keys: Keys) -> None:
    """There would be no audit log."""
    told: list[Key] = []
    async with _running(_log(keys, Volume(tmp_path))) as log:
        log.tell(told.append)
        log.admitted(submitted_job(), JOB)
        assert not log.ended(submitted_job(), final_status())
        await _until(lambda: bool(told))
        assert log.ended(submitted_job(), final_status())
    verdict = _verdict(tmp_path, keys)
    assert (verdict.findings, verdict.open_chains) == ([], [])
    assert (verdict.records, verdict.outcomes, verdict.repeated) == (2, 1, 0)
    assert told == [Key("legal", "contract-7")]


async def test_an_idle_operator_keeps_nothing(tmp_path: Path, keys: Keys) -> None:
    """A replica that stands by would leave a chain for each of its starts."""
    async with _running(_log(keys, Volume(tmp_path))):
        pass
    assert _files(tmp_path) == []


async def test_a_sink_that_is_away_gets_all_of_it_later(tmp_path: Path, keys: Keys) -> None:
    """What was decided meanwhile would be on no record."""
    folder = tmp_path / "volume"
    async with _running(_log(keys, Volume(folder))) as log:
        for number in range(50):
            log.ended(submitted_job(f"uid-{number}"), final_status())
            await asyncio.sleep(0.002)
        assert not log.ended(submitted_job("uid-0"), final_status())
        _bring(folder)
        await _until(lambda: log.ended(submitted_job("uid-49"), final_status()))
    verdict = _verdict(folder, keys)
    assert (verdict.findings, verdict.outcomes, verdict.repeated) == ([], 50, 0)


async def test_a_sink_that_is_away_does_not_hold_the_others(tmp_path: Path, keys: Keys) -> None:
    """One full disk would silence the log that people watch."""
    stream = io.BytesIO()
    async with _running(_log(keys, Volume(tmp_path / "none"), StandardOutput(stream))) as log:
        log.ended(submitted_job(), final_status())
        await _until(lambda: b"uid-1/outcome" in stream.getvalue())
        # It counts as kept only where all have it.
        assert not log.ended(submitted_job(), final_status())
        _bring(tmp_path / "none")


async def test_who_comes_next_does_not_record_it_again(tmp_path: Path, keys: Keys) -> None:
    """Each restart would record the ends of all jobs whose Jobs are still there."""
    for _ in range(2):
        async with _running(_log(keys, Volume(tmp_path))) as log:
            log.admitted(submitted_job(), JOB)
            log.ended(submitted_job(), final_status())
    assert _verdict(tmp_path, keys).repeated == 0
    assert len(_files(tmp_path)) == 1


async def test_what_nobody_vouches_for_is_recorded_all_the_same(tmp_path: Path, keys: Keys) -> None:
    """Whoever may write to the volume would keep what follows off the record."""
    lines, _ = log_of(1, Keys(), name="planted")
    _write(tmp_path / "planted.jsonl", lines)
    async with _running(_log(keys, Volume(tmp_path))) as log:
        log.ended(submitted_job("uid-planted-0"), final_status())
    own = [path for path in _files(tmp_path) if path.name != "planted.jsonl"]
    assert len(own) == 1
    verdict = _verdict(own[0], keys)
    assert (verdict.findings, verdict.outcomes) == ([], 1)


async def test_who_comes_next_says_how_far_it_went(tmp_path: Path, keys: Keys) -> None:
    """What a thief cuts off while no operator runs would be missed by nobody."""
    for number in range(2):
        async with _running(_log(keys, Volume(tmp_path))) as log:
            log.ended(submitted_job(f"uid-{number}"), final_status())
    first = min(_files(tmp_path), key=lambda path: path.stat().st_mtime_ns)
    lines = first.read_bytes().splitlines(keepends=True)
    first.write_bytes(b"".join(lines[:-2]))
    findings = _verdict(tmp_path, keys).findings
    assert "it went up to 4 at least, and ends with 2" in {each.message for each in findings}


async def test_a_crash_leaves_nothing_that_looks_like_an_attack(tmp_path: Path, keys: Keys) -> None:
    """Whoever is woken by every crash sleeps through the attack."""
    log = _log(keys, Volume(tmp_path))
    await log.begin()
    run = asyncio.create_task(log.run())
    log.ended(submitted_job(), final_status())
    await _until(lambda: log.ended(submitted_job(), final_status()))
    # Never closed.
    run.cancel()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    async with _running(_log(keys, Volume(tmp_path))) as following:
        following.ended(submitted_job("uid-2"), final_status())
    verdict = _verdict(tmp_path, keys)
    assert (verdict.findings, verdict.open_chains, verdict.outcomes) == ([], [], 2)


async def test_a_chain_ends_and_the_next_begins(
    tmp_path: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file would grow for as long as the operator lives."""
    monkeypatch.setattr(audit_log_module, "CHAIN_LINES", 10)
    async with _running(_log(keys, Volume(tmp_path))) as log:
        for number in range(30):
            log.ended(submitted_job(f"uid-{number}"), final_status())
    verdict = _verdict(tmp_path, keys)
    assert (verdict.findings, verdict.open_chains, verdict.outcomes) == ([], [], 30)
    assert verdict.chains >= 3


async def test_more_than_can_wait_is_asked_for_again(
    tmp_path: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a sink that is away for a day the operator would run out of memory."""
    monkeypatch.setattr(audit_log_module, "MOST_PENDING", 10)
    folder = tmp_path / "volume"
    async with _running(_log(keys, Volume(folder))) as log:
        for number in range(30):
            log.ended(submitted_job(f"uid-{number}"), final_status())
        _bring(folder)
        await _until(lambda: log.ended(submitted_job("uid-0"), final_status()))
        for number in range(30):
            log.ended(submitted_job(f"uid-{number}"), final_status())
            await asyncio.sleep(0.02)
    verdict = _verdict(folder, keys)
    assert (verdict.findings, verdict.outcomes, verdict.repeated) == ([], 30, 0)


async def test_without_sinks_nothing_is_owed() -> None:
    """Jobs would never be let go where nobody wants an audit log."""
    log = AuditLog([], None, {}, Metrics("0"))
    assert log.ended(submitted_job(), final_status())
    assert not log.owes({"jobName": "j"}, {"spec": {}})


async def test_half_a_write_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk the next line would be glued to the half of one."""
    volume, write, calls = Volume(tmp_path), os.write, []

    def half(descriptor: int, data: Sequence[int]) -> int:
        calls.append(len(data))
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return write(descriptor, bytes(data)[: len(data) // 2])

    await volume.put("chain", [b"1"])
    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space"):
        await volume.put("chain", [b"a" * 100])
    monkeypatch.setattr(os, "write", write)
    await volume.put("chain", [b"2"])
    assert (tmp_path / "chain.jsonl").read_bytes() == b"1\n2\n"


async def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    """Whoever may write to the volume would have the operator write elsewhere."""
    (tmp_path / "chain.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"chain\.jsonl"):
        await Volume(tmp_path).put("chain", [b"1"])
    assert not (tmp_path / "elsewhere").exists()


def test_what_is_kept_is_for_the_owner_and_its_group(tmp_path: Path) -> None:
    """Who is in it is not everybody's business."""
    asyncio.run(Volume(tmp_path).put("chain", [json.dumps({}).encode()]))
    assert (tmp_path / "chain.jsonl").stat().st_mode & 0o777 & ~0o640 == 0
