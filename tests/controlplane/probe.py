"""Asks servers on loopback whether they are there. Changes nothing; silence is no error."""

from __future__ import annotations

import http.client
import ssl

SECONDS = 5.0
"""For one answer: a paused server takes the connection and says nothing."""


def get(
    port: int, path: str, trust: ssl.SSLContext | None = None, seconds: float = SECONDS
) -> bytes | None:
    """Return what is answered with 200, over TLS where there is trust; None for all else."""
    connection = (
        http.client.HTTPSConnection("127.0.0.1", port, timeout=seconds, context=trust)
        if trust
        else http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    )
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        content = response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return content if response.status == http.client.OK else None
