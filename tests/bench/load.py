"""A client that creates objects as fast or as steadily as it is told, and notes when what was seen.

Lines of watches are kept as they come and read afterwards: what measures must not be what is slow.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from controlplane import ControlPlane

Object = dict[str, Any]

CONNECTIONS = 50
"""Connections over which objects are created."""

USER = "bench"


@dataclass
class Created:
    """What the client did.

    Attributes:
        sent: name -> when the object was sent.
        accepted: name -> when the API server had answered that the object is stored.
        began: when the first was sent.
        errors: what was answered instead.
    """

    sent: dict[str, float] = field(default_factory=dict)
    accepted: dict[str, float] = field(default_factory=dict)
    began: float = 0.0
    errors: list[str] = field(default_factory=list)


class Watched:
    """The stream of one path, line by line, with the time at which each line came."""

    def __init__(self, marker: bytes) -> None:
        self._marker = marker
        self.lines: list[tuple[float, bytes]] = []
        self.marked = 0
        """Lines with the marker in them: enough to know when to stop waiting."""

    def take_in(self, line: bytes) -> None:
        """Note a line."""
        self.lines.append((time.monotonic(), line))
        self.marked += self._marker in line

    def firsts(
        self, name_of: Callable[[Object], str | None], fits: Callable[[Object], bool]
    ) -> dict[str, list[float]]:
        """Give by name when objects that fit came, each change once, in their order."""
        found: dict[str, list[float]] = {}
        for when, line in self.lines:
            event = json.loads(line)
            if event["type"] in ("BOOKMARK", "ERROR") or not fits(event):
                continue
            name = name_of(event["object"])
            if name:
                found.setdefault(name, []).append(when)
        return found


async def lines_of(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Give the lines of a watch's answer, as long as they may be."""
    rest = b""
    async for chunk in answer.content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line


class Client:
    """An administrator's session to one control plane."""

    def __init__(self, session: aiohttp.ClientSession, server: str) -> None:
        self._session = session
        self._server = server

    async def create(
        self,
        path: str,
        bodies: Mapping[str, Object],
        rate: float | None = None,
    ) -> Created:
        """Create objects, all over `CONNECTIONS` at a time, or so many a second.

        Args:
            path: where.
            bodies: name -> object.
            rate: objects a second; infinite: all at once.
        """
        done = Created(began=time.monotonic())
        encoded = {name: json.dumps(body).encode() for name, body in bodies.items()}
        if rate is None:
            waiting = iter(encoded.items())
            await asyncio.gather(
                *(self._create_next(path, waiting, done) for _ in range(CONNECTIONS))
            )
            return done
        tasks = []
        for number, (name, body) in enumerate(encoded.items()):
            await asyncio.sleep(max(0.0, done.began + number / rate - time.monotonic()))
            tasks.append(asyncio.create_task(self._create_one(path, name, body, done)))
        await asyncio.gather(*tasks)
        return done

    async def _create_next(self, path: str, waiting: Any, done: Created) -> None:
        for name, body in waiting:
            await self._create_one(path, name, body, done)

    async def _create_one(self, path: str, name: str, body: bytes, done: Created) -> None:
        done.sent[name] = time.monotonic()
        headers = {"Content-Type": "application/json"}
        try:
            async with self._session.post(
                self._server + path, data=body, headers=headers
            ) as answer:
                if answer.status == 201:
                    await answer.read()
                    done.accepted[name] = time.monotonic()
                else:
                    done.errors.append(f"{answer.status}: {(await answer.text())[:200]}")
        except (aiohttp.ClientError, TimeoutError) as error:
            done.errors.append(repr(error))

    @asynccontextmanager
    async def watching(self, path: str, marker: bytes) -> AsyncIterator[Watched]:
        """Watch a path while the block runs, from now on."""
        listed = await self.get(path, limit="1")
        watched = Watched(marker)
        version = listed["metadata"]["resourceVersion"]
        task = asyncio.create_task(self._watch(path, version, watched))
        try:
            yield watched
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _watch(self, path: str, version: str, watched: Watched) -> None:
        """Go on from what was seen last when the server ends it: it does so to slow readers."""
        while True:
            await self._watch_once(path, version, watched)
            if watched.lines:
                last = json.loads(watched.lines[-1][1])
                version = last["object"]["metadata"]["resourceVersion"]

    async def _watch_once(self, path: str, version: str, watched: Watched) -> None:
        query = {"watch": "true", "resourceVersion": version, "timeoutSeconds": "3600"}
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._session.get(self._server + path, params=query, timeout=timeout) as answer:
            answer.raise_for_status()
            async for line in lines_of(answer):
                watched.take_in(line)

    async def open_connections(self, count: int) -> None:
        """Open so many connections; what is answered on them does not matter."""

        async def ask() -> None:
            async with self._session.get(f"{self._server}/version") as answer:
                await answer.read()

        await asyncio.gather(*(ask() for _ in range(count)))

    async def get(self, path: str, **query: str) -> Object:
        """Read."""
        async with self._session.get(self._server + path, params=query) as answer:
            answer.raise_for_status()
            return dict(await answer.json())

    async def patch(self, path: str, body: Object) -> None:
        """Merge."""
        headers = {"Content-Type": "application/merge-patch+json"}
        async with self._session.patch(
            self._server + path, data=json.dumps(body), headers=headers
        ) as answer:
            answer.raise_for_status()
            await answer.read()


@asynccontextmanager
async def open_client(plane: ControlPlane, connections: int = CONNECTIONS) -> AsyncIterator[Client]:
    """Open a session as somebody who may do everything, and waits for it as everybody does.

    Whoever is of `system:masters` is exempt from API Priority and Fairness.
    """
    rights = ("create", "clusterrolebinding", USER, "--dry-run=client", "-o", "yaml")
    role = plane.kubectl(*rights, "--clusterrole=cluster-admin", f"--user={USER}")
    # It may be open already.
    plane.kubectl("apply", "-f", "-", input=role)
    context = ssl.create_default_context(cafile=str(plane.authority_file))
    context.load_cert_chain(*plane.client_certificate(USER))
    connector = aiohttp.TCPConnector(limit=connections + 10, ssl=context)
    # Of an answer, not of the wait for a connection: more may want one than there are.
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=60, sock_read=60)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, trust_env=False
    ) as session:
        yield Client(session, plane.server)


async def until(true: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is true; return whether it became so."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.05)
    return True
