"""What to do about a reason is known for every reason that there is, and written once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from images.build import REPOSITORY
from pdf_security_operator.admission import Scope
from pdf_security_operator.cli.advice import ADVICE, actions_of, advice_on
from pdf_security_operator.outcome import state_of
from pdf_security_operator.reasons import FINAL_REASONS
from pdf_security_processor.contract import ExitCode

PACKAGE = REPOSITORY / "operator" / "src" / "pdf_security_operator"

PLACES = {
    "JobRejected": 0,
    "JobWaits": 0,
    "JobWaitsForClass": 0,
    "JobWaitsForPlace": 0,
    "State": 1,
    "Obstacle": 2,
}
"""What carries a reason, and which of its arguments is one."""

PASSED_ON = {
    "rejection.reason",
    "wait.reason",
    "obstacle.reason",
    "reason",
    "*stuck",
}
"""Reasons that were given elsewhere, or are Kubernetes' own."""

NEEDS_NOTHING = {"Succeeded", "PodStarting", "PodRunning"}


def arguments() -> Iterator[tuple[str, ast.expr]]:
    """Give each expression by which the operator's code gives a reason, and where it stands."""
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and name in PLACES:
                last = len(node.args) - 1
                yield f"{path.name}:{node.lineno}", node.args[min(PLACES[name], last)]


def reasons() -> set[str]:
    """Name all reasons that are written in the operator's code."""
    found = set()
    for place, argument in arguments():
        match argument:
            case ast.Constant(value=str(reason)):
                found.add(reason)
            case ast.JoinedStr(values=[ast.FormattedValue(), ast.Constant(value=str(end))]):
                found |= {f"{prefix}{end}" for prefix in ("", "Namespace", "User")}
            case _:
                assert ast.unparse(argument) in PASSED_ON, f"{place}: a reason nobody can list"
    return found


def test_each_reason_of_the_operator_has_advice() -> None:
    """A job would fail or wait with a word that nobody explains."""
    known = actions_of("operator")
    assert len(Scope) == 3
    assert reasons() - set(known) - set(actions_of("processor")) == set()
    assert {"ConcurrencyLimit", "UserMemoryLimit", "NoDefaultClass", "InLine"} <= reasons()
    # The words that stand for what the Job does not say.
    ended = {"type": "Failed", "status": "True"}
    job = {"metadata": {"uid": "1"}, "status": {"conditions": [ended]}}
    terminated = {"name": "processor", "state": {"terminated": {"exitCode": 99}}}
    pod = {"status": {"containerStatuses": [terminated]}}
    assert {state_of(job, [], []).reason, state_of(job, [pod], []).reason} <= set(known)
    assert {entry.reason for entry in ADVICE} >= FINAL_REASONS


def test_no_advice_is_for_what_nobody_says() -> None:
    """A reason that was renamed would keep its advice, and the new name have none."""
    stray = set(actions_of("operator")) - reasons() - {"ProcessorFailed", "JobFailed"}
    assert stray == set()


@pytest.mark.parametrize("code", ExitCode, ids=lambda code: code.reason)
def test_each_exit_code_has_advice(code: ExitCode) -> None:
    """An exit code would be explained nowhere."""
    assert (advice_on(code.reason, has_run=True) is not None) is True
    assert bool(actions_of("processor")[code.reason]) is (code is not ExitCode.SUCCEEDED)


def test_only_what_goes_well_needs_nothing() -> None:
    """A reason would be in the table with nothing to do about it."""
    assert {entry.reason for entry in ADVICE if not entry.action} == NEEDS_NOTHING


def test_the_readme_of_the_processor_says_the_same() -> None:
    """Two tables would give different advice on the same exit code."""
    text = (REPOSITORY / "processor-image" / "README.md").read_text()
    rows = re.findall(r"^\| (\d+) \| (\w+) \| ?(.*?) ?\|$", text, re.MULTILINE)
    written = {reason: action.replace("`", "") for _, reason, action in rows}
    assert written == actions_of("processor")
    assert {int(code): reason for code, reason, _ in rows} == {
        int(code): code.reason for code in ExitCode
    }


@pytest.mark.parametrize(
    ("has_run", "words"),
    [
        pytest.param(False, "ask for less", id="refused-by-the-operator"),
        pytest.param(True, "split the document", id="ended-by-the-processor"),
    ],
)
def test_a_reason_that_two_give_is_told_apart(has_run: bool, words: str) -> None:
    """Whose job was refused for its limits would be told to split a document nobody opened."""
    advice = advice_on("LimitExceeded", has_run=has_run)
    assert advice
    assert words in advice.action
