"""How tests and demonstration install is said once, and a way that there is not is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.errors import CommandFailedError, RefusedError
from product import (
    await_definition,
    install_by_helm,
    install_by_kustomize,
    release_arguments,
    way_to_install,
)


@pytest.mark.parametrize(
    ("environment", "way"),
    [
        pytest.param({}, install_by_kustomize, id="default"),
        pytest.param({"PDF_SECURITY_INSTALL": "kustomize"}, install_by_kustomize, id="kustomize"),
        pytest.param({"PDF_SECURITY_INSTALL": "helm"}, install_by_helm, id="helm"),
    ],
)
def test_way(environment: dict[str, str], way: object) -> None:
    """Would break: both runs of the suite install in the same way, and one way is never tried."""
    assert way_to_install(environment) is way


def test_no_way() -> None:
    """Would break: a typing error tries the default twice."""
    with pytest.raises(RefusedError, match=r"(?s)PDF_SECURITY_INSTALL is 'Helm'.*kustomize, helm"):
        way_to_install({"PDF_SECURITY_INSTALL": "Helm"})


def test_release_is_of_its_checkout() -> None:
    """Would break: an upgrade installs the chart that was there before."""
    arguments = release_arguments("localhost/a@sha256:b", Path("/old"))
    assert "/old/charts/pdf-security-operator" in arguments
    assert {"image.repository=localhost/a", "image.digest=sha256:b"} <= set(arguments)


class _Kubectl:
    """Fails as long as it is told to."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, *arguments: str, **_: str) -> str:
        self.asked.append(arguments)
        if len(self.asked) <= self.failures:
            raise CommandFailedError("accessor error: <nil> is of the type <nil>", "")
        return ""


def test_a_definition_that_is_a_moment_old_is_waited_for() -> None:
    """Would break: an installation ends with an error because the API server was asked at once."""
    kubectl = _Kubectl(2)
    await_definition(kubectl, "-f", "kinds.yaml")
    assert len(kubectl.asked) == 3
    assert kubectl.asked[-1][-2:] == ("-f", "kinds.yaml")


def test_a_definition_that_is_never_served_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would hang."""
    monkeypatch.setattr("product.SERVED_SECONDS", 0.5)
    with pytest.raises(CommandFailedError, match="accessor"):
        await_definition(_Kubectl(10**6), "crd/any")
