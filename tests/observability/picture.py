"""`python -m observability.picture`: `docs/images/dashboard.png`, from a real Prometheus.

Panels, queries, units and places are the dashboard's own; curves are drawn by matplotlib, for
Grafana is not run here. Asserts nothing.
"""

from __future__ import annotations

import json
import math
import re
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.ticker import FuncFormatter

from controlplane import ControlPlane, control_plane
from controlplane.operator_process import build_job, create, install
from images.build import REPOSITORY
from monitoring.__main__ import COMPONENT
from observability.prometheus_server import PrometheusServer
from observability.scene import filled, watched

Json = dict[str, Any]

Series = tuple[str, list[tuple[float, float]]]
"""A name, and points of seconds since 1970 and values."""

PICTURE = REPOSITORY / "docs" / "images" / "dashboard.png"

JOBS_OF_WAVES = (40, 15, 70, 25, 55, 10, 80, 30)

WAVE_SECONDS = 20

AT_ONCE = 12
"""Jobs of the class that run together, so that a wave has to stand in line."""

STEP_SECONDS = 2

SHOWN_SECONDS = 150

LEGENDS = 6
"""Series of a panel, before those that are zero all the time are left out."""

RATE_INTERVAL = "30s"
"""Instead of Grafana's `$__rate_interval`, which is four scrapes at least."""

PREFIXES = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def main() -> int:
    """Draw the dashboard anew."""
    began = time.time()
    with tempfile.TemporaryDirectory(prefix="picture-") as folder:
        place = Path(folder)
        with control_plane(place / "plane", fake_nodes=2, pod_seconds=2) as plane:
            install(plane, concurrency={"total": AT_ONCE})
            with watched(plane, place / "watched") as scene:
                _work(plane)
                figure = _drawn(scene.prometheus, began, time.time())
    figure.savefig(PICTURE, dpi=90, facecolor=figure.get_facecolor())
    sys.stdout.write(f"drew {PICTURE.relative_to(REPOSITORY)}\n")
    return 0


def _work(plane: ControlPlane) -> None:
    """Let jobs come in waves."""
    for wave, jobs in enumerate(JOBS_OF_WAVES):
        sys.stdout.write(f"wave {wave + 1} of {len(JOBS_OF_WAVES)}: {jobs} jobs\n")
        sys.stdout.flush()
        create(plane, *(build_job(f"wave-{wave}-{number}") for number in range(jobs)))
        time.sleep(WAVE_SECONDS)


def _drawn(server: PrometheusServer, start: float, end: float) -> Figure:
    panels = json.loads((COMPONENT / "dashboard.json").read_text())["panels"]
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    style.use("dark_background")
    mpl.rcParams.update({"font.size": 8, "axes.grid": True, "grid.alpha": 0.2})
    figure = Figure(figsize=(16, rows * 0.34), facecolor="#111217")
    grid = GridSpec(
        rows, 24, figure, left=0.055, right=0.99, top=0.995, bottom=0.01, wspace=3.2, hspace=0.9
    )
    for panel in panels:
        at = panel["gridPos"]
        if panel["type"] == "row":
            axes = figure.add_subplot(grid[at["y"], :])
            axes.axis("off")
            axes.text(0, 0, panel["title"], fontsize=12, weight="bold")
            continue
        # The last line of its place is its legend's.
        high = slice(at["y"] + 1, at["y"] + at["h"] - 1)
        axes = figure.add_subplot(grid[high, at["x"] : at["x"] + at["w"]], facecolor="#181b1f")
        axes.set_title(panel["title"], loc="left", fontsize=9)
        _draw(axes, panel, _series(server, panel, start, end), end)
    return figure


