"""Each alert by Prometheus' own rule tests: fires after its time, and does not just below."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from monitoring.__main__ import COMPONENT
from monitoring.files import GROUPS
from monitoring.rules import Alert
from observability.alert_cases import CASES, Series, series_of

Json = dict[str, Any]

RULES = COMPONENT / "rules.yaml"

ALERTS = {alert.name: alert for group in GROUPS for alert in group.alerts}

LATE = 120
"""A minute by which everything that is going to fire has."""


def test_each_alert_has_a_case() -> None:
    """An alert that nobody has seen fire is a hope."""
    assert CASES.keys() == ALERTS.keys()


def test_prometheus_has_nothing_to_say(promtool: Path) -> None:
    """Prometheus would refuse the file, and with it all rules in it."""
    command = [str(promtool), "check", "rules", "--lint=all", "--lint-fatal", str(RULES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", CASES)
def test_an_alert_fires_in_its_time(promtool: Path, tmp_path: Path, name: str) -> None:
    """Too late, or never: nobody would be told. Too early: they would be told of nothing."""
    case, alert = CASES[name], ALERTS[name]
    done = _tested(promtool, tmp_path, [_silence_of(alert, case.fires, (case.at - 1, case.at))])
    # Of the two moments at which none is expected, one must not be silent.
    assert re.findall(r", time: (\w+),", done) == [_duration(case.at)]
    assert f'Labels:{{alertname="{alert.alert}"' in done
    assert f'severity="{alert.severity}"' in done
    # What a template that fails leaves behind.
    assert "<error expanding template" not in done
    assert "%!" not in done


@pytest.mark.parametrize("name", CASES)
def test_an_alert_is_quiet(promtool: Path, tmp_path: Path, name: str) -> None:
    """Just below, or by somebody else's fault: who is woken for nothing does not get up again."""
    case, alert = CASES[name], ALERTS[name]
    minutes = (1, case.at, case.at + 40, LATE)
    assert (
        _tested(promtool, tmp_path, [_silence_of(alert, each, minutes) for each in case.quiet])
        == ""
    )


def _silence_of(alert: Alert, series: Series, minutes: Iterable[int]) -> Json:
    """Build a test that expects nothing at some minutes."""
    return {
        "interval": "1m",
        "input_series": [
            {"series": series_of(selector), "values": samples}
            for selector, samples in series.items()
        ],
        "alert_rule_test": [
            {"eval_time": f"{minute}m", "alertname": alert.alert, "exp_alerts": []}
            for minute in minutes
        ],
    }


def _tested(promtool: Path, folder: Path, tests: list[Json]) -> str:
    """Run rule tests; return what failed, in promtool's words."""
    file = folder / "tests.yaml"
    document = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        # As Prometheus has them within a moment; else promtool takes them in any order.
        "group_eval_order": [group.full_name for group in GROUPS],
        "tests": tests,
    }
    file.write_text(json.dumps(document))
    command = [str(promtool), "test", "rules", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # 2 is for a file that it cannot read, which is no verdict.
    assert done.returncode in (0, 1), done.stderr
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _duration(minutes: int) -> str:
    """Write minutes as promtool does."""
    hours, left = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + (f"{left}m" if left else "")
