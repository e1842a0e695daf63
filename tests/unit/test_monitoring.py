"""The monitoring files are current, their alerts have runbooks, and each reason is somebody's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitoring.__main__ import COMPONENT
from monitoring.dashboard import build_dashboard
from monitoring.files import GROUPS, build_files
from monitoring.objectives import OPERATORS_FAULTS, START_SECONDS
from monitoring.operator_alerts import REPLICAS, RESYNC_SECONDS
from monitoring.outcome_alerts import FULL_LINES
from monitoring.rules import RUNBOOKS, Alert
from pdf_security_operator.audit.log import MOST_PENDING
from pdf_security_operator.metrics import JOB_BUCKETS, OTHER
from pdf_security_operator.reasons import FINAL_REASONS
from pdf_security_operator.settings import Settings

REPOSITORY = Path(__file__).parents[2]
PAGES = REPOSITORY / "docs" / "runbooks"

ALERTS = [alert for group in GROUPS for alert in group.alerts]

OTHERS_FAULTS = frozenset(
    {
        "Succeeded",
        # What was asked for, or that may not be.
        "EncryptionNotAllowed",
        "EndpointNotAllowed",
        "InvalidSpec",
        "LimitExceeded",
        "LimitTooSmall",
        "NameConflict",
        "OperationNotAllowed",
        "OperationRequired",
        "QueueNotAllowed",
        # The document.
        "DigestMismatch",
        "DocumentSigned",
        "InputDamaged",
        "InputEmpty",
        "InputTooLarge",
        "NotAPdf",
        "PasswordRequired",
        "PasswordUnusable",
        "PathRefused",
        "SealViolated",
        "UnsupportedEncryption",
        "VisualChange",
        "WrongPassword",
        # The store, and what opens it.
        "AccessDenied",
        "CertificateRefused",
        "CredentialsIncomplete",
        "InputChanged",
        "InputNotFound",
        "OutputExists",
        "OutputFull",
        "OutputNotEncrypted",
        "OutputNotFound",
        "SourceRefused",
        "StorageUnavailable",
        # How much the class gives; or somebody who deleted the Job.
        "DeadlineExceeded",
        "JobDeleted",
        "OutOfMemory",
        "ScratchFull",
    }
)
"""Final reasons that are no error of the objective's."""


@pytest.mark.parametrize("name", build_files())
def test_files_are_current(name: str) -> None:
    """What is applied would not be what is tested: `make generate`."""
    assert (COMPONENT / name).read_text() == build_files()[name]


def test_each_reason_is_somebodys() -> None:
    """A new reason would be nobody's error, and the objective be met whatever happens."""
    ours = set(OPERATORS_FAULTS)
    assert ours | OTHERS_FAULTS == FINAL_REASONS | {OTHER}
    assert not ours & OTHERS_FAULTS


def test_each_alert_has_its_runbook() -> None:
    """Whoever is woken would be led nowhere; or a page tell of an alert that never comes."""
    told = {
        f"{RUNBOOKS}{path.stem}/#{heading.lower()}"
        for path in PAGES.glob("*.md")
        for heading in re.findall(r"^## (PdfSecurity\w+)$", path.read_text(), re.MULTILINE)
    }
    assert told == {_annotations_of(alert)["runbook_url"] for alert in ALERTS}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_an_alert_says_what_it_is_about(alert: Alert) -> None:
    """A name and a number at three in the morning: what they mean must stand beside them."""
    annotations = _annotations_of(alert)
    assert annotations["summary"].endswith(".")
    assert "{{" not in annotations["summary"]
    # What is absent has no value.
    assert "$value" in annotations["description"] or alert.expr.startswith("absent(")
    assert alert.severity in ("critical", "warning")


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_a_runbook_says_what_to_do(alert: Alert) -> None:
    """A page without commands is one that is read and closed."""
    text = (PAGES / f"{alert.page}.md").read_text()
    section = text.split(f"## {alert.alert}\n")[1].split("\n## ")[0]
    for part in ("**Means.**", "**Look.**", "**Do.**", "**Escalate.**"):
        assert part in section
    assert "```sh" in section


def test_numbers_are_those_of_the_operator() -> None:
    """A bound that the operator does not have would be reached never, or always."""
    assert START_SECONDS in JOB_BUCKETS
    assert FULL_LINES == MOST_PENDING / 2
    assert 3 * Settings.resync_seconds == RESYNC_SECONDS
    assert (
        f"replicas: {REPLICAS}\n"
        in (REPOSITORY / "manifests" / "base" / "deployment.yaml").read_text()
    )


def test_panels_are_described_and_do_not_overlap() -> None:
    """Grafana shows one of two panels in one place; a number without a unit says little."""
    taken: set[tuple[int, int]] = set()
    panels = build_dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not taken & cells
        assert max(x for x, _ in cells) < 24
        taken |= cells
        if panel["type"] != "row":
            assert panel["description"]
            assert panel["fieldConfig"]["defaults"]["unit"]
            assert panel["datasource"]["uid"] == "${datasource}"
            assert all(
                target["datasource"]["uid"] == "${datasource}" for target in panel["targets"]
            )


def _annotations_of(alert: Alert) -> dict[str, str]:
    annotations: dict[str, str] = alert.to_dict()["annotations"]
    return annotations
