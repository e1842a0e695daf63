"""How a name is spelled, whatever its bytes are."""

from typing import Any

from pikepdf import Object


def spelling(value: Any) -> str:
    """Give a name or a number as it is written in a file; names that are not ASCII stay escaped.

    `str` of a name fails where its bytes are not UTF-8, as those of many writers are not.
    """
    return (
        value.unparse(resolved=True).decode("latin-1") if isinstance(value, Object) else str(value)
    )
