"""The wall clock, as Kubernetes writes times. Nothing else."""

import datetime


def timestamp() -> str:
    """Now, in RFC 3339 with whole seconds."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_since(time: str) -> float:
    """Seconds that have passed since a timestamp."""
    then = datetime.datetime.fromisoformat(time)
    return (datetime.datetime.now(datetime.UTC) - then).total_seconds()


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one timestamp to another, none where two clocks have it the other way round."""
    first, second = map(datetime.datetime.fromisoformat, (earlier, later))
    return max(0.0, (second - first).total_seconds())
