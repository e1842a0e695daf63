"""Who may not act sends nothing: the last look before a request leaves the process."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from pdf_security_operator.cluster import Cluster
from pdf_security_operator.errors import FencedError, UnavailableError
from pdf_security_operator.transport import Transport
from unit.resources import observed_job, security_job

Object = dict[str, Any]


class _Wire:
    """Where requests would leave; takes as long as it is told."""

    def __init__(self, seconds: float = 0) -> None:
        self.sent: list[tuple[str, str]] = []
        self._seconds = seconds

    async def send(self, method: str, path: str, **_: Any) -> Object:
        self.sent.append((method, path))
        await asyncio.sleep(self._seconds)
        return {}


WRITES = {
    "create-a-job": lambda cluster: cluster.create_job(observed_job()),
    "write-a-status": lambda cluster: cluster.patch_status(security_job(), {}),
    "let-a-job-go": lambda cluster: cluster.patch_job_spec("legal", "a", suspend=True),
    "delete-a-resource": lambda cluster: cluster.delete_security_job("legal", "a", "uid"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
async def test_who_leads_no_more_sends_nothing(write: Any) -> None:
    """A leader that was paused would do over again what its successor has done."""
    wire = _Wire()
    with pytest.raises(FencedError):
        await write(Cluster(cast("Transport", wire), lambda _: 0.0))
    assert wire.sent == []
    await write(Cluster(cast("Transport", wire), lambda _: 1.0))
    assert len(wire.sent) == 1


async def test_a_write_that_takes_longer_than_the_lease_is_given_up() -> None:
    """It could arrive when another leads already."""
    cluster = Cluster(cast("Transport", _Wire(seconds=5)), lambda _: 0.05)
    with pytest.raises(UnavailableError, match="no answer while this process led"):
        await cluster.create_job(observed_job())
