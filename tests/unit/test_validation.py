"""The offline check refuses what the API server refuses, and says where and why."""

from __future__ import annotations

import pytest

from invalid_resources import INVALID, VALID, Invalid, Manifest, job, security_class
from pdf_security_operator.api import PdfSecurityClass, PdfSecurityJob
from pdf_security_operator.cli.validation import (
    Violation,
    refusals_of,
    violations_of,
    without_nulls,
)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in INVALID])
def test_refuses(case: Invalid) -> None:
    """A manifest would pass the check and be refused by the cluster, or at the wrong field."""
    found = violations_of(case.manifest)
    assert any(one.field == case.field and case.message in one.message for one in found), found


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in INVALID])
def test_says_one_thing_once(case: Invalid) -> None:
    """One mistake would be reported as many, of which all but one mislead."""
    found = violations_of(case.manifest)
    assert len(found) <= 2, found
    assert len(set(found)) == len(found)
    assert all("\n" not in str(one) and len(str(one)) < 400 for one in found), found


@pytest.mark.parametrize("manifest", [pytest.param(m, id=name) for name, m in VALID.items()])
def test_accepts(manifest: Manifest) -> None:
    """A good manifest would be refused before it reached the cluster; the models agree."""
    assert violations_of(manifest) == []
    model = PdfSecurityJob if manifest["kind"] == "PdfSecurityJob" else PdfSecurityClass
    given = without_nulls(manifest)
    model.model_validate({key: given[key] for key in ("apiVersion", "kind", "spec")})


def test_ids_are_unique() -> None:
    """A case would hide another of its name."""
    assert len({case.id for case in INVALID}) == len(INVALID)


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=c.id) for c in INVALID if "hunter2" in str(c.manifest)]
)
def test_never_repeats_a_value(case: Invalid) -> None:
    """A password that was put into the manifest by mistake would get into a pipeline's log."""
    assert "hunter2" not in " ".join(map(str, violations_of(case.manifest)))


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        pytest.param({}, "kind", id="empty"),
        pytest.param({**job(), "kind": "Job"}, "kind", id="other-kind"),
        pytest.param({**job(), "kind": ["PdfSecurityJob"]}, "kind", id="kind-as-list"),
        pytest.param({**job(), "apiVersion": "batch/v1"}, "apiVersion", id="other-group"),
        pytest.param({**job(), "metadata": None}, "metadata.name", id="metadata-null"),
        pytest.param({**job(), "metadata": ["x"]}, "metadata.name", id="metadata-list"),
        pytest.param({**job(), "spec": "x"}, "spec", id="spec-text"),
        pytest.param({**job(), "spec": None}, "spec", id="spec-null"),
        pytest.param({**security_class(), "spec": []}, "spec", id="class-spec-list"),
    ],
)
def test_survives_what_is_no_resource(manifest: Manifest, expected: str) -> None:
    """A manifest that is far off would end the check with a traceback."""
    assert [violation.field for violation in violations_of(manifest)] == [expected]


def test_reports_all_that_is_wrong() -> None:
    """A user would correct one mistake a run."""
    wrong = job(backoffLimit=-1, priority=5000, colour="red")
    assert {violation.field for violation in violations_of(wrong)} == {
        "spec.backoffLimit",
        "spec.priority",
        "spec.colour",
    }


def test_reads_as_a_sentence() -> None:
    """A violation would be printed as a representation of an object."""
    assert str(Violation("spec.input", "must be given")) == "spec.input: must be given"
    assert str(Violation("", "must be given")) == "must be given"


def test_what_only_the_operator_refuses() -> None:
    """A pattern that is none would pass the check, and fail in the cluster."""
    manifest = job(operations=[{"redact": {"patterns": ["fine", "(Geheim"]}}])
    assert violations_of(manifest) == []
    (refusal,) = refusals_of(manifest)
    assert refusal.field == "spec.operations[0].redact.patterns"
    assert "not a regular expression" in refusal.message
    assert "Geheim" not in str(refusal)
    assert refusals_of(job()) == []
