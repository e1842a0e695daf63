"""A front before a real S3 server: loses answers, refuses as lesser stores do, says what is not."""

from __future__ import annotations

import http.client
import http.server
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from processor.s3_server import S3Server

_NOT_IMPLEMENTED = b"<Error><Code>NotImplemented</Code></Error>"
_NO_SUCH_UPLOAD = b"<Error><Code>NoSuchUpload</Code></Error>"


@dataclass
class Front:
    """What the front does, and what passed through it.

    Attributes:
        port: where it listens, on loopback.
        loses: requests of which the next answer is lost, after the server did what was asked: a
            method, or `POST complete`, which ends an upload in parts.
        terminates: requests at whose next answer this process gets SIGTERM: as in `loses`.
        meanwhile: what is done before the next answer is given, by request: as in `loses`.
        refuses: a header that it says it does not implement.
        says: headers of all answers to a request, by request: as in `loses`; None leaves one out.
        passed: method and condition of every request.
        received: bodies of all requests.
        parts: numbers of the parts that were put.
        completed: uploads that were ended; Amazon knows such a one no more, the real server does.
    """

    port: int = 0
    loses: list[str] = field(default_factory=list)
    terminates: list[str] = field(default_factory=list)
    meanwhile: dict[str, Callable[[], None]] = field(default_factory=dict)
    refuses: str | None = None
    says: dict[str, dict[str, str | None]] = field(default_factory=dict)
    passed: list[tuple[str, str | None]] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    completed: list[str] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return f"https://localhost:{self.port}"


@contextmanager
def faulty_front(server: S3Server) -> Iterator[Front]:
    """Run a front before a server."""
    front = Front()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            _handle(self, front, server)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.certificate, server.key)
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
    front.port = listener.server_port
    thread = threading.Thread(target=listener.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield front
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


def _handle(request: http.server.BaseHTTPRequestHandler, front: Front, server: S3Server) -> None:
    body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
    condition = request.headers.get("If-None-Match") or request.headers.get("If-Match")
    front.passed.append((request.command, condition))
    front.received.append(body)
    front.parts += parse_qs(urlsplit(request.path).query).get("partNumber", [])
    if front.refuses and front.refuses in request.headers:
        _answer(request, 501, {}, _NOT_IMPLEMENTED)
        return
    if request.path in front.completed:
        _answer(request, 404, {}, _NO_SUCH_UPLOAD)
        return
    status, headers, answer = _forwarded(request, body, server)
    kind = request.command
    if kind == "POST" and "uploadId=" in request.path:
        kind = "POST complete"
        front.completed.append(request.path)
    front.meanwhile.pop(kind, _nothing)()
    if kind in front.terminates:
        front.terminates.remove(kind)
        signal.raise_signal(signal.SIGTERM)
        # The signal is taken before the answer is.
        time.sleep(0.2)
    if kind in front.loses:
        front.loses.remove(kind)
        request.close_connection = True
        request.connection.shutdown(socket.SHUT_RDWR)
        return
    said = {**headers, **front.says.get(kind, {})}
    given = {name: value for name, value in said.items() if value is not None}
    _answer(request, status, given, answer)


def _nothing() -> None:
    """Do nothing."""


def _forwarded(
    request: http.server.BaseHTTPRequestHandler, body: bytes, server: S3Server
) -> tuple[int, dict[str, str], bytes]:
    context = ssl.create_default_context(cafile=str(server.authority.certificate_file))
    connection = http.client.HTTPSConnection("localhost", server.port, context=context)
    # The signature covers the name that the client knows, so all headers go through as they are.
    headers = {name: value for name, value in request.headers.items() if name != "Expect"}
    connection.request(request.command, request.path, body, headers)
    answered = connection.getresponse()
    content = answered.read()
    connection.close()
    return answered.status, {name.lower(): value for name, value in answered.getheaders()}, content


def _answer(
    request: http.server.BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes
) -> None:
    request.send_response(status)
    for name, value in headers.items():
        if name.lower() not in ("content-length", "transfer-encoding", "connection"):
            request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
