"""HTTP sessions to the API server: trust, the rotating token, bounds of time.

No API calls.
"""

import ssl
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse

from pdf_security_operator.settings import Settings

TOKEN_SECONDS = 60.0
"""How long a token that was read is used; the kubelet rotates it long before it expires."""

REQUEST_SECONDS = 30.0
"""Bound of one request that is not a watch."""


@dataclass
class _Token:
    """The service account's token as a client middleware, read again every minute."""

    settings: Settings
    _value: str = field(default="", repr=False)
    _read_at: float = float("-inf")

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        now = time.monotonic()
        if now - self._read_at > TOKEN_SECONDS:
            # A few hundred bytes of a tmpfs once a minute: not worth a thread.
            self._value = self.settings.token_file.read_text().strip()
            self._read_at = now
        request.headers["Authorization"] = f"Bearer {self._value}"
        return await handler(request)


def _serialized(body: Any) -> str:
    return orjson.dumps(body).decode()


def open_session(settings: Settings) -> aiohttp.ClientSession:
    """Open a session with the API server.

    Connections are as many as requests are under way, which the number of workers bounds. A limit
    here would let one request wait while all later ones overtake it: who returns a connection takes
    it again before the one that waits for it is awake.

    Proxies named by the environment are ignored: the API server is reached directly.
    """
    context = ssl.create_default_context(cafile=str(settings.ca_file))
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=context, ttl_dns_cache=60),
        middlewares=[_Token(settings)],
        # Compressed, a list would cost both sides more time than the network in between saves.
        headers={"User-Agent": "pdf-security-operator", "Accept-Encoding": "identity"},
        timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS, sock_connect=5),
        json_serialize=_serialized,
        trust_env=False,
    )
