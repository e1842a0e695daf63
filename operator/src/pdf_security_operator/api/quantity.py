"""Kubernetes quantities: `500m`, `1Gi`. Parsing and comparing, nothing else."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Annotated

from pydantic import Field, WithJsonSchema

QUANTITY_PATTERN = r"^[0-9]{1,12}(\.[0-9]{1,3})?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$"

LARGEST = 10**12 - 1
"""Largest whole number, of as many digits as the pattern allows."""

_MULTIPLIERS = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
}

Quantity = Annotated[
    Annotated[int, Field(ge=0, le=LARGEST)] | Annotated[str, Field(pattern=QUANTITY_PATTERN)],
    WithJsonSchema(
        {
            "x-kubernetes-int-or-string": True,
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "pattern": QUANTITY_PATTERN,
            "maxLength": 20,
            "minimum": 0,
            "maximum": LARGEST,
        }
    ),
]
"""An amount as Kubernetes writes it: a whole number, or a decimal with a suffix."""


@lru_cache(maxsize=1024)
def amount_of(quantity: int | str) -> Decimal:
    """Convert a quantity to a number of cores or bytes.

    Args:
        quantity: for instance 1, `500m` or `2Gi`.

    Returns:
        Its value: `500m` is 0.5, `1Ki` is 1024.

    Raises:
        ValueError: it is not a quantity.
    """
    text = str(quantity)
    if not re.fullmatch(QUANTITY_PATTERN.strip("^$"), text):
        raise ValueError(f"{text!r} is not a quantity such as 500m or 1Gi")
    number = text.rstrip("mkKMGTi")
    return Decimal(number) * _MULTIPLIERS[text[len(number) :]]
