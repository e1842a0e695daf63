"""Each end comes on record, whenever the operator or what keeps the log is away."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from pdf_security_operator.audit import log as audit_log_module
from pdf_security_operator.audit.sinks import Volume, lines_of
from pdf_security_operator.audit.verification import verify
from pdf_security_operator.identity import Key
from unit.fake_api import FakeApi

Object = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Folder of the audit log."""
    folder = tmp_path / "audit"
    folder.mkdir()
    return folder


@pytest.fixture
def api(folder: Path, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """An API server with a class, for operators that keep an audit log."""
    for name in ("GATHER_SECONDS", "FIRST_RETRY_SECONDS", "LONGEST_RETRY_SECONDS"):
        monkeypatch.setattr(audit_log_module, name, 0.01)
    api = FakeApi()
    api.audit_sinks = [Volume(folder)]
    api.add_class()
    return api


def _bring(folder: Path) -> None:
    """Let a volume that was away be there."""
    folder.mkdir()


def _move_away(folder: Path) -> None:
    for file in folder.iterdir():
        file.rename(folder.parent / file.name)


def _kinds(folder: Path) -> list[str]:
    """List what is on record, repetitions included; the log must be whole."""
    verdict = verify(lines_of(folder), {})
    assert verdict.findings == []
    kinds = [line.partition(b'"type":"dev.pdfsecurity.')[2] for line in lines_of(folder)]
    return [kind.partition(b'"')[0].decode() for kind in kinds if not kind.startswith(b"audit.")]


async def _finished(api: FakeApi, name: str, kind: str = "Complete") -> Object:
    """Create a job and let it come to its end; give its Job's key."""
    body = api.add_security_job(name)
    await api.settled()
    api.run_job(api.job_of(body))
    await api.settled()
    api.finish(api.job_of(body), kind)
    await api.settled()
    return body


def _is_let_go(api: FakeApi, body: Object) -> bool:
    return "ttlSecondsAfterFinished" in api.job_of(body)["spec"]


async def test_a_decision_and_an_end_are_recorded(api: FakeApi, folder: Path) -> None:
    """There would be no audit log."""
    async with api.operator():
        first, second = await _finished(api, "good"), await _finished(api, "bad", "Failed")
        assert _is_let_go(api, first)
        assert _is_let_go(api, second)
    assert _kinds(folder) == ["job.admitted", "job.succeeded", "job.admitted", "job.failed"]


async def test_a_job_is_not_let_go_before_its_end_is_on_record(api: FakeApi, folder: Path) -> None:
    """An operator that died then would find nothing that tells it what to record."""
    shutil.rmtree(folder)
    async with api.operator():
        body = await _finished(api, "kept")
        assert api.security_job("kept")["status"]["phase"] == "Succeeded"
        assert not _is_let_go(api, body)
        _bring(folder)
        await api.settled()
        assert _is_let_go(api, body)
    assert _kinds(folder) == ["job.admitted", "job.succeeded"]


async def test_who_comes_next_records_what_was_owed(
    api: FakeApi, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ended while the log could not be kept would be lost with the process."""
    monkeypatch.setattr(audit_log_module, "CLOSE_SECONDS", 0.05)
    shutil.rmtree(folder)
    async with api.operator():
        body = await _finished(api, "kept")
        api.add_security_job("refused", scratchSize="1Ti")
        await api.settled()
        assert api.security_job("refused")["status"]["reason"] == "LimitExceeded"
    _bring(folder)
    async with api.operator():
        await api.settled()
        assert _is_let_go(api, body)
    assert sorted(_kinds(folder)) == ["job.refused", "job.succeeded"]


async def test_what_is_on_record_is_not_recorded_again(api: FakeApi, folder: Path) -> None:
    """Each start would record all that ever ended."""
    for _ in range(3):
        async with api.operator():
            if not api.objects["security_jobs"]:
                await _finished(api, "good")
                api.add_security_job("refused", scratchSize="1Ti")
            await api.settled()
        # Not even where the log itself is gone.
        kinds = _kinds(folder)
        _move_away(folder)
    assert kinds == []
    assert "auditTime" in api.security_job("refused")["status"]
    assert _kinds(folder.parent) == ["job.admitted", "job.succeeded", "job.refused"]


async def test_a_job_that_is_deleted_while_it_runs_has_an_end(api: FakeApi, folder: Path) -> None:
    """It would be admitted, and then nothing."""
    async with api.operator():
        body = api.add_security_job("gone")
        await api.settled()
        api.run_job(api.job_of(body))
        api.remove("security_jobs", Key("legal", "gone"))
        await api.settled()
        done = await _finished(api, "done")
        api.remove("security_jobs", Key("legal", "done"))
        await api.settled()
        assert done
    assert _kinds(folder) == ["job.admitted", "job.deleted", "job.admitted", "job.succeeded"]


async def test_a_resource_does_not_remove_itself_before_its_end_is_on_record(
    api: FakeApi, folder: Path
) -> None:
    """`ttlSecondsAfterFinished: 0` would be a way around the log."""
    shutil.rmtree(folder)
    async with api.operator():
        body = api.add_security_job("short", ttlSecondsAfterFinished=0)
        await api.settled()
        api.finish(api.job_of(body))
        await api.settled()
        assert Key("legal", "short") in api.objects["security_jobs"]
        _bring(folder)
        await api.settled()
        assert Key("legal", "short") not in api.objects["security_jobs"]
    assert _kinds(folder) == ["job.admitted", "job.succeeded"]


async def test_a_job_whose_job_was_deleted_has_an_end(api: FakeApi, folder: Path) -> None:
    """Whoever may delete Jobs could keep them off the record."""
    async with api.operator():
        body = api.add_security_job("robbed")
        await api.settled()
        job = api.job_of(body)
        api.run_job(job)
        await api.settled()
        api.remove("jobs", Key("legal", job["metadata"]["name"]))
        await api.settled()
        assert api.security_job("robbed")["status"]["reason"] == "JobDeleted"
        assert "auditTime" in api.security_job("robbed")["status"]
    assert _kinds(folder) == ["job.admitted", "job.failed"]
