"""The probes and the metrics, asked over a real socket."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from pdf_security_operator.endpoint import serve_endpoint
from pdf_security_operator.metrics import Metrics


@dataclass
class Told:
    """Health that a test sets."""

    ailments: list[str] = field(default_factory=list)
    is_ready: bool = True
    shown: dict[str, Any] = field(default_factory=dict)

    def sick(self) -> list[str]:
        return self.ailments

    def ready(self) -> tuple[bool, dict[str, Any]]:
        return self.is_ready, self.shown


async def ask(
    port: int, path: str, host: str = "127.0.0.1", **headers: str
) -> tuple[int, str, str]:
    """Return status, type and text of an answer."""
    async with (
        aiohttp.ClientSession(trust_env=False) as session,
        session.get(f"http://{host}:{port}{path}", headers=headers) as answer,
    ):
        return answer.status, answer.headers["Content-Type"], await answer.text()


async def test_alive() -> None:
    """The kubelet would restart an operator that is well."""
    async with serve_endpoint(0, Told(), Metrics("1")) as port:
        status, _, text = await ask(port, "/healthz")
    assert (status, text) == (200, "ok")


async def test_sick_says_of_what() -> None:
    """A restart would leave no word of why."""
    async with serve_endpoint(0, Told(ailments=["queue"]), Metrics("1")) as port:
        status, _, text = await ask(port, "/healthz")
    assert (status, text) == (503, '{"sick": ["queue"]}')


@pytest.mark.parametrize(
    ("ready", "shown", "status", "text"),
    [
        pytest.param(
            True,
            {"leading": [], "synced": True},
            200,
            '{"ready": true, "leading": [], "synced": true}',
            id="standing-by",
        ),
        pytest.param(
            False,
            {"leading": [], "synced": False},
            503,
            '{"ready": false, "leading": [], "synced": false}',
            id="not-yet-synced",
        ),
    ],
)
async def test_ready(ready: bool, shown: dict[str, Any], status: int, text: str) -> None:
    """A rollout would go on before the new operator knows what there is, or never go on."""
    async with serve_endpoint(0, Told(is_ready=ready, shown=shown), Metrics("1")) as port:
        answer = await ask(port, "/readyz")
    assert answer[0] == status
    assert answer[2] == text


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("text/plain", "text/plain; version=0.0.4"),
        ("application/openmetrics-text; version=1.0.0, */*;q=0.1", "application/openmetrics-text"),
    ],
)
async def test_metrics(accept: str, content_type: str) -> None:
    """Prometheus refuses what does not say what it is."""
    async with serve_endpoint(0, Told(), Metrics("1")) as port:
        status, found, text = await ask(port, "/metrics", Accept=accept)
    assert status == 200
    assert found.startswith(content_type)
    assert 'version="1"' in text


async def test_ipv6_on_the_same_port() -> None:
    """On a cluster of IPv6 only, every probe would fail."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    async with serve_endpoint(0, Told(), Metrics("1")) as port:
        status, _, _ = await ask(port, "/healthz", host="[::1]")
    assert status == 200


async def test_without_one_of_the_families(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel without IPv6 would keep the operator from starting."""
    real = socket.create_server

    def without_ipv6(address: Any, *, family: int, backlog: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "no such family")
        return real(address, family=family, backlog=backlog)

    monkeypatch.setattr(socket, "create_server", without_ipv6)
    async with serve_endpoint(0, Told(), Metrics("1")) as port:
        assert (await ask(port, "/healthz"))[0] == 200


async def test_without_any_family(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would run without probes, and nobody would know."""

    def none(*_: Any, **__: Any) -> socket.socket:
        raise OSError(errno.EAFNOSUPPORT, "no such family")

    monkeypatch.setattr(socket, "create_server", none)
    with pytest.raises(OSError, match="no such family"):
        async with serve_endpoint(0, Told(), Metrics("1")):
            pass


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
async def test_taken_port_is_said(family: int) -> None:
    """The probes would be answered by somebody else's program."""
    try:
        taken = socket.create_server(("", 0), family=family)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with taken, pytest.raises(OSError, match="in use"):
        async with serve_endpoint(taken.getsockname()[1], Told(), Metrics("1")):
            pass


async def test_port_is_free_afterwards() -> None:
    """A restart within the same pod would find its own port taken."""
    async with serve_endpoint(0, Told(), Metrics("1")) as port:
        pass
    async with serve_endpoint(port, Told(), Metrics("1")) as again:
        assert again == port
