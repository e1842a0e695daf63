"""The form of Grafana's dashboards. Knows no metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]

SCHEMA_VERSION = 41
"""That of Grafana 12; later ones bring it to their own when they load it."""

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
"""Whichever the reader chooses."""

COLUMNS = 24
"""Width of a dashboard, in Grafana's units."""

HEIGHT = 8

SOFT_MAXIMA = {"short": 1, "ops": 1, "reqps": 1, "percentunit": 0.05}
"""How far an axis goes at least, by unit: of nothing but zeros, Grafana would draw it up to 100."""

Kind = Literal["stat", "timeseries", "heatmap", "state-timeline"]


@dataclass(frozen=True)
class Query:
    """What is asked, and what its series are called; `{{label}}` stands for a label's value."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """One picture.

    Attributes:
        title: what is seen.
        description: what it means, and what to look for.
        unit: of Grafana's, such as `s`, `bytes`, `percentunit`; `short` for plain numbers.
        queries: what is drawn.
        width: of 24.
        kind: of Grafana's panels.
        bounds: value -> colour from there on; the first is the lowest.
        stacked: whether series are put on top of each other.
    """

    title: str
    description: str
    unit: str
    queries: Sequence[Query]
    width: int = 8
    kind: Kind = "timeseries"
    bounds: Sequence[tuple[float | None, str]] = ((None, "green"),)
    stacked: bool = False


@dataclass(frozen=True)
class Row:
    """Panels under one heading."""

    title: str
    panels: Sequence[Panel]


def build_panels(rows: Sequence[Row]) -> list[Json]:
    """Place panels from left to right, row by row, and number them."""
    found: list[Json] = []
    top = 0
    for row in rows:
        found.append(_row(row.title, len(found) + 1, top))
        top, left = top + 1, 0
        for panel in row.panels:
            if left + panel.width > COLUMNS:
                top, left = top + HEIGHT, 0
            place = {"h": HEIGHT, "w": panel.width, "x": left, "y": top}
            found.append(_panel(panel, len(found) + 1, place))
            left += panel.width
        top += HEIGHT
    return found


def _row(title: str, number: int, top: int) -> Json:
    place = {"h": 1, "w": COLUMNS, "x": 0, "y": top}
    return {
        "id": number,
        "type": "row",
        "title": title,
        "gridPos": place,
        "collapsed": False,
        "panels": [],
    }


def _panel(panel: Panel, number: int, place: Json) -> Json:
    targets = [
        {
            "refId": chr(ord("A") + index),
            "datasource": DATASOURCE,
            "editorMode": "code",
            "expr": query.expr,
            "legendFormat": query.legend or "__auto",
            "format": "heatmap" if panel.kind == "heatmap" else "time_series",
            # The value now is enough for a number; a curve needs all of them.
            "instant": panel.kind == "stat",
            "range": panel.kind != "stat",
        }
        for index, query in enumerate(panel.queries)
    ]
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": DATASOURCE,
        "gridPos": place,
        "targets": targets,
        "fieldConfig": {"defaults": _field(panel), "overrides": []},
        "options": _OPTIONS[panel.kind],
    }


def _field(panel: Panel) -> Json:
    steps = [{"value": value, "color": colour} for value, colour in panel.bounds]
    field: Json = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.kind == "stat":
        field["color"] = {"mode": "thresholds"}
    if panel.kind == "timeseries":
        field["min"] = 0
        field["color"] = {"mode": "palette-classic"}
        field["custom"] = {
            "drawStyle": "line",
            "fillOpacity": 20 if panel.stacked else 0,
            "lineWidth": 1,
            "showPoints": "never",
            "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
            # A line at the bound, where there is one.
            "thresholdsStyle": {"mode": "line" if len(panel.bounds) > 1 else "off"},
        }
        if panel.unit in SOFT_MAXIMA:
            field["custom"]["axisSoftMax"] = SOFT_MAXIMA[panel.unit]
    return field


_LEGEND = {"displayMode": "list", "placement": "bottom", "showLegend": True}

_OPTIONS: dict[Kind, Json] = {
    "stat": {
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": "auto",
    },
    "timeseries": {"legend": _LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}},
    "heatmap": {
        "calculate": False,
        "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64},
        "tooltip": {"mode": "single"},
        "yAxis": {"unit": "s"},
    },
    "state-timeline": {"legend": _LEGEND, "mergeValues": True, "showValue": "never"},
}
