"""One connection to a source over HTTP: to an address that was looked at, over TLS, within a time.

Knows no document and no HTTP: gives bytes, and takes what is to be asked.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pdf_security_processor.contract import HttpOrigin
from pdf_security_processor.contract.urls import host_and_port_of
from pdf_security_processor.errors import LimitExceededError, SourceRefusedError
from pdf_security_processor.stores.addresses import refusal_of

CONNECT_SECONDS = 10.0
"""For a connection to one address, and again for the TLS handshake."""


def _resolved(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _connected(address: str, port: int, seconds: float) -> socket.socket:
    return socket.create_connection((address, port), seconds)


@dataclass(frozen=True)
class Network:
    """How names become addresses and addresses connections, and how patient to be.

    Attributes:
        resolve: gives all addresses of a host.
        connect: opens a connection to one of them within some seconds.
        silence_seconds: longest silence of a source; one that goes on, however slowly, is ended
            by the deadline.
        pause_seconds: before a second attempt; doubled before each further one.
    """

    resolve: Callable[[str, int], list[str]] = _resolved
    connect: Callable[[str, int, float], socket.socket] = _connected
    silence_seconds: float = 60.0
    pause_seconds: float = 0.5


class Deadline:
    """The end of the time that a download may take, with all that is tried again."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds to it."""
        return self._end - time.monotonic()

    def within(self, seconds: float) -> float:
        """Give how long to wait: some seconds, or less where less is left.

        Raises:
            LimitExceededError: nothing is left.
        """
        left = self.left
        if left <= 0:
            raise LimitExceededError(
                f"The input took longer than {self._seconds:.0f} seconds to read; look at its "
                "source, or raise activeDeadlineSeconds."
            )
        return min(seconds, left)


@contextmanager
def asked(
    question: bytes,
    origin: HttpOrigin,
    trust: ssl.SSLContext,
    deadline: Deadline,
    network: Network,
    api_server: str | None,
) -> Iterator[Callable[[int], bytes]]:
    """Connect to an origin, ask, and give what receives the answer, some bytes at a time.

    The name is resolved once, every address that it has is looked at, and what is connected to is
    one of these: a name that means another address a moment later (DNS rebinding) gains nothing.

    Raises:
        SourceRefusedError: any of its addresses is none that documents are read from.
        LimitExceededError: the deadline has passed.
        OSError: the system's, or TLS's.
    """
    host, port = host_and_port_of(origin.url)
    addresses = network.resolve(host, port)
    for address in addresses:
        refusal = refusal_of(address, origin, api_server)
        if refusal:
            raise SourceRefusedError(
                f"{origin.url} has the address {address}, which is {refusal}; nothing was read."
            )
    with _first_connection(addresses, port, deadline, network) as plain:
        plain.settimeout(deadline.within(CONNECT_SECONDS))
        # A connection that is cut off would else look like the end of a body without a length.
        connection = trust.wrap_socket(plain, server_hostname=host, suppress_ragged_eofs=False)
    with connection:
        connection.sendall(question)
        yield _Incoming(connection, deadline, network.silence_seconds).receive


def _first_connection(
    addresses: list[str], port: int, deadline: Deadline, network: Network
) -> socket.socket:
    failure = OSError("no address")
    for address in addresses:
        try:
            return network.connect(address, port, deadline.within(CONNECT_SECONDS))
        except OSError as error:
            failure = error
    raise failure


class _Incoming:
    """What a source sends, none of it waited for longer than it may be."""

    def __init__(
        self, connection: ssl.SSLSocket, deadline: Deadline, silence_seconds: float
    ) -> None:
        self._connection = connection
        self._deadline = deadline
        self._silence_seconds = silence_seconds

    def receive(self, size: int) -> bytes:
        # Anew before each read: a drip of single bytes is never silent.
        self._connection.settimeout(self._deadline.within(self._silence_seconds))
        try:
            return self._connection.recv(size)
        except TimeoutError:
            self._deadline.within(0)
            raise
