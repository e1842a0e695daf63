"""The least that an operator does for a job: five requests, two watches, and nothing decided.

`python -m bench.least` runs it, as the operator is run, until it is killed. What it takes is what
the machine, the language and the libraries take: it reads of the watches what it cannot do without,
builds nothing anew, and the first refusal ends it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import orjson
import uvloop

from bench.contenders import JOBS, SECURITY_JOBS, WATCHING, job_builder
from bench.finished import build_status
from bench.load import lines_of
from controlplane.operator_process import build_class
from pdf_security_operator.connection import open_session
from pdf_security_operator.events import build_event
from pdf_security_operator.identity import job_name_of
from pdf_security_operator.settings import load_settings

Object = dict[str, Any]

NAME, NAMESPACE, UID = "its-name", "where-it-is", "11111111-2222-4333-8444-555555555555"
"""What stands in the templates in place of a resource's own."""

_JSON = {"Content-Type": "application/json"}
_MERGE = {"Content-Type": "application/merge-patch+json"}


class Least:
    """One that acts on whatever it sees."""

    def __init__(self, session: aiohttp.ClientSession, server: str, workers: int) -> None:
        self._session = session
        self._server = server
        self._turns = asyncio.Semaphore(workers)
        self._tasks = asyncio.TaskGroup()
        self._ended: set[str] = set()
        metadata = {"name": NAME, "namespace": NAMESPACE, "uid": UID}
        event = build_event(
            {"metadata": metadata}, "Normal", "Succeeded", "done", "2026-01-01T00:00:00Z", "least"
        )
        job = job_builder(build_class()["spec"])(NAME, NAMESPACE, UID)
        self._job, self._event = orjson.dumps(job), orjson.dumps(event)
        self._running, self._succeeded = (
            orjson.dumps({"status": build_status(phase)}) for phase in ("Running", "Succeeded")
        )

    async def run(self) -> None:
        """Act until cancelled."""
        given, made = await self._version(SECURITY_JOBS.path()), await self._version(JOBS.path())
        sys.stdout.write(f"{WATCHING}\n")
        sys.stdout.flush()
        async with self._tasks:
            self._tasks.create_task(self._watch_given(given))
            self._tasks.create_task(self._watch_made(made))

    async def _watch_given(self, version: str) -> None:
        async for line in self._lines(SECURITY_JOBS.path(), version):
            if line.startswith(b'{"type":"ADDED"'):
                self._tasks.create_task(self._start(orjson.loads(line)["object"]["metadata"]))

    async def _watch_made(self, version: str) -> None:
        async for line in self._lines(JOBS.path(), version):
            if b'"type":"Complete"' in line:
                metadata = orjson.loads(line)["object"]["metadata"]
                owners = metadata.get("ownerReferences")
                if owners and owners[0]["uid"] not in self._ended:
                    self._ended.add(owners[0]["uid"])
                    owner = {**owners[0], "namespace": metadata["namespace"]}
                    self._tasks.create_task(self._end(owner))

    async def _start(self, metadata: Object) -> None:
        """Create the Job, then say that it runs."""
        async with self._turns:
            jobs = JOBS.path(metadata["namespace"])
            await self._send("POST", jobs, _filled(self._job, metadata), _JSON)
            await self._send("PATCH", f"{_path_of(metadata)}/status", self._running, _MERGE)

    async def _end(self, metadata: Object) -> None:
        """Say that the job has succeeded, and let the Job go."""
        async with self._turns:
            await self._send("PATCH", f"{_path_of(metadata)}/status", self._succeeded, _MERGE)
            events = f"/api/v1/namespaces/{metadata['namespace']}/events"
            await self._send("POST", events, _filled(self._event, metadata), _JSON)
            name = job_name_of(metadata["name"], metadata["uid"])
            lifetime = b'{"spec":{"ttlSecondsAfterFinished":600}}'
            path = f"{JOBS.path(metadata['namespace'])}/{name}"
            await self._send("PATCH", path, lifetime, _MERGE)

    async def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        async with self._session.request(
            method, self._server + path, data=body, headers=headers
        ) as answer:
            answer.raise_for_status()
            await answer.read()

    async def _version(self, path: str) -> str:
        async with self._session.get(self._server + path, params={"limit": "1"}) as answer:
            answer.raise_for_status()
            return str((await answer.json())["metadata"]["resourceVersion"])

    async def _lines(self, path: str, version: str) -> AsyncIterator[bytes]:
        """Give what changes; go on from what was seen last when the server ends it, as it does."""
        timeout = aiohttp.ClientTimeout(total=None)
        while True:
            query = {"watch": "true", "resourceVersion": version, "timeoutSeconds": "3600"}
            async with self._session.get(
                self._server + path, params=query, timeout=timeout
            ) as answer:
                answer.raise_for_status()
                last = b""
                async for last in lines_of(answer):
                    yield last
            if last:
                version = orjson.loads(last)["object"]["metadata"]["resourceVersion"]


def _filled(template: bytes, metadata: Object) -> bytes:
    for placeholder, name in ((NAME, "name"), (NAMESPACE, "namespace"), (UID, "uid")):
        template = template.replace(placeholder.encode(), metadata[name].encode())
    return template


def _path_of(metadata: Object) -> str:
    return f"{SECURITY_JOBS.path(metadata['namespace'])}/{metadata['name']}"


async def _main() -> None:
    settings = load_settings()
    async with open_session(settings) as session:
        await Least(session, settings.api_server, settings.workers).run()


if __name__ == "__main__":
    uvloop.run(_main())