def _series(server: PrometheusServer, panel: Json, start: float, end: float) -> list[Series]:
    """Ask what a panel asks; give each series' name and its points."""
    found = []
    for target in panel["targets"]:
        expr = filled(target["expr"], RATE_INTERVAL)
        for series in server.query_range(expr, start, end, STEP_SECONDS):
            name = _name_of(target.get("legendFormat", ""), series["metric"])
            values = [(float(when), float(value)) for when, value in series["values"]]
            found.append((name, [point for point in values if not math.isnan(point[1])]))
    return [(name, points) for name, points in found if points]


def _name_of(legend: str, labels: Mapping[str, str]) -> str:
    """Say what Grafana would call a series."""
    return re.sub(
        r"{{(\w+)}}", lambda match: labels.get(match[1], ""), legend.replace("__auto", "")
    )


def _draw(axes: Axes, panel: Json, series: Sequence[Series], end: float) -> None:
    unit = panel["fieldConfig"]["defaults"].get("unit", "short")
    kind = panel["type"]
    if kind == "stat":
        _draw_numbers(axes, series, unit)
        return
    axes.set_xlim(end - SHOWN_SECONDS, end)
    marked = range(0, SHOWN_SECONDS + 1, 30)
    axes.set_xticks(
        [end - ago for ago in marked], [f"-{ago} s" if ago else "now" for ago in marked]
    )
    if kind == "heatmap":
        _draw_heat(axes, series)
        return
    if kind == "state-timeline":
        for row, (name, points) in enumerate(series):
            spans = [(when, STEP_SECONDS) for when, value in points if value]
            axes.broken_barh(spans, (row - 0.3, 0.6), color="#37872d")
            axes.text(end - SHOWN_SECONDS + STEP_SECONDS, row, name, va="center", fontsize=9)
        axes.set_yticks([])
        return
    if len(series) > LEGENDS:
        # Those that have nothing to show but that they are there.
        series = [each for each in series if any(value for _, value in each[1])] or series[:1]
    for name, points in series:
        axes.plot(*zip(*points, strict=True), label=name or panel["title"], linewidth=1.2)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _told(value, unit)))
    axes.set_ylim(bottom=0)
    if series:
        columns = min(len(series), 3)
        axes.legend(
            loc="upper left", bbox_to_anchor=(0, -0.13), ncols=columns, fontsize=7, frameon=False
        )


def _draw_numbers(axes: Axes, series: Sequence[Series], unit: str) -> None:
    axes.axis("off")
    for row, (name, points) in enumerate(series):
        text = f"{_told(points[-1][1], unit)}  {name}".strip()
        at = 1 - (row + 0.5) / len(series)
        size = 26 if len(series) == 1 else 11
        axes.text(0.5, at, text, ha="center", va="center", fontsize=size, color="#73bf69")


def _draw_heat(axes: Axes, series: Sequence[Series]) -> None:
    """Draw how many fell between a bucket's bound and the one before it."""
    buckets = sorted(series, key=lambda each: float(each[0]))
    times = sorted({when for _, points in buckets for when, _ in points})
    cumulated = [[dict(points).get(when, 0.0) for when in times] for _, points in buckets]
    below = [[0.0] * len(times), *cumulated]
    counts = [
        [max(0.0, upper - lower) for upper, lower in zip(high, low, strict=True)]
        for high, low in zip(cumulated, below, strict=False)
    ]
    axes.pcolormesh(times, range(len(buckets)), counts, cmap="inferno", shading="nearest")
    axes.set_yticks(range(len(buckets)), [f"≤ {name} s" for name, _ in buckets], fontsize=5)


def _told(value: float, unit: str) -> str:
    if unit == "percentunit":
        return f"{100 * value:.3g} %"
    if unit == "bytes":
        size, name = next((each for each in PREFIXES if value >= each[0]), (1, "B"))
        return f"{value / size:.3g} {name}"
    suffix = {"s": " s", "ops": "/s", "reqps": "/s"}.get(unit, "")
    return f"{value:.3g}{suffix}"


if __name__ == "__main__":
    sys.exit(main())
