"""What all unit tests have in common."""

from __future__ import annotations

import pytest
import structlog


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    """Log as the operator does, and not in colours: a hundred tracebacks would take a minute."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    )
