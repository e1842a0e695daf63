"""Quantities mean what they mean to Kubernetes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdf_security_operator.api.quantity import amount_of


@pytest.mark.parametrize(
    ("quantity", "value"),
    [
        pytest.param(0, "0", id="nothing"),
        pytest.param(2, "2", id="whole-number"),
        pytest.param("2", "2", id="whole-number-as-text"),
        pytest.param("500m", "0.5", id="milli"),
        pytest.param("1.5", "1.5", id="decimal"),
        pytest.param("3k", "3000", id="kilo"),
        pytest.param("3M", "3000000", id="mega"),
        pytest.param("3G", "3000000000", id="giga"),
        pytest.param("3T", "3000000000000", id="tera"),
        pytest.param("1Ki", "1024", id="kibi"),
        pytest.param("1.5Mi", "1572864", id="mebi"),
        pytest.param("2Gi", "2147483648", id="gibi"),
        pytest.param("1Ti", "1099511627776", id="tebi"),
    ],
)
def test_amounts(quantity: int | str, value: str) -> None:
    """A job would be held to a bound other than the one that its class states."""
    assert amount_of(quantity) == Decimal(value)


@pytest.mark.parametrize(
    "quantity",
    [
        "",
        "-1",
        "1 Gi",
        "1Gi\n",
        "1gi",
        "1E",
        "1e3",
        "0x10",
        "Gi",
        "1..5",
        "1.2345",
        "1" * 13,
        "\u0661",
    ],
)
def test_refused(quantity: str) -> None:
    """Text that Kubernetes reads otherwise, or not at all, would reach a pod's limits."""
    with pytest.raises(ValueError, match="is not a quantity"):
        amount_of(quantity)


@given(number=st.integers(0, 10**6), small=st.sampled_from(["m", "", "k", "M", "G"]))
def test_order(number: int, small: str) -> None:
    """A larger amount would pass below a smaller bound."""
    assert amount_of(f"{number}{small}") < amount_of(f"{number + 1}{small}")
