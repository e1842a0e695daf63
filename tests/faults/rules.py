"""What a fault proxy does to a request that matches: rules, and the record of what went through.

Plain data; no I/O.
"""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Kind(Enum):
    """What befalls a request."""

    ANSWER = "the proxy answers, and the server is not asked"
    DELAY = "the server is asked later"
    LOSE_ANSWER = "the server does the work, and the connection breaks before it can say so"
    RESET = "the connection breaks before the server is asked"
    STALE = "what was remembered is answered, where there is something"


@dataclass
class Rule:
    """Befalls requests until it is used up or taken away.

    Attributes:
        kind: what it does.
        method: regular expression that the whole method matches.
        path: regular expression that is found in path and query.
        count: how many requests it befalls; None for all.
        probability: of befalling one that matches.
        status: of an answer.
        message: of an answer's Status object.
        retry_after: seconds that an answer asks to wait.
        seconds: of a delay.
        hits: times that it has befallen one.
    """

    kind: Kind
    method: str = ".*"
    path: str = ""
    count: int | None = None
    probability: float = 1.0
    status: int = 500
    message: str = "a fault on purpose"
    retry_after: int | None = None
    seconds: float = 0.0
    hits: int = 0

    def befalls(self, method: str, path: str) -> bool:
        """Whether it befalls this request; then it counts it."""
        if self.count is not None and self.hits >= self.count:
            return False
        if not re.fullmatch(self.method, method) or not re.search(self.path, path):
            return False
        if random.random() >= self.probability:
            return False
        self.hits += 1
        return True


@dataclass(frozen=True)
class Request:
    """A request that came to the proxy.

    Attributes:
        at: `time.monotonic` of its arrival.
        status: what the client was told; 0 where it got no answer.
        reached: whether the server was asked, and with which answer.
    """

    at: float
    method: str
    path: str
    status: int
    reached: int


@dataclass
class Record:
    """All requests, in the order of their ends; watches when they begin to stream."""

    requests: list[Request] = field(default_factory=list)

    def select(
        self, method: str = ".*", path: str = "", *, since: float = 0, until: float | None = None
    ) -> list[Request]:
        """Give the requests that match, and arrived within a time of `time.monotonic`."""
        last = time.monotonic() if until is None else until
        return [
            each
            for each in list(self.requests)
            if since <= each.at <= last
            and re.fullmatch(method, each.method)
            and re.search(path, each.path)
        ]


def build_status(code: int, message: str) -> dict[str, Any]:
    """Build the Status object of a failure, as the API server writes it."""
    reasons = {409: "Conflict", 410: "Expired", 429: "TooManyRequests", 503: "ServiceUnavailable"}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reasons.get(code, "InternalError"),
        "code": code,
    }


def build_error_event(code: int, message: str = "a fault on purpose") -> dict[str, Any]:
    """Build the event with which a watch tells that it cannot go on."""
    return {"type": "ERROR", "object": build_status(code, message)}
