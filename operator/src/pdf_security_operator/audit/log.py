"""Brings records to the sinks, in order, however long one of them is away.

Nothing here is the only copy of anything. What is not kept yet is owed: a finished Job keeps its
place at the API server until its end is on record, and who finds it there later records it again,
under the same id. A process that dies loses nothing by it.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import structlog

from pdf_security_operator.audit import records
from pdf_security_operator.audit.chain import Chain, Head
from pdf_security_operator.audit.keys import SigningKey
from pdf_security_operator.audit.sinks import Sink
from pdf_security_operator.audit.verification import vouched_in
from pdf_security_operator.clock import seconds_since, timestamp
from pdf_security_operator.identity import Key, key_of, uid_of
from pdf_security_operator.metrics import Metrics
from pdf_security_operator.rounds import next_round

Object = dict[str, Any]

GATHER_SECONDS = 1.0
"""Length of the rounds in which lines are signed, and kept."""

CHAIN_LINES = 20_000
"""Lines of a chain; the next one begins then."""

CHAIN_SECONDS = 3600.0
"""Age at which a chain ends with the next line."""

MOST_PENDING = 50_000
"""Lines that wait for a sink, some 75 MB; what comes then is asked for again later."""

FIRST_RETRY_SECONDS = 0.5
LONGEST_RETRY_SECONDS = 30.0
"""Between two attempts to bring a sink the same lines."""

NOTE_SECONDS = 60.0
"""Between two lines of the process's own log that tell how far the chain goes."""

CLOSE_SECONDS = 5.0
"""For what is left when the process ends."""

logger = structlog.get_logger()


@dataclass
class _Batch:
    chain: str
    lines: list[bytes] = field(default_factory=list)
    identities: list[str] = field(default_factory=list)
    ended: list[Key] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    """Sinks that do not have it yet."""
    head: Head | None = None
    """How far the chain goes with it."""


