"""Fixtures of the end-to-end tests alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api_client import Api
from operator_scene import open_api
from product import Installation


@pytest.fixture(scope="session")
def api(installation: Installation) -> Iterator[Api]:
    """The API server of the cluster in which the operator runs."""
    with open_api(installation.cluster) as opened:
        yield opened
