"""Asks the API server straight, past any proxy, and reads its audit log. Changes nothing."""

from __future__ import annotations

import datetime
import http.client
import json
import ssl
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from controlplane import ControlPlane
from controlplane.probe import get

Object = dict[str, Any]

BEGIN = '{"kind":"Event"'
"""Of each line of the audit log."""

SECONDS = 10.0
"""For one answer; a server that is being killed gives none."""

OPERATOR = "system:serviceaccount:pdf-security-system:pdf-security-operator"


@dataclass(frozen=True)
class Creation:
    """A Job that the API server stored, whether or not anybody got its answer."""

    name: str
    at: float
    """Time of day, in seconds."""


class Reader:
    """An administrator's eyes."""

    def __init__(self, plane: ControlPlane) -> None:
        self._audit_log = plane.audit_log
        self._port = urlsplit(plane.server).port or 0
        certificate, key = plane.client_certificate("reader", ["system:masters"])
        self._trust = ssl.create_default_context(cafile=str(plane.authority_file))
        self._trust.load_cert_chain(certificate, key)

    def read(self, path: str) -> Object | None:
        """Read an object or a list; None when there is no such thing, or nobody to ask."""
        content = get(self._port, path, self._trust, SECONDS)
        return None if content is None else dict(json.loads(content))

    def items(self, path: str) -> list[Object] | None:
        """Read the items of a list; None when there is nobody to ask."""
        answer = self.read(path)
        return None if answer is None else list(answer["items"])

    def creations(self, namespace: str) -> list[Creation]:
        """Tell of each Job that was created in a namespace, ever."""
        return [
            Creation(event["objectRef"]["name"], _seconds_of(event["stageTimestamp"]))
            for event in self._events("create", "jobs", namespace)
            if event.get("responseStatus", {}).get("code") == http.client.CREATED
        ]

    def created(self, namespace: str) -> Counter[str]:
        """Count the creations of each Job of a namespace, by its name."""
        return Counter(creation.name for creation in self.creations(namespace))

    def writes(self, namespace: str, verb: str, resource: str) -> list[Object]:
        """Give what the operator wrote and the API server took, as audit events."""
        return [
            event
            for event in self._events(verb, resource, namespace)
            if event["user"]["username"] == OPERATOR
            and event.get("responseStatus", {}).get("code", 0) < 300
        ]

    def _events(self, verb: str, resource: str, namespace: str) -> Iterator[Object]:
        with self._audit_log.open() as log:
            for line in log:
                # The last line may be half written.
                if f'"{namespace}"' not in line or not line.endswith("\n"):
                    continue
                event = _parsed(line)
                reference = event.get("objectRef", {})
                if (
                    event.get("verb") == verb
                    and reference.get("resource") == resource
                    and "subresource" not in reference
                    and reference.get("namespace") == namespace
                ):
                    yield event


def _parsed(line: str) -> Object:
    """Parse a line; where a server was killed in the middle of one, the next one follows in it."""
    try:
        return dict(json.loads(line[line.rfind(BEGIN) :]))
    except ValueError:
        return {}


def _seconds_of(stamp: str) -> float:
    return datetime.datetime.fromisoformat(stamp).timestamp()
