"""Requests to one API server: rate-limited, counted, their failures as errors of ours.

Knows no resource and decides nothing.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import orjson

from pdf_security_operator import clock, names
from pdf_security_operator.errors import ApiError, api_error_of
from pdf_security_operator.limiter import Limiter
from pdf_security_operator.listing import Listing
from pdf_security_operator.metrics import Metrics
from pdf_security_operator.rounds import next_round

Object = dict[str, Any]

WATCH_SECONDS = 300
"""How long the server keeps a watch."""

GATHERED_BYTES = 2 << 20
"""Of a watch, while they are gathered; what is more than twice as much waits in the server."""

QUIET_SECONDS = 65.0
"""Silence after which a watch is taken for dead: its bookmarks come every minute or so."""


class Transport:
    """One session with one API server."""

    def __init__(
        self, session: aiohttp.ClientSession, server: str, limiter: Limiter, metrics: Metrics
    ) -> None:
        """Make one.

        Args:
            session: to the API server.
            server: its origin.
            limiter: lets each request through.
            metrics: count requests and waits.
        """
        self._session = session
        self._server = server
        self._limiter = limiter
        self._metrics = metrics

    async def send(self, method: str, path: str, **options: Any) -> Object:
        """Send one request. Raises the ApiError that fits the answer."""
        if method in ("POST", "PATCH", "PUT"):
            options["params"] = {"fieldManager": names.MANAGED_BY}
        self._metrics.limiter_waited(await self._limiter.acquire())
        began, code = time.monotonic(), 0
        try:
            async with self._session.request(method, self._server + path, **options) as response:
                code = response.status
                clock.set_by_server(response.headers.get("Date"))
                await _raise_refusal(response)
                body = orjson.loads(await response.read())
                return body if isinstance(body, dict) else {}
        except ApiError as refusal:
            if refusal.retry_after:
                # Asked of this request, meant for all: it is the server that is overloaded.
                self._limiter.hold(refusal.retry_after)
            raise
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise api_error_of(0, f"{method} {path}: {type(error).__name__}") from error
        finally:
            self._metrics.api_answered(method, code, time.monotonic() - began)

    def list(self, path: str, **query: str) -> Listing:
        """List what is at a path, page by page."""
        return Listing(self.send, path, query)

    async def watch(
        self, path: str, version: str, *, gather_seconds: float = 0, **query: str
    ) -> AsyncIterator[Object]:
        """Give what changes after a version: `type` and `object`; ends when the server ends it.

        Args:
            path: of what is watched.
            version: after which.
            gather_seconds: length of the rounds in which it is taken in; 0 for at once.
            query: further parameters.

        Raises:
            GoneError: what happened since that version, nobody can say any more.
            ApiError: the watch ended in another way.
        """
        query |= {"watch": "true", "resourceVersion": version, "allowWatchBookmarks": "true"}
        query["timeoutSeconds"] = str(WATCH_SECONDS)
        # A server that is silent for longer than its bookmarks are apart is one that is gone.
        quiet = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=QUIET_SECONDS)
        try:
            async with self._session.get(
                self._server + path, params=query, timeout=quiet, read_bufsize=GATHERED_BYTES
            ) as response:
                await _raise_refusal(response)
                async for line in _lines(response.content, gather_seconds):
                    event = orjson.loads(line)
                    if event["type"] == "ERROR":
                        status = event["object"]
                        raise api_error_of(status.get("code", 0), status.get("message", ""))
                    yield event
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise api_error_of(0, f"watch of {path}: {type(error).__name__}") from error


async def _raise_refusal(response: aiohttp.ClientResponse) -> None:
    if response.status >= 300:
        message = _message_of(await response.text(errors="replace"))
        wait = response.headers.get("Retry-After", "")
        raise api_error_of(response.status, message[:1024], float(wait) if wait.isdigit() else None)


async def _lines(content: aiohttp.StreamReader, gather_seconds: float) -> AsyncIterator[bytes]:
    """Give the lines of a stream; one may be as large as the largest object."""
    rest = b""
    async for chunk in content.iter_any():
        if gather_seconds:
            await next_round(gather_seconds)
            chunk += content.read_nowait()
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line


def _message_of(answer: str) -> str:
    """Take the message out of an error's Status; overload is told in plain text."""
    try:
        status = orjson.loads(answer)
    except (ValueError, RecursionError):
        return answer.strip()
    return str(status.get("message", "")) if isinstance(status, dict) else answer.strip()
