"""The wall clock, as Kubernetes writes times: the API server's, where ours is another."""

import datetime
from email.utils import parsedate_to_datetime

TOLERATED_SECONDS = 2.0
"""Answers tell whole seconds, and are on their way for a while: less is no difference."""

_last_date: str | None = None
_behind = datetime.timedelta()
"""What our own clock lacks of the API server's."""


def set_by_server(date: str | None) -> None:
    """Take in the `Date` of an answer of the API server (RFC 9110, section 6.6.1)."""
    global _behind, _last_date  # noqa: PLW0603  (there is one time)
    if date is None or date == _last_date:
        return
    _last_date = date
    try:
        behind = parsedate_to_datetime(date) - datetime.datetime.now(datetime.UTC)
    except (TypeError, ValueError):
        return
    _behind = behind if abs(behind.total_seconds()) > TOLERATED_SECONDS else datetime.timedelta()


def timestamp() -> str:
    """Now, in RFC 3339 with whole seconds."""
    return _now().strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_since(time: str) -> float:
    """Seconds that have passed since a timestamp."""
    return (_now() - datetime.datetime.fromisoformat(time)).total_seconds()


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one timestamp to another, none where two clocks have it the other way round."""
    first, second = map(datetime.datetime.fromisoformat, (earlier, later))
    return max(0.0, (second - first).total_seconds())


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) + _behind
