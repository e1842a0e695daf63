"""A proxy between an operator and the API server, that does to requests what rules say.

It speaks TLS on both sides, with a certificate that the plane's authority signed, and forwards the
bearer token. It runs in a thread of its own; a test calls it from another.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from cluster.certificates import Authority
from controlplane import ControlPlane
from controlplane.commands import LOOPBACK
from controlplane.ports import free_ports
from faults.rules import Kind, Record, Request, Rule, build_status
from faults.stream import WatchStream

Result = TypeVar("Result")

HOP_BY_HOP = ("Connection", "Keep-Alive", "Transfer-Encoding", "Host", "Content-Length")

LARGEST = 64 * 1024**2

LINGER_SECONDS = 0.1


class FaultProxy:
    """Forwards everything, until a rule says otherwise."""

    def __init__(self, plane: ControlPlane) -> None:
        self._upstream = plane.server
        [self._port] = free_ports(1)
        authority = Authority(plane.authority_file.parent)
        certificate, key = authority.issue(
            "fault-proxy", common_name="fault-proxy", addresses=(LOOPBACK,)
        )
        self._identity = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._identity.load_cert_chain(certificate, key)
        self._trust = ssl.create_default_context(cafile=str(plane.authority_file))
        self._rules: list[Rule] = []
        self._streams: list[WatchStream] = []
        self._remembered: dict[str, tuple[CIMultiDict[str], bytes]] = {}
        self._remembers = False
        self._shuffled: str | None = None
        self.record = Record()
        """What went through."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy")

    @property
    def server(self) -> str:
        """Origin to be used in the API server's place."""
        return f"https://{LOOPBACK}:{self._port}"

    # What a test calls, from its own thread.

    def open(self) -> None:
        """Begin to forward."""
        self._thread.start()
        self._call(self._open())

    def close(self) -> None:
        """Break everything, and end."""
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def add(self, kind: Kind, method: str = ".*", path: str = "", **more: Any) -> Rule:
        """Add a rule; of several that befall a request the first one added does."""
        rule = Rule(kind, method, path, **more)
        self._loop.call_soon_threadsafe(self._rules.append, rule)
        return rule

    def mend(self) -> None:
        """Take all rules away; what they did to watches stays done."""
        self._shuffled = None
        self._remembers = False
        self._loop.call_soon_threadsafe(self._rules.clear)

    def remember(self) -> None:
        """Remember the first answer to each read from now on, for rules of `Kind.STALE`."""
        self._remembered.clear()
        self._remembers = True

    def shuffle(self, path: str) -> None:
        """Give each event of the watches whose path contains this twice and in no order."""
        self._shuffled = path
        for stream in self.watches(path):
            stream.shuffles = True

    def watches(self, path: str) -> list[WatchStream]:
        """Give the watches that stream now, and whose path contains this."""
        return [stream for stream in list(self._streams) if path in stream.path]

    def inject(self, path: str, event: dict[str, Any]) -> int:
        """Write an event into the watches of a path; return into how many."""
        streams = self.watches(path)
        for stream in streams:
            self._call(stream.inject(event))
        return len(streams)

    def silence(self, path: str) -> int:
        """Forward no more on the watches of a path, which stay open; return how many they are."""
        streams = self.watches(path)
        for stream in streams:
            stream.is_silent = True
        return len(streams)

    def reset_watches(self, path: str) -> int:
        """Break the connections of the watches of a path; return how many they were."""
        streams = self.watches(path)
        for stream in streams:
            self._loop.call_soon_threadsafe(stream.reset)
        return len(streams)

    def cut(self) -> None:
        """Break all connections and refuse new ones, until `restore`."""
        self._call(self._stop_listening())

    def restore(self) -> None:
        """Listen again, at the same address."""
        self._call(self._listen())

    def _call(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    # What runs in the proxy's own thread.

    async def _open(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._trust),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
            auto_decompress=False,
            trust_env=False,
            read_bufsize=LARGEST,
        )
        # Cancelled when the client leaves: a watch must not go on for nobody.
        self._server = web.Server(self._handle, handler_cancellation=True, access_log=None)
        self._runner = web.ServerRunner(self._server, shutdown_timeout=0.1)
        await self._runner.setup()
        await self._listen()

    async def _listen(self) -> None:
        self._site = web.TCPSite(
            self._runner, LOOPBACK, self._port, ssl_context=self._identity, reuse_address=True
        )
        await self._site.start()

    async def _stop_listening(self) -> None:
        await self._site.stop()
        for connection in list(self._server.connections):
            if isinstance(connection.transport, asyncio.Transport):
                connection.transport.abort()

    async def _close(self) -> None:
        await self._stop_listening()
        await self._runner.cleanup()
        await self._session.close()
        # Both have only begun to close their sockets.
        await asyncio.sleep(LINGER_SECONDS)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path_qs
        rule = next((each for each in self._rules if each.befalls(request.method, path)), None)
        kind = rule.kind if rule else None
        if rule and kind is Kind.ANSWER:
            return self._answered(request, rule)
        if kind is Kind.RESET:
            return self._broken(request, reached=0)
        if rule and kind is Kind.DELAY:
            await asyncio.sleep(rule.seconds)
        if kind is Kind.STALE and path in self._remembered:
            headers, content = self._remembered[path]
            self._note(request, 200, 0)
            return web.Response(status=200, headers=headers, body=content)
        try:
            return await self._forward(request, loses_answer=kind is Kind.LOSE_ANSWER)
        except (aiohttp.ClientError, TimeoutError):
            # The API server is away: so is the connection to it.
            return self._broken(request, reached=0)

    async def _forward(self, request: web.BaseRequest, *, loses_answer: bool) -> web.StreamResponse:
        content = await request.read()
        async with self._session.request(
            request.method,
            URL(self._upstream + request.path_qs, encoded=True),
            headers=_end_to_end(request.headers),
            data=content or None,
            allow_redirects=False,
        ) as response:
            if response.status == 200 and "watch=true" in request.path_qs and not loses_answer:
                return await self._stream(request, response)
            answer = await response.read()
            if loses_answer:
                return self._broken(request, reached=response.status)
            headers = _end_to_end(response.headers)
            if self._remembers and request.method == "GET" and response.status == 200:
                self._remembered.setdefault(request.path_qs, (headers, answer))
            self._note(request, response.status, response.status)
            return web.Response(status=response.status, headers=headers, body=answer)

    async def _stream(
        self, request: web.BaseRequest, response: aiohttp.ClientResponse
    ) -> web.StreamResponse:
        """Pass a watch on, line by line, as its events come."""
        answer = web.StreamResponse(headers=_end_to_end(response.headers))
        answer.enable_chunked_encoding()
        await answer.prepare(request)
        stream = WatchStream(request.path_qs, request, answer)
        stream.shuffles = self._shuffled is not None and self._shuffled in stream.path
        self._streams.append(stream)
        self._note(request, response.status, response.status)
        try:
            async for line in response.content:
                await stream.forward(line)
            await stream.until_flushed()
        except aiohttp.ClientError:
            # The server broke off in the middle, and so does this: a proper end is another thing.
            stream.reset()
        finally:
            self._streams.remove(stream)
        return answer

    def _answered(self, request: web.BaseRequest, rule: Rule) -> web.Response:
        self._note(request, rule.status, 0)
        wait = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
        status = build_status(rule.status, rule.message)
        return web.json_response(status, status=rule.status, headers=wait)

    def _broken(self, request: web.BaseRequest, reached: int) -> web.Response:
        """Break the connection; what is returned goes nowhere."""
        self._note(request, 0, reached)
        if isinstance(request.transport, asyncio.Transport):
            request.transport.abort()
        return web.Response()

    def _note(self, request: web.BaseRequest, status: int, reached: int) -> None:
        entry = Request(time.monotonic(), request.method, request.path_qs, status, reached)
        self.record.requests.append(entry)


def _end_to_end(headers: Mapping[str, str]) -> CIMultiDict[str]:
    kept = CIMultiDict(headers)
    for name in HOP_BY_HOP:
        kept.popall(name, None)
    return kept


@contextmanager
def fault_proxy(plane: ControlPlane) -> Iterator[FaultProxy]:
    """Run a proxy before a plane while the block runs."""
    proxy = FaultProxy(plane)
    proxy.open()
    try:
        yield proxy
    finally:
        proxy.close()
