"""Jobs submitted, compared, run again and cancelled, as somebody with an author's rights."""

from __future__ import annotations

import pytest

from controlplane.operator_process import build_job
from pdf_security_operator.names import SUBMITTER_ANNOTATION
from plugin.conftest import Place, Until, end_pod
from plugin.person import Object, Person, phases_in

NAME = "pdfsecurityjob.pdfsecurity.dev/"


def jobs(place: Place) -> dict[str, Object]:
    """Read the PdfSecurityJobs of a namespace by name."""
    found = place.administrator.list("pdfsecurityjobs", place.namespace)
    return {body["metadata"]["name"]: body for body in found}


def test_a_job_is_submitted_and_waited_for(place: Place, author: Person) -> None:
    """A pipeline would go on before its document is done, or never."""
    file = author.write("job.yaml", build_job("one", place.namespace))
    ended = author.run("submit", "-f", file, "--wait", "--timeout=60s")
    assert ended.status == 0, ended.err
    assert ended.lines[0] == f"{NAME}one created"
    assert phases_in(ended.lines[1:])[-1] == "Succeeded"
    again = author.run("submit", "-f", file)
    assert (again.status, again.out) == (6, "")
    assert "--generate-name" in again.err


def test_standard_input_and_generated_names(place: Place, author: Person) -> None:
    """One manifest could be submitted once only."""
    file = author.write("job.yaml", build_job("one", place.namespace))
    with open(file) as manifest:  # noqa: PTH123
        text = manifest.read()
    for _ in range(2):
        ended = author.run("submit", "-f", "-", "--generate-name", stdin=text)
        assert ended.status == 0, ended.err
    assert len(jobs(place)) == 2
    assert all(name.startswith("one-") for name in jobs(place))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        pytest.param("client", "created (dry run)", id="client"),
        pytest.param("server", "created (server dry run)", id="server"),
    ],
)
def test_a_dry_run_keeps_nothing(place: Place, author: Person, kind: str, words: str) -> None:
    """A rehearsal would process documents."""
    file = author.write("job.yaml", build_job("one", place.namespace))
    ended = author.run("submit", "-f", file, f"--dry-run={kind}", "--wait")
    assert (ended.status, ended.lines) == (0, [f"{NAME}one {words}"])
    assert jobs(place) == {}


def test_what_lint_refuses_is_not_sent(place: Place, author: Person) -> None:
    """A misplaced password would go into the API server's audit log."""
    body = build_job("one", place.namespace, operation=[{"decrypt": {"password": "Geheim-7391"}}])
    ended = author.run("submit", "-f", author.write("job.yaml", body))
    assert ended.status == 3
    assert "spec.operation: unknown field" in ended.out
    assert "Geheim-7391" not in ended.out + ended.err
    assert jobs(place) == {}


def test_a_policys_refusal_says_why(place: Place, author: Person) -> None:
    """An author would not be told which Secret it is that he may not use."""
    reference = {"passwordSecretRef": {"name": "others", "key": "user"}}
    body = build_job("one", place.namespace, operations=[{"decrypt": reference}])
    ended = author.run("submit", "-f", author.write("job.yaml", body))
    assert ended.status == 3
    assert "the policy pdf-security-references refuses it" in ended.err
    assert jobs(place) == {}


def test_a_diff_tells_what_would_change(place: Place, author: Person) -> None:
    """A change would be applied unseen, or a refusal be met only then."""
    file = author.write("job.yaml", build_job("one", place.namespace))
    new = author.run("diff", "-f", file)
    assert new.status == 1
    assert "+  name: one" in new.lines
    author.run("submit", "-f", file)
    assert (author.run("diff", "-f", file).status, list(jobs(place))) == (0, ["one"])
    changes: list[tuple[dict[str, object], int]] = [
        ({"ttlSecondsAfterFinished": 900}, 1),
        ({"backoffLimit": 2}, 3),
    ]
    for fields, status in changes:
        other = author.write("other.yaml", build_job("one", place.namespace, **fields))
        ended = author.run("diff", "-f", other)
        [(field, value)] = fields.items()
        assert (ended.status, f"+  {field}: {value}" in ended.lines) == (status, True), ended
        assert ("is immutable" in ended.err) is (status == 3)
    assert "ttlSecondsAfterFinished" not in jobs(place)["one"]["spec"]


def test_a_rerun_is_a_job_of_its_own(place: Place, author: Person) -> None:
    """The copy would be pruned with what Argo CD tracks, or be in its old author's name."""
    body = build_job("one", place.namespace)
    tracking = {"argocd.argoproj.io/tracking-id": "app:x", "note": "kept"}
    body["metadata"]["annotations"] = tracking
    place.create(body)
    ended = author.run("rerun", "one", "--wait", "--timeout=60s")
    assert ended.status == 0, ended.err
    [copy] = [body for name, body in jobs(place).items() if name != "one"]
    author_name = f"system:serviceaccount:{place.namespace}:author"
    assert copy["metadata"]["annotations"] == {"note": "kept", SUBMITTER_ANNOTATION: author_name}
    assert copy["spec"] == jobs(place)["one"]["spec"]


def test_cancelling_stops_and_deletes_nothing(place: Place, author: Person, until: Until) -> None:
    """A job that was started by mistake would run on, or its record be gone."""
    file = author.write("job.yaml", place.stuck("big"))
    author.run("submit", "-f", file)
    until("big", "Running")
    ended = author.run("cancel", "big")
    assert (ended.status, ended.lines) == (0, [f"{NAME}big suspended"])
    until("big", "Suspended")
    assert '{"spec":{"suspend":false}}' in ended.err
    deleted = author.run("cancel", "big", "--delete")
    assert (deleted.lines, jobs(place)) == ([f"{NAME}big deleted"], {})


def test_what_ended_is_not_cancelled(place: Place, author: Person, until: Until) -> None:
    """A person would believe that he stopped what had ended long before."""
    author.run("submit", "-f", author.write("job.yaml", place.stuck("big")))
    until("big", "Running")
    end_pod(place, 27)
    until("big", "Failed")
    ended = author.run("cancel", "big")
    assert ended.lines == [f"{NAME}big has ended already: WrongPassword"]
    assert "suspend" not in jobs(place)["big"]["spec"]
