"""`python -m observability.picture`: `docs/images/dashboard.png`, from a real Prometheus.

Drawn in Chromium by the components that Grafana publishes of itself. Asserts nothing.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from browser import browser
from controlplane import ControlPlane, control_plane
from controlplane.operator_process import build_job, create, install
from e2e_support import wait_for
from images.build import REPOSITORY
from monitoring.__main__ import COMPONENT
from observability.grafana import build_page
from observability.prometheus_server import PrometheusServer
from observability.scene import filled, watched

Json = dict[str, Any]

PICTURE = REPOSITORY / "docs" / "images" / "dashboard.png"

WIDTH = 1600
"""Of the picture, in pixels."""

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


def main() -> int:
    """Draw the dashboard anew."""
    with tempfile.TemporaryDirectory(prefix="picture-") as folder:
        place = Path(folder)
        with control_plane(place / "plane", fake_nodes=2, pod_seconds=2) as plane:
            install(plane, concurrency={"total": AT_ONCE})
            with watched(plane, place / "watched") as scene:
                _work(plane)
                shown = _shown(scene.prometheus, time.time())
        page = build_page(shown, place / "page")
        with browser(place / "browser") as tab:
            tab.show(dark=True, width=WIDTH)
            tab.open(page.as_uri())
            wait_for(lambda: tab.value("document.querySelectorAll('main canvas').length"), "curves")
            PICTURE.write_bytes(tab.screenshot(whole=True))
            sys.stdout.writelines(f"{each}\n" for each in tab.complaints)
    sys.stdout.write(f"drew {PICTURE.relative_to(REPOSITORY)}\n")
    return 0


def _work(plane: ControlPlane) -> None:
    """Let jobs come in waves."""
    for wave, jobs in enumerate(JOBS_OF_WAVES):
        sys.stdout.write(f"wave {wave + 1} of {len(JOBS_OF_WAVES)}: {jobs} jobs\n")
        sys.stdout.flush()
        create(plane, *(build_job(f"wave-{wave}-{number}") for number in range(jobs)))
        time.sleep(WAVE_SECONDS)


def _shown(server: PrometheusServer, end: float) -> Json:
    """Give what the page draws: the panels, and what Prometheus answers to what each asks."""
    start = end - SHOWN_SECONDS
    panels = json.loads((COMPONENT / "dashboard.json").read_text())["panels"]
    answers = {
        panel["id"]: [_answer(server, target, start, end) for target in panel["targets"]]
        for panel in panels
        if panel["type"] != "row"
    }
    return {"panels": panels, "answers": answers, "from": start * 1000, "to": end * 1000}


def _answer(server: PrometheusServer, target: Json, start: float, end: float) -> Json:
    expr = filled(target["expr"], RATE_INTERVAL)
    series = server.query_range(expr, start, end, STEP_SECONDS)
    if len(series) > LEGENDS and target["format"] != "heatmap":
        # Those that have nothing to show but that they are there.
        series = [each for each in series if _says_something(each)] or series[:1]
    return {"legend": target.get("legendFormat", ""), "series": series}


def _says_something(series: Json) -> bool:
    return any(float(value) for _, value in series["values"])


if __name__ == "__main__":
    sys.exit(main())
