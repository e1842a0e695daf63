"""What is made of scanners' findings: waived with a reason or open, and never silent."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from scanners.environments import GO, LOCKS, PYTHON, version_of
from scanners.finding import CANARY, Finding, ScannerError, without_canary
from scanners.objects import build_canary, pods_of, rendered_objects
from scanners.running import json_of, run
from scanners.waivers import Waiver, judge, read_waivers

FINDING = Finding("bandit", "B404", "tools/testrun.py:9", "import of subprocess")

WAIVER = Waiver("bandit", "B404", "tools/*", "it runs programs by fixed lists")


@pytest.mark.parametrize(
    ("waiver", "waived"),
    [
        pytest.param(WAIVER, True, id="covers"),
        pytest.param(Waiver("bandit", "B404", "*", "x"), True, id="anywhere"),
        pytest.param(Waiver("bandit", "B404", "operator/*", "x"), False, id="another-place"),
        pytest.param(Waiver("bandit", "B405", "*", "x"), False, id="another-rule"),
        pytest.param(Waiver("semgrep", "B404", "*", "x"), False, id="another-scanner"),
    ],
)
def test_a_waiver_covers_its_rule_in_its_place(waiver: Waiver, waived: bool) -> None:
    """Would break: a waiver for a tool at a builder's excuses the same thing in a pod."""
    judged = judge([FINDING], [waiver])
    assert (len(judged.waived), len(judged.open)) == ((1, 0) if waived else (0, 1))


def test_a_waiver_that_nothing_needs_is_told() -> None:
    """Would break: what was mended comes back, and its old excuse covers it."""
    assert judge([], [WAIVER]).unused == [WAIVER]


def test_waivers_of_a_scanner_that_did_not_run_are_kept() -> None:
    """Would break: a machine without network asks for a waiver to be removed that CI needs."""
    assert judge([], [WAIVER], silent=["bandit"]).unused == []


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param({"reason": " "}, id="empty-reason"),
        pytest.param({"reason": None}, id="no-reason"),
        pytest.param({"until": "2027"}, id="more"),
    ],
)
def test_a_waiver_without_a_reason_is_refused(tmp_path: Path, entry: dict[str, str | None]) -> None:
    """Would break: findings go away without anybody saying why."""
    whole = {"scanner": "bandit", "rule": "B404", "where": "*", "reason": "so", **entry}
    file = tmp_path / "waivers.yaml"
    file.write_text(yaml.safe_dump([{k: v for k, v in whole.items() if v is not None}]))
    with pytest.raises(ValueError, match="a waiver has"):
        read_waivers(file)


def test_the_waivers_of_this_repository_are_well_formed() -> None:
    """Would break: the command fails after a minute of scanning."""
    assert len({(each.scanner, each.rule, each.where) for each in read_waivers()}) == len(
        read_waivers()
    )


def test_a_scanner_that_lets_the_canary_pass_is_blind() -> None:
    """Would break: a scanner that looks at nothing reports no finding, and all is green."""
    canary = Finding("checkov", "CKV_K8S_16", f"Pod/{CANARY}", "privileged")
    assert without_canary("checkov", [canary]) == []
    with pytest.raises(ScannerError, match="blind"):
        without_canary("checkov", [])
    with pytest.raises(ScannerError, match="blind"):
        without_canary("bandit", [FINDING])


@pytest.mark.parametrize("scanner", [*PYTHON, *GO])
def test_every_scanner_is_pinned(scanner: str) -> None:
    """Would break: what CI finds changes from one day to the next."""
    assert version_of(scanner)[0].isdigit()


@pytest.mark.parametrize("scanner", PYTHON)
def test_every_package_of_a_scanner_has_a_hash(scanner: str) -> None:
    """Would break: whoever can put a package into an index runs code at the builder's."""
    statements = (LOCKS / f"{scanner}.txt").read_text().replace("\\\n", " ").splitlines()
    assert [line for line in statements if "--hash=sha256:" not in line] == []


def test_a_scanner_that_breaks_is_not_one_that_found_nothing() -> None:
    """Would break: a scanner that cannot start counts as clean."""
    with pytest.raises(ScannerError, match="ended with 2"):
        run("some", ["sh", "-c", "exit 2"])
    with pytest.raises(ScannerError, match="no JSON"):
        json_of("some", "")


def test_all_that_is_applied_is_scanned() -> None:
    """Would break: a kind that no scanner is shown."""
    kinds = [each["kind"] for each in rendered_objects()]
    assert kinds.count("Job") >= 4
    assert kinds.count("NetworkPolicy") == 4
    assert {"Deployment", "ClusterRole", "Role", "ServiceAccount", "Namespace"} <= set(kinds)
    names = [(each["kind"], each["metadata"]["name"]) for each in rendered_objects()]
    assert len(set(names)) == len(names)


def test_every_pod_is_shown_to_the_scanner_that_knows_only_pods() -> None:
    """Would break: kubesec looks at the operator alone, for it does not know Jobs."""
    objects = rendered_objects()
    pods = [pod["metadata"]["name"] for pod in pods_of(objects)]
    assert len(pods) == sum(each["kind"] in ("Job", "Deployment") for each in objects)
    assert all(pod["kind"] == "Pod" and pod["spec"]["containers"] for pod in pods_of(objects))
    assert build_canary()["metadata"]["name"] not in pods
