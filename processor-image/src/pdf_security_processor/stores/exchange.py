"""One exchange of HTTP/1.1 in bytes: what is asked, and what is answered, within bounds.

Pure: opens no connection, and takes what receives from one. All syntax is h11's, none is read or
written here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import h11

from pdf_security_processor.errors import (
    CredentialsIncompleteError,
    InputTooLargeError,
    SourceRefusedError,
)
from pdf_security_processor.secret_files import Password

Receive = Callable[[int], bytes]
"""Gives some of the next bytes, as many as asked for at most; none at the end."""

BESIDE_BYTES = 16 * 1024
"""Of all that is not the document: status, fields, interim answers (1xx), trailers and extensions
of chunks. h11's own bound for one of these, whose patterns take time that grows with the square of
the blanks in a line: a second for so many, twenty for four times as many."""

_BESIDE_EACH_BYTE = 5
"""Bytes beside one of a document, where all chunks have one: its size and two ends of lines."""

_PIECE_BYTES = 16 * 1024
"""A record of TLS has no more (RFC 8446, 5.1)."""

_TOO_LONG = 431
"""The status that h11 hints at where one thing goes beyond its bound (RFC 6585, 5)."""

_NO_ENCODINGS = ("identity", "aws-chunked")
"""The second is how an object was once sent to its store, which some stores repeat (Amazon S3 API,
SigV4 streaming): what they send is as it was before."""


class CutOffError(OSError):
    """The stream ended before the answer did."""


@dataclass(frozen=True)
class Answer:
    """What a source says before the body.

    Attributes:
        status: such as 200.
        fields: values by name in lower case, as often as they were given.
    """

    status: int
    fields: dict[str, list[str]]

    def only(self, name: str) -> str | None:
        """Give the value of a field.

        Raises:
            SourceRefusedError: it is given twice, and differs.
        """
        values = set(self.fields.get(name, ()))
        if len(values) > 1:
            raise SourceRefusedError(f"The source says {name} twice and differently.")
        return values.pop() if values else None


class Exchange:
    """A request for a document, and its answer.

    Attributes:
        question: the request's bytes.
    """

    def __init__(self, url: str, token: Password | None) -> None:
        """Ask for an `HttpsUrl`.

        Raises:
            CredentialsIncompleteError: no header can have the token.
        """
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=BESIDE_BYTES)
        self._left = BESIDE_BYTES
        self._ended = False
        try:
            asking = self._connection.send(_request_of(url, token))
            self.question = asking + self._connection.send(h11.EndOfMessage())
        except h11.LocalProtocolError:
            # `from None`: h11 quotes the header.
            raise CredentialsIncompleteError(
                "The token of bearerToken ends with a blank, which no header can; correct its "
                "Secret."
            ) from None

    def answer(self, receive: Receive) -> Answer:
        """Read status and fields; interim answers are passed over.

        Raises:
            SourceRefusedError: not of HTTP/1.1, or too long.
            CutOffError: it ends in the middle.
        """
        while not isinstance(event := self._next(receive), h11.Response):
            pass
        # h11 takes any version that is written like one.
        if not event.http_version.startswith(b"1."):
            raise _no_http()
        fields: dict[str, list[str]] = {}
        for name, value in event.headers:
            fields.setdefault(name.decode("ascii"), []).append(value.decode("latin-1"))
        return Answer(event.status_code, fields)

    def document(self, answer: Answer, receive: Receive, bound: int) -> Iterator[bytes]:
        """Give the body of an answer in pieces.

        Args:
            answer: was read before.
            receive: goes on where it ended.
            bound: bytes that it may say it has; who reads counts what it has.

        Raises:
            SourceRefusedError: it is encoded, not of HTTP/1.1, or more than `BESIDE_BYTES` are
                beside it.
            InputTooLargeError: it says that it is larger than `bound`.
            CutOffError: it ends before its end.
        """
        encoding = answer.only("content-encoding")
        if encoding and encoding.lower() not in _NO_ENCODINGS:
            # It was not asked for, and what it decodes to has no bound.
            raise SourceRefusedError(
                "The source encodes the document (Content-Encoding) although it was asked not to."
            )
        # Of digits, and of one mind, or h11 would not have given it.
        if int(answer.only("content-length") or 0) > bound:
            raise InputTooLargeError(bound)
        while isinstance(event := self._next(receive), h11.Data):
            self._left += len(event.data) * (1 + _BESIDE_EACH_BYTE)
            yield bytes(event.data)

    def _next(self, receive: Receive) -> h11.Event:
        try:
            while not isinstance(event := self._connection.next_event(), h11.Event):
                self._receive(receive)
        except h11.RemoteProtocolError as error:
            # `from None`: h11 quotes the answer, which may repeat the token.
            raise self._meaning_of(error) from None
        return event

    def _receive(self, receive: Receive) -> None:
        """Take more, now that h11 has given all of the document that it had."""
        if self._left < 0:
            raise _too_much()
        received = receive(min(_PIECE_BYTES, self._left + 1))
        self._left -= len(received)
        self._ended = not received
        self._connection.receive_data(received)

    def _meaning_of(self, error: h11.RemoteProtocolError) -> SourceRefusedError | CutOffError:
        # What was wrong before the end was said before it.
        if self._ended:
            return CutOffError()
        return _too_much() if error.error_status_hint == _TOO_LONG else _no_http()


def _request_of(url: str, token: Password | None) -> h11.Request:
    parts = urlsplit(url)
    headers = [
        ("Host", parts.netloc),
        ("Accept", "application/pdf, */*;q=0.5"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
        ("User-Agent", "pdf-security-processor"),
    ]
    if token:
        headers.append(("Authorization", f"Bearer {token.reveal()}"))
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return h11.Request(method="GET", target=target, headers=headers)


def _no_http() -> SourceRefusedError:
    return SourceRefusedError("The source answers with something else than HTTP/1.1.")


def _too_much() -> SourceRefusedError:
    return SourceRefusedError(
        f"The source sends more than {BESIDE_BYTES} bytes beside the document."
    )
