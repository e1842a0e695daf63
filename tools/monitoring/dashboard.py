"""The dashboard as Grafana imports it: its frame and what the reader may choose. Pure."""

from __future__ import annotations

from monitoring.panels import DATASOURCE, SCHEMA_VERSION, Json, build_panels
from monitoring.rows import build_rows
from monitoring.rules import PREFIX


def build_dashboard() -> Json:
    """Build the dashboard, as Grafana imports it."""
    return {
        "uid": "pdf-security-operator",
        "title": "PDF security operator",
        "description": "Jobs, what they wait for, how they end, and how the operator is.",
        "tags": ["pdf-security"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": []},
        "templating": {"list": [_datasource(), _job()]},
        "panels": build_panels(build_rows()),
    }


def _datasource() -> Json:
    return {
        "type": "datasource",
        "name": "datasource",
        "label": "Prometheus",
        "query": "prometheus",
        "refresh": 1,
    }


def _job() -> Json:
    query = f"label_values({PREFIX}build_info, job)"
    return {
        "type": "query",
        "name": "job",
        "label": "Scrape job",
        "datasource": DATASOURCE,
        "query": {"query": query, "refId": "job"},
        "definition": query,
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "allValue": ".+",
        "current": {"text": ["All"], "value": ["$__all"]},
    }
