"""Follows all Jobs of the operator from one moment on, each change in its order. Asserts nothing.

What runs at once is counted at every revision, not now and then.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPSConnection
from urllib.parse import quote, urlsplit

from api_client import Object
from controlplane import ControlPlane
from faults.client import Client
from pdf_security_operator import names
from pdf_security_operator.endings import ending_of
from pdf_security_operator.identity import submitter_of

SECONDS = 3600
"""Bound of the watch; the block ends it sooner."""


@dataclass(frozen=True)
class Step:
    """A Job was created, or came to its end or was deleted; seconds of `time.monotonic`."""

    at: float
    namespace: str
    name: str
    user: str
    begins: bool


class History:
    """The steps, in the order of the revisions."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._running: set[tuple[str, str]] = set()

    def take_in(self, event: Object) -> None:
        """Take in an event of a watch."""
        job = event["object"]
        key = job["metadata"]["namespace"], job["metadata"]["name"]
        runs = event["type"] != "DELETED" and ending_of(job.get("status", {})) is None
        if runs == (key in self._running):
            return
        (self._running.add if runs else self._running.discard)(key)
        self.steps.append(Step(time.monotonic(), *key, submitter_of(job), runs))

    def begun(self) -> list[Step]:
        """Give the creations."""
        return [step for step in list(self.steps) if step.begins]

    def most_at_once(self, group_of: Callable[[Step], str] = lambda _: "all") -> dict[str, int]:
        """Count how many Jobs of each group there were at the same time, at most."""
        now: Counter[str] = Counter()
        most: Counter[str] = Counter()
        for step in list(self.steps):
            group = group_of(step)
            now[group] += 1 if step.begins else -1
            most[group] = max(most[group], now[group])
        return dict(most)


@contextmanager
def history(plane: ControlPlane, client: Client) -> Iterator[History]:
    """Follow the Jobs while the block runs."""
    version = client.call("GET", "/apis/batch/v1/jobs")["metadata"]["resourceVersion"]
    certificate, key = plane.client_certificate("historian", ["system:masters"])
    trust = ssl.create_default_context(cafile=str(plane.authority_file))
    trust.load_cert_chain(certificate, key)
    address = urlsplit(plane.server)
    connection = HTTPSConnection(address.hostname or "", address.port, context=trust)
    selector = quote(names.MANAGED_SELECTOR)
    query = f"watch=true&resourceVersion={version}&labelSelector={selector}"
    connection.request("GET", f"/apis/batch/v1/jobs?{query}&timeoutSeconds={SECONDS}")
    told, response = History(), connection.getresponse()
    ended = threading.Event()

    def follow() -> None:
        try:
            for line in response:
                told.take_in(json.loads(line))
        except (OSError, ValueError, AttributeError):
            # Closed under its hands, which is how it ends.
            assert ended.is_set()

    thread = threading.Thread(target=follow, name="history")
    thread.start()
    try:
        yield told
    finally:
        ended.set()
        if connection.sock:
            connection.sock.shutdown(2)
        thread.join()
        connection.close()
