"""Makes what is not ours to show fit to be shown: text of documents, unforeseen exceptions."""

import traceback
from pathlib import Path


def printable(text: str, bound: int) -> str:
    """Give printable ASCII of at most `bound` characters; what is cut ends in three dots."""
    shown = text[: bound + 1]
    # Most are fit as they are, and there may be many.
    if not (shown.isascii() and shown.isprintable()):
        shown = "".join(c if c.isascii() and c.isprintable() else "?" for c in shown)
    return shown if len(shown) <= bound else shown[: bound - 3] + "..."


def described(error: BaseException) -> str:
    """Name an unforeseen exception and its place, not its text: that may quote a secret."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
