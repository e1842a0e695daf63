"""Prepares Unicode passwords as readers do before they compare: SASLprep (RFC 4013). Pure.

Holds and shows no password.
"""

import stringprep
import unicodedata

_PROHIBITED = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)
"""What the profile prohibits (RFC 4013, 2.3)."""


def prepare_password(password: str) -> str:
    """Bring a password to the one form that readers of revision 6 compare (ISO 32000-2, 7.6.4.3.3).

    Characters newer than the profile's Unicode 3.2 pass, as its queries allow: refusing them would
    forbid every emoji.

    Raises:
        ValueError: a character that the profile prohibits.
    """
    mapped = "".join(
        " " if stringprep.in_table_c12(c) else c for c in password if not stringprep.in_table_b1(c)
    )
    prepared = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)
    if any(prohibits(c) for c in prepared for prohibits in _PROHIBITED):
        raise ValueError("prohibited character")
    if any(stringprep.in_table_d1(c) for c in prepared) and (
        any(stringprep.in_table_d2(c) for c in prepared)
        or not (stringprep.in_table_d1(prepared[0]) and stringprep.in_table_d1(prepared[-1]))
    ):
        raise ValueError("mixed directions")
    return prepared