class AuditLog:
    """The audit log of one process.

    Args:
        sinks: where lines are kept; none for no audit log at all.
        key: signs the heads; None for none that are signed.
        writer: which process this is, for the first line of each chain.
        metrics: what is counted.
    """

    def __init__(
        self,
        sinks: Sequence[Sink],
        key: SigningKey | None,
        writer: dict[str, str],
        metrics: Metrics,
    ) -> None:
        self._sinks = sinks
        self._key = key
        self._writer = writer
        self._metrics = metrics
        self._queues: dict[str, asyncio.Queue[_Batch]] = {it.name: asyncio.Queue() for it in sinks}
        self._predecessors: dict[str, Head] = {}
        self._chain: Chain | None = None
        self._began = ""
        self._batch: _Batch | None = None
        self._pending = 0
        self._noted = float("-inf")
        self._tasks: list[asyncio.Task[None]] = []
        self._news = asyncio.Event()
        self._recorded: dict[str, bool] = {}
        """Id -> whether all sinks have it."""
        self._tell: Callable[[Key], None] = lambda _: None

    def tell(self, recorded: Callable[[Key], None]) -> None:
        """Have it told of each job whose end came on record."""
        self._tell = recorded

    def admitted(self, body: Object, job: Object) -> None:
        """Record that a job was let in, unless that is on record."""
        identity = records.admission_id_of(uid_of(body))
        if self._is_new(identity):
            self._add(records.build_admission(body, job, timestamp()))

    def ended(self, body: Object, status: Object) -> bool:
        """Record how a job ended; return whether it is on record for good."""
        identity = records.outcome_id_of(uid_of(body))
        if self._is_new(identity):
            self._add(records.build_outcome(body, status, timestamp()), key_of(body))
        return not self._sinks or self._recorded.get(identity, False)

    def deleted(self, body: Object) -> None:
        """Record that a job was deleted before it came to an end."""
        if self._is_new(records.outcome_id_of(uid_of(body))):
            self._add(records.build_deletion(body, timestamp()))

    def owes(self, status: Object, job: Object | None) -> bool:
        """Whether the end of a job may not be on record yet.

        Args:
            status: its final status.
            job: its Job, which is let go only then.
        """
        return bool(self._sinks) and records.is_owed(status, job)

    def forget(self, uid: str) -> None:
        """Forget a job of which nothing will be recorded any more."""
        self._recorded.pop(records.admission_id_of(uid), None)
        self._recorded.pop(records.outcome_id_of(uid), None)

    async def begin(self) -> None:
        """Learn what others recorded last, which is not recorded again; then begin to work."""
        keys = {self._key.key_id: self._key.public} if self._key else {}
        for sink in self._sinks:
            try:
                lines = await sink.recent()
            except OSError as error:
                logger.warning("audit.unread", sink=sink.name, error=str(error))
                continue
            for identity, head in vouched_in(lines, keys):
                self._recorded[identity] = True
                known = self._predecessors.get(head.chain)
                if known is None or known.sequence < head.sequence:
                    self._predecessors[head.chain] = head
        self._tasks = [asyncio.create_task(self._gather())]
        self._tasks += [asyncio.create_task(self._serve(sink)) for sink in self._sinks]

    async def run(self) -> None:
        """Wait until a part of it fails, or until cancelled.

        What works goes on then: `close` ends it, for half a line must not be all that is kept.
        """
        await asyncio.gather(*map(asyncio.shield, self._tasks))

    async def close(self) -> None:
        """End the chain, give the sinks a last chance, and end what `begin` began."""
        if self._chain:
            self._line(self._chain, self._chain.closed(timestamp()))
            self._cut()
            self._chain = None
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await asyncio.gather(*(queue.join() for queue in self._queues.values()))
        except TimeoutError:
            logger.warning("audit.unkept", lines=self._pending)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _is_new(self, identity: str) -> bool:
        return bool(self._sinks) and identity not in self._recorded

    def _add(self, record: Object, ended: Key | None = None) -> None:
        if self._pending >= MOST_PENDING:
            return
        chain = self._open_chain()
        self._recorded[record["id"]] = False
        batch = self._line(chain, chain.line_of(record))
        batch.identities.append(record["id"])
        if ended:
            batch.ended.append(ended)
        self._metrics.audit_recorded(record["type"].rpartition(".")[2])

    def _open_chain(self) -> Chain:
        """Give the chain that takes the next line; a new one where there is none, or it is old."""
        chain = self._chain
        if chain and (
            chain.head.sequence >= CHAIN_LINES or seconds_since(self._began) >= CHAIN_SECONDS
        ):
            self._line(chain, chain.closed(timestamp()))
            self._cut()
            chain = None
        if chain is None:
            self._began = timestamp()
            name = f"{self._began.replace(':', '').replace('-', '')}-{secrets.token_hex(8)}"
            key = self._key
            chain = self._chain = Chain(name, key.key_id, key.sign) if key else Chain(name)
            before = list(self._predecessors.values())
            self._line(chain, chain.opened(self._began, self._writer, before))
        return chain

    def _line(self, chain: Chain, line: bytes) -> _Batch:
        if self._batch is None:
            self._batch = _Batch(chain.head.chain, missing={sink.name for sink in self._sinks})
        self._batch.lines.append(line)
        self._pending += 1
        self._metrics.set_audit_pending(self._pending)
        self._news.set()
        return self._batch

    def _cut(self) -> None:
        """Sign what was gathered, and hand it to the sinks."""
        batch, chain = self._batch, self._chain
        if batch is None or chain is None:
            return
        self._line(chain, chain.head_line(timestamp()))
        self._news.clear()
        self._batch, batch.head = None, chain.head
        self._predecessors = {chain.head.chain: chain.head}
        for queue in self._queues.values():
            queue.put_nowait(batch)

    async def _gather(self) -> None:
        while True:
            await self._news.wait()
            await next_round(GATHER_SECONDS)
            self._cut()

    async def _serve(self, sink: Sink) -> None:
        """Bring a sink what it does not have, each batch until it has it."""
        queue, failures = self._queues[sink.name], 0
        while True:
            batch = await queue.get()
            while not await self._is_put(sink, batch, failures):
                failures += 1
            failures = 0
            self._kept(batch, sink.name)
            queue.task_done()

    async def _is_put(self, sink: Sink, batch: _Batch, failures: int) -> bool:
        try:
            await sink.put(batch.chain, batch.lines)
        except OSError as error:
            self._metrics.audit_sink_failed(sink.name)
            seconds = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(failures, 10))
            logger.warning("audit.sink-failed", sink=sink.name, error=str(error), seconds=seconds)
            await asyncio.sleep(seconds)
            return False
        return True

    def _kept(self, batch: _Batch, sink: str) -> None:
        batch.missing.discard(sink)
        if batch.missing:
            return
        self._pending -= len(batch.lines)
        self._metrics.set_audit_pending(self._pending)
        for identity in batch.identities:
            if identity in self._recorded:
                self._recorded[identity] = True
        for key in batch.ended:
            self._tell(key)
        self._note(batch)

    def _note(self, batch: _Batch) -> None:
        """Say in the log how far the chain goes: who keeps it elsewhere sees what is cut off."""
        ends = batch.chain != (self._chain.head.chain if self._chain else "")
        if batch.head and (ends or time.monotonic() - self._noted >= NOTE_SECONDS):
            self._noted = time.monotonic()
            logger.info("audit.head", **asdict(batch.head))
