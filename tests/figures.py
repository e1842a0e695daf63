"""What measurements come to. Measures nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float | None:
    """Give the smallest value that so large a share of all does not exceed; None for none."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def jain_index(shares: Sequence[float]) -> float:
    """Give Jain's index of fairness: 1 where all are equal, 1/count where one has everything.

    Jain, Chiu and Hawe, DEC TR-301, 1984.
    """
    return sum(shares) ** 2 / (len(shares) * sum(share**2 for share in shares))
