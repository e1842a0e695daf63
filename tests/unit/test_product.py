"""How tests and demonstration install is said once, and a way that there is not is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.errors import RefusedError
from product import install_by_helm, install_by_kustomize, release_arguments, way_to_install


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
