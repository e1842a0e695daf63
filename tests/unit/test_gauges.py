"""What the gauges say of jobs that wait, run and are held, and of the classes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pdf_security_operator import gauges
from pdf_security_operator.controller import Controller
from pdf_security_operator.errors import ForbiddenError, UnavailableError
from pdf_security_operator.identity import Key
from unit.fake_api import FakeApi

PREFIX = "pdf_security_operator_"


@pytest.fixture
def api() -> FakeApi:
    """An API server with a class that lets one job run."""
    api = FakeApi()
    api.add_class(concurrency={"total": 1})
    return api


@pytest.fixture
async def operator(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Controller]:
    """An operator that measures all the time, and compares nothing."""
    monkeypatch.setattr(gauges, "MEASURE_SECONDS", 0.01)
    async with api.operator(resync_seconds=3600) as controller:
        yield controller


async def _measured(api: FakeApi) -> dict[tuple[str, ...], float]:
    """Give each gauge by its name and its labels' values."""
    await api.settled()
    await asyncio.sleep(0.05)
    return {
        (sample.name.removeprefix(PREFIX), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(api.metrics.render()[0].decode())
        for sample in family.samples
        if family.type == "gauge"
    }


@pytest.mark.usefixtures("operator")
async def test_who_stands_in_line_waits_and_is_not_held(api: FakeApi) -> None:
    """The line would be an alert, though it is what the class wants."""
    assert (await _measured(api))["jobs_waiting", "standard"] == 0
    assert (await _measured(api))["jobs_running", "standard"] == 0
    for name in ("first", "second", "third"):
        api.add_security_job(name)
    measured = await _measured(api)
    assert measured["jobs_running", "standard"] == 1
    assert measured["jobs_waiting", "standard"] == 2
    assert not any(value for (name, *_), value in measured.items() if name == "jobs_held")


@pytest.mark.usefixtures("operator")
async def test_who_has_no_policies_is_held(api: FakeApi) -> None:
    """Nothing would tell that jobs stand still for want of their policies, or that it is over."""
    api.refusals["create_policy"] = ForbiddenError(403, "no")
    api.add_security_job("first")
    assert (await _measured(api))["jobs_held", "NetworkPolicyRefused"] == 1
    api.remove("security_jobs", Key("legal", "first"))
    assert (await _measured(api))["jobs_held", "NetworkPolicyRefused"] == 0


@pytest.mark.usefixtures("operator")
async def test_who_is_let_go_is_held_no_more(api: FakeApi) -> None:
    """The alert would stay when nothing is wrong any more."""
    api.refusals["create_job"] = ForbiddenError(403, "exceeded quota: small")
    api.add_security_job("first")
    assert (await _measured(api))["jobs_held", "QuotaExceeded"] == 1
    api.refusals.clear()
    # It is looked at again after a second.
    await asyncio.sleep(1.2)
    measured = await _measured(api)
    assert measured["jobs_held", "QuotaExceeded"] == 0
    assert measured["jobs_running", "standard"] == 1


@pytest.mark.usefixtures("operator")
async def test_an_answer_that_fails_lets_nobody_go(api: FakeApi) -> None:
    """An alert that waits five minutes would begin anew with each request that fails."""
    api.refusals["create_job"] = ForbiddenError(403, "no")
    api.add_security_job("first")
    assert (await _measured(api))["jobs_held", "Forbidden"] == 1
    api.refusals["create_job"] = UnavailableError(503, "overloaded")
    await asyncio.sleep(1.2)
    assert (await _measured(api))["jobs_held", "Forbidden"] == 1


@pytest.mark.usefixtures("operator")
async def test_a_class_that_is_unfit_is_told_of(api: FakeApi) -> None:
    """All jobs of a class would stand still, and only its status say why."""
    api.add_class("broken", dns={"cidrs": ["10.0.0.0/99"]})
    api.add_security_job("waits", className="broken")
    measured = await _measured(api)
    assert measured["class_accepted", "standard"] == 1
    assert measured["class_accepted", "broken"] == 0
    assert measured["jobs_held", "ClassInvalid"] == 1
    api.remove("classes", Key("", "broken"))
    assert ("class_accepted", "broken") not in await _measured(api)
