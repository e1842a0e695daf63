"""Servers over TLS on loopback that answer in bytes, as they are told. Asserts nothing.

Names and addresses are made up, and led to loopback only where the connection is opened: what
judges addresses sees those that it would see in a cluster.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cluster.certificates import Authority
from pdf_security_processor.contract import HttpLocation, HttpOrigin
from pdf_security_processor.stores.wire import Network

BLOCK = "10.0.3.0/24"
"""In which all made up addresses are."""

Answer = bytes | Callable[[ssl.SSLSocket], None]


def answer(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """Build an answer; `_` in the names of headers stands for `-`."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    given = {"Content-Length": str(len(body)), **given}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in given.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def redirection(target: str, status: str = "302 Found") -> bytes:
    """Build an answer that leads elsewhere."""
    return answer(status=status, Location=target)


@dataclass
class Source:
    """One server.

    Attributes:
        host: the name in its certificate.
        address: what its name resolves to.
        answers: what it answers to one request after the other; the last one again and again.
        requests: what it was asked, head by head.
    """

    host: str
    address: str
    listener: socket.socket
    context: ssl.SSLContext
    bundle: str
    answers: list[Answer] = field(default_factory=lambda: [answer()])
    requests: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        port: int = self.listener.getsockname()[1]
        return port

    def url(self, path: str = "/in.pdf") -> str:
        return f"https://{self.host}{path}"

    def origin(self, **changes: Any) -> HttpOrigin:
        given = {"url": f"https://{self.host}", "cidrs": [BLOCK], "caBundle": self.bundle}
        return HttpOrigin.model_validate({**given, **changes})

    def serve(self) -> None:
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(plain,), daemon=True).start()

    def _answer(self, plain: socket.socket) -> None:
        try:
            with plain, self.context.wrap_socket(plain, server_side=True) as connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    received = connection.recv(65536)
                    if not received:
                        return
                    head += received
                self.requests.append(head.decode())
                told = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if callable(told):
                    told(connection)
                else:
                    connection.sendall(told)
                    connection.unwrap()
        except OSError:
            # The client has had enough, or refuses the certificate: what the tests are about.
            return


@dataclass
class Sources:
    """Servers, their names, and what was looked up and connected to."""

    folder: Path
    found: dict[str, list[list[str]]] = field(default_factory=dict)
    lookups: list[str] = field(default_factory=list)
    connections: list[str] = field(default_factory=list)
    _sources: dict[str, Source] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.authority = Authority(self.folder / "ca")

    def add(self, host: str = "documents.example", certified: str | None = None) -> Source:
        """Start a server, whose certificate is for its host or for another."""
        certificate, key = self.authority.issue(host, common_name=host, names=[certified or host])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        listener = socket.create_server(("127.0.0.1", 0))
        address = f"10.0.3.{len(self._sources) + 7}"
        source = Source(
            host, address, listener, context, self.authority.certificate_file.read_text()
        )
        self._sources[address] = source
        self.found[host] = [[address]]
        threading.Thread(target=source.serve, daemon=True).start()
        return source

    def close(self) -> None:
        for source in self._sources.values():
            source.listener.shutdown(socket.SHUT_RDWR)
            source.listener.close()

    def network(self, **changes: Any) -> Network:
        """Give the way to these servers."""
        patience = {"silence_seconds": 0.5, "pause_seconds": 0.01}
        return Network(resolve=self._resolve, connect=self._connect, **{**patience, **changes})

    def location(self, *listed: Source, url: str | None = None, **changes: Any) -> HttpLocation:
        """Name a document of the first of some servers, all of which are listed."""
        given = {"url": url or listed[0].url(), "origins": [each.origin() for each in listed]}
        return HttpLocation.model_validate({**given, **changes})

    def _resolve(self, host: str, _port: int) -> list[str]:
        self.lookups.append(host)
        if host not in self.found:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answers = self.found[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def _connect(self, address: str, _port: int, seconds: float) -> socket.socket:
        self.connections.append(address)
        if address not in self._sources:
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", self._sources[address].port), seconds)
