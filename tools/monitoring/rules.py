"""The form of Prometheus' rules: recordings, alerts, groups. Knows no metric but the prefix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

PREFIX = "pdf_security_operator_"

RUNBOOKS = "https://pdfsecurity.dev/docs/runbooks/"
"""Where docs/runbooks is published: a page a file, a heading an alert."""

OF_ALL = "without (instance, pod)"
"""Replicas are summed up; whatever else a scrape adds, such as a cluster's name, stays."""

Severity = Literal["critical", "warning"]
"""`critical`: somebody gets up. `warning`: somebody looks at it the same day."""


@dataclass(frozen=True)
class Recording:
    """A series that is computed once for all who read it; named `level:metric:operations`."""

    record: str
    expr: str

    def to_dict(self) -> dict[str, Any]:
        """Give it as Prometheus reads it."""
        return {"record": self.record, "expr": self.expr}


@dataclass(frozen=True)
class Alert:
    """Something that somebody must act upon.

    Attributes:
        name: without the prefix that all have.
        expr: gives the series for which it holds.
        lasts: how long it must hold before anybody is told, as Prometheus writes it.
        severity: see there.
        summary: one line without values: it is what a telephone shows.
        description: what it means, with the value.
        page: the file of docs/runbooks, without its ending.
    """

    name: str
    expr: str
    lasts: str
    severity: Severity
    summary: str
    description: str
    page: str

    @property
    def alert(self) -> str:
        """The name that is shown, and the heading in the runbook."""
        return f"PdfSecurity{self.name}"

    def to_dict(self) -> dict[str, Any]:
        """Give it as Prometheus reads it."""
        return {
            "alert": self.alert,
            "expr": self.expr,
            "for": self.lasts,
            "labels": {"severity": self.severity},
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "runbook_url": f"{RUNBOOKS}{self.page}/#{self.alert.lower()}",
            },
        }


@dataclass(frozen=True)
class Group:
    """Rules that are evaluated one after the other, recordings first."""

    name: str
    alerts: Sequence[Alert] = field(default=())
    recordings: Sequence[Recording] = field(default=())

    @property
    def full_name(self) -> str:
        """The name among those of others."""
        return f"pdf-security-operator.{self.name}"

    @property
    def rules(self) -> list[Recording | Alert]:
        """All of them, in their order."""
        return [*self.recordings, *self.alerts]

    def to_dict(self) -> dict[str, Any]:
        """Give it as Prometheus reads it."""
        return {"name": self.full_name, "rules": [rule.to_dict() for rule in self.rules]}
