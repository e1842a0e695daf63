"""What the API server refuses is said as a right, a policy, a field or an outage."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from images.build import REPOSITORY
from pdf_security_operator.plugin import errors
from pdf_security_operator.plugin.refusals import refusal_of
from pdf_security_operator.plugin.resources import JOBS, PODS, path_of
from pdf_security_operator.plugin.rights import ROLES, missing_right_of

LIST = (
    'pdfsecurityjobs.pdfsecurity.dev is forbidden: User "jane" cannot list resource '
    '"pdfsecurityjobs" in API group "pdfsecurity.dev" in the namespace "legal"'
)
LIST_ALL = LIST.replace('in the namespace "legal"', "at the cluster scope")
LOG = 'pods "x" is forbidden: User "jane" cannot get resource "pods/log" in API group "" in the '
POLICY = (
    'pdfsecurityjobs.pdfsecurity.dev "x" is forbidden: ValidatingAdmissionPolicy '
    "'pdf-security-references' with binding 'pdf-security-references' denied request: you may "
    "not get the Secret s3"
)
BOUND = "--clusterrole=view --user=jane"


@pytest.mark.parametrize(
    ("code", "status", "error", "words"),
    [
        pytest.param(401, {}, errors.CredentialsError, "log in anew", id="expired"),
        pytest.param(
            403, {"message": LIST}, errors.ForbiddenError, f"{BOUND} -n legal", id="no-right"
        ),
        pytest.param(
            403,
            {"message": LIST_ALL},
            errors.ForbiddenError,
            f"clusterrolebinding NAME {BOUND}",
            id="no-right-anywhere",
        ),
        pytest.param(
            403,
            {"message": f'{LOG}namespace "legal"'},
            errors.ForbiddenError,
            "may not get pods/log in the namespace legal: the ClusterRole view",
            id="no-right-to-logs",
        ),
        pytest.param(
            403,
            {"message": POLICY},
            errors.RefusedError,
            "the policy pdf-security-references refuses it: you may not get the Secret s3",
            id="policy",
        ),
        pytest.param(
            403, {"message": "exceeded quota: q"}, errors.RefusedError, "delete", id="quota"
        ),
        pytest.param(
            422, {"message": "spec.input: Required"}, errors.RefusedError, "spec.input", id="field"
        ),
        pytest.param(
            404,
            {"message": "404 page not found"},
            errors.KindsMissingError,
            "install the operator",
            id="no-crd",
        ),
        pytest.param(
            404,
            {"message": 'pdfsecurityjobs "x" not found', "details": {"name": "x"}},
            errors.NotFoundError,
            "check -n",
            id="no-job",
        ),
        pytest.param(
            409,
            {"message": "exists", "reason": "AlreadyExists"},
            errors.ConflictError,
            "--generate-name",
            id="exists",
        ),
        pytest.param(409, {"message": "modified"}, errors.ConflictError, "again", id="changed"),
        pytest.param(410, {"message": "too old"}, errors.ExpiredError, "too old", id="gone"),
        pytest.param(429, {}, errors.UnreachableError, "try again", id="overloaded"),
        pytest.param(503, {}, errors.UnreachableError, "try again", id="starting"),
        pytest.param(418, {}, errors.ServerError, "answered 418", id="anything"),
    ],
)
def test_says_what_refuses_and_what_to_do(
    code: int, status: dict[str, Any], error: type[errors.ServerError], words: str
) -> None:
    """A person would be shown a status code, and be none the wiser."""
    found = refusal_of(code, status, of_ours=True)
    assert type(found) is error
    assert words in str(found)


def test_roles_are_those_of_the_manifests() -> None:
    """People would ask for a ClusterRole that does not have the right, or does not exist."""
    text = (REPOSITORY / "manifests" / "base" / "user-roles.yaml").read_text()
    roles = {
        role["metadata"]["name"]: (
            {
                (resource, verb)
                for rule in role["rules"]
                for resource in rule["resources"]
                for verb in rule["verbs"]
            },
            [label.rpartition("-")[2] for label in role["metadata"].get("labels", {})],
        )
        for role in yaml.safe_load_all(text)
    }
    for right, (name, wider) in ROLES.items():
        if name != "view":
            granted, aggregated = roles[name]
            assert right in granted
            assert (not wider and not aggregated) or wider in aggregated


def test_a_right_that_is_nobodys_is_not_made_up() -> None:
    """Who acts as another would be sent for a ClusterRole that does not allow it."""
    message = 'User "jane" cannot impersonate resource "users" in API group ""'
    missing = missing_right_of(message)
    assert missing
    assert "no ClusterRole of this product" in str(missing)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(
            path_of(JOBS, "legal", "contract-7"),
            "/apis/pdfsecurity.dev/v1alpha1/namespaces/legal/pdfsecurityjobs/contract-7",
            id="one",
        ),
        pytest.param(path_of(JOBS), "/apis/pdfsecurity.dev/v1alpha1/pdfsecurityjobs", id="all"),
        pytest.param(
            path_of(PODS, "legal", "p", "log"), "/api/v1/namespaces/legal/pods/p/log", id="log"
        ),
        pytest.param(
            path_of(PODS, "..", "../secrets/s3?x#y"),
            "/api/v1/namespaces/%2E%2E/pods/..%2Fsecrets%2Fs3%3Fx%23y",
            id="hostile",
        ),
    ],
)
def test_names_stay_within_their_segment(path: str, expected: str) -> None:
    """A name that was typed, or comes from a list, would ask for another object: a Secret."""
    assert path == expected
