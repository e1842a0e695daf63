"""Answers the kubelet's probes and Prometheus, on one port.

Decides nothing: whether the operator is sick or ready is told to it.
"""

import errno
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from aiohttp import web

from pdf_security_operator.metrics import Metrics

SHUTDOWN_SECONDS = 1.0
"""Seconds that an answer under way may take at the end: no probe holds it up."""

_ALL_ADDRESSES = (
    (socket.AF_INET, "0.0.0.0"),  # noqa: S104  (the kubelet comes from outside)
    (socket.AF_INET6, "::"),
)

_FAMILY_IS_ABSENT = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)


class Health(Protocol):
    """Knows how the operator is. Asked from the event loop: it must not block."""

    def sick(self) -> list[str]:
        """Name the checks that only a restart can mend."""

    def ready(self) -> tuple[bool, dict[str, Any]]:
        """Say whether it does its part, standing by included, and what is to be shown with it."""


@asynccontextmanager
async def serve_endpoint(port: int, health: Health, metrics: Metrics) -> AsyncIterator[int]:
    """Serve `/healthz`, `/readyz` and `/metrics` meanwhile; give the port, 0 chooses one.

    Raises:
        OSError: the port is taken.
    """
    application = web.Application()
    routes = _Routes(health, metrics)
    application.router.add_get("/healthz", routes.healthz)
    application.router.add_get("/readyz", routes.readyz)
    application.router.add_get("/metrics", routes.metrics)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        listeners = _listen(port)
        for listener in listeners:
            await web.SockSite(runner, listener).start()
        yield listeners[0].getsockname()[1]
    finally:
        await runner.cleanup()


class _Routes:
    """The answers."""

    def __init__(self, health: Health, metrics: Metrics) -> None:
        self._health = health
        self._metrics = metrics

    async def healthz(self, _: web.Request) -> web.Response:
        sick = self._health.sick()
        return web.json_response({"sick": sick}, status=503) if sick else web.Response(text="ok")

    async def readyz(self, _: web.Request) -> web.Response:
        ready, shown = self._health.ready()
        return web.json_response({"ready": ready, **shown}, status=200 if ready else 503)

    async def metrics(self, request: web.Request) -> web.Response:
        body, content_type = self._metrics.render(",".join(request.headers.getall("Accept", [])))
        return web.Response(body=body, headers={"Content-Type": content_type})


def _listen(port: int) -> list[socket.socket]:
    """Open the same port of both families, or of the one that this machine has."""
    listeners: list[socket.socket] = []
    absent: OSError | None = None
    for family, address in _ALL_ADDRESSES:
        try:
            listener = socket.create_server((address, port), family=family, backlog=128)
        except OSError as error:
            if error.errno in _FAMILY_IS_ABSENT:
                absent = error
                continue
            for each in listeners:
                each.close()
            raise
        listeners.append(listener)
        port = listener.getsockname()[1]
    if not listeners:
        raise absent or OSError("no address to listen on")
    return listeners
