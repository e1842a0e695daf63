"""A real Prometheus and a real operator: targets, recordings, an alert, and what panels ask."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from e2e_support import wait_for
from monitoring.files import GROUPS
from monitoring.panels import Panel, Query
from monitoring.rows import build_rows
from observability.scene import SHORTENED, Watched, filled

Json = dict[str, Any]

RATE_INTERVAL = "5m"

OF_SCRAPES = frozenset({"job", "instance", "pod"})
"""Labels that Prometheus adds."""

PANELS = [
    pytest.param(panel, query, id=f"{row.title}: {panel.title} {number}")
    for row in build_rows()
    for panel in row.panels
    for number, query in enumerate(panel.queries)
]

RECORDINGS = [recording.record for group in GROUPS for recording in group.recordings]


def test_targets_are_scraped(watched: Watched) -> None:
    """The operator's answer would be none that Prometheus understands."""
    assert watched.prometheus.healthy_targets() == len(watched.operators)
    assert watched.prometheus.unhealthy_rules() == {}


@pytest.mark.parametrize("record", RECORDINGS)
def test_a_recording_has_a_value(watched: Watched, record: str) -> None:
    """An alert that compares nothing with a bound never fires."""
    wait_for(lambda: watched.prometheus.numbers(record), f"{record} has a value", 30)


def test_what_is_recorded_is_true(watched: Watched) -> None:
    """Numbers that are wrong would be believed, for nobody counts again."""
    ask = watched.prometheus.numbers
    # Refused by their own specs: no fault of ours.
    assert ask("operator:pdf_security_operator_jobs_at_fault:ratio_rate5m") == [0]
    assert ask("operator:pdf_security_operator_jobs_started_late:ratio_rate5m") == [0]
    assert ask("operator:pdf_security_operator_leader:min") == [1]
    # The one that has never led says so: of a shard that nobody ever led, nobody else would.
    assert sorted(ask("pdf_security_operator_leader")) == [0, 1]
    assert ask('pdf_security_operator_jobs_held{reason="ClassInvalid"} > 0') == [1]
    assert ask('min by (class) (pdf_security_operator_class_accepted{class="unfit"})') == [0]
    used = ask(
        "process_resident_memory_bytes / on (job, instance) "
        "(pdf_security_operator_memory_limit_bytes > 0)"
    )
    assert len(used) == 2
    assert all(0.05 < part < 1 for part in used)


def test_an_alert_fires_and_ends(watched: Watched) -> None:
    """All parts may be right by themselves, and nobody be told when the operator stops."""
    state = watched.prometheus.state_of
    assert state(SHORTENED) == "inactive"
    watched.steal_lease()
    try:
        wait_for(lambda: state(SHORTENED) == "firing", f"{SHORTENED} fires", 60)
    finally:
        watched.return_lease()
    wait_for(lambda: state(SHORTENED) == "inactive", f"{SHORTENED} ends", 60)


@pytest.mark.parametrize(("panel", "query"), PANELS)
def test_a_panel_shows_something(watched: Watched, panel: Panel, query: Query) -> None:
    """A panel without data looks like an operator without work."""
    expr = filled(query.expr, RATE_INTERVAL)
    wait_for(lambda: watched.prometheus.numbers(expr), f"{panel.title} has data", 30)


def test_all_that_is_asked_for_is_exposed(watched: Watched) -> None:
    """A metric that was renamed, or a label that is none, makes a rule that never holds."""
    recorded = {record: set[str]() for record in RECORDINGS}
    exposed = _exposed_labels(watched.exposed())
    asked = [rule.expr for group in GROUPS for rule in group.rules]
    asked += [
        filled(query.expr, RATE_INTERVAL)
        for row in build_rows()
        for panel in row.panels
        for query in panel.queries
    ]
    for expr in asked:
        tree = watched.prometheus.parse(expr)
        selectors = list(_selectors(tree))
        assert selectors
        for selector in selectors:
            assert selector["name"] in exposed.keys() | recorded.keys(), expr
            labels = {matcher["name"] for matcher in selector["matchers"]} - {"__name__"}
            assert labels <= exposed.get(selector["name"], set()) | OF_SCRAPES, expr
        known = set[str]().union(*(exposed.get(each["name"], ()) for each in selectors))
        assert _grouped_by(tree) <= known | OF_SCRAPES, expr


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        ("pdf_security_operator_jobs_lost", "name"),
        ('pdf_security_operator_leader{replica="a"}', "label"),
    ],
)
def test_what_is_not_exposed_is_noticed(watched: Watched, expr: str, message: str) -> None:
    """The test above would find nothing, whatever is asked for."""
    exposed = _exposed_labels(watched.exposed())
    [selector] = _selectors(watched.prometheus.parse(expr))
    labels = {matcher["name"] for matcher in selector["matchers"]} - {"__name__"}
    if message == "name":
        assert selector["name"] not in exposed
    else:
        assert not labels <= exposed[selector["name"]] | OF_SCRAPES


@pytest.mark.parametrize(("panel", "query"), PANELS)
def test_a_legend_names_what_is_there(watched: Watched, panel: Panel, query: Query) -> None:
    """Curves would all bear the same name, and nobody know which is which."""
    wanted = set(re.findall(r"{{(\w+)}}", query.legend))
    for series in watched.prometheus.query(filled(query.expr, RATE_INTERVAL)):
        assert wanted <= series["metric"].keys(), panel.title


def _exposed_labels(text: str) -> dict[str, set[str]]:
    """Give the labels of every series, by its name."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def _nodes(tree: Any) -> Iterator[Json]:
    if isinstance(tree, dict):
        yield tree
        for below in tree.values():
            yield from _nodes(below)
    elif isinstance(tree, list):
        for below in tree:
            yield from _nodes(below)


def _selectors(tree: Json) -> Iterator[Json]:
    return (
        node for node in _nodes(tree) if node.get("type") in ("vectorSelector", "matrixSelector")
    )


def _grouped_by(tree: Json) -> set[str]:
    """Give the labels that an expression sums over or matches by."""
    found: set[str] = set()
    for node in _nodes(tree):
        found.update(node.get("grouping") or ())
        matching = node.get("matching")
        if isinstance(matching, dict):
            found.update(matching.get("labels") or ())
    return found
