"""Reads one answer of HTTP/1.1 from a stream, strictly and within bounds (RFC 9112).

`http.client` takes a chunk of size -1 and then reads all there is into memory, follows interim
answers without end, and takes a body that is cut off for a whole one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pdf_security_processor.errors import InputTooLargeError, SourceRefusedError

HEAD_BYTES = 64 * 1024
"""Of all lines before a body, interim answers (1xx) with theirs, and again of those after it."""

_PIECE_BYTES = 1024**2

_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\r\n\0]*)")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?")

_CHUNKED = "chunked"

_NO_ENCODINGS = ("identity", "aws-chunked")
"""The second is how an object was once sent to its store, which some stores repeat (Amazon S3 API,
SigV4 streaming): what they send is as it was before."""

_LINE_END = b"\r\n"


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


class _Lines:
    """The lines of a stream, up to a bound of bytes in all."""

    def __init__(self, stream: BinaryIO, bound: int) -> None:
        self._stream = stream
        self._bound = self._left = bound

    def next(self) -> bytes:
        line = self._stream.readline(self._left + 1)
        self._left -= len(line)
        if self._left < 0:
            raise SourceRefusedError(
                f"The source sends more than {self._bound} bytes beside the document."
            )
        if not line.endswith(b"\n"):
            raise CutOffError
        return line.removesuffix(b"\n").removesuffix(b"\r")


def read_answer(stream: BinaryIO) -> Answer:
    """Read status and fields; interim answers are passed over.

    Raises:
        SourceRefusedError: not of HTTP/1.1, or too long.
        CutOffError: it ends in the middle.
    """
    lines = _Lines(stream, HEAD_BYTES)
    while True:
        status = _STATUS.fullmatch(lines.next())
        if not status:
            raise _no_http()
        fields: dict[str, list[str]] = {}
        while line := lines.next():
            field = _FIELD.fullmatch(line)
            if not field:
                raise _no_http()
            name, value = (part.decode("latin-1") for part in field.groups())
            fields.setdefault(name.lower(), []).append(value.strip(" \t"))
        if not status[1].startswith(b"1"):
            return Answer(int(status[1]), fields)


def body_of(answer: Answer, stream: BinaryIO, bound: int) -> Iterator[bytes]:
    """Give the body of an answer in pieces.

    Args:
        answer: was read before.
        stream: stands where the body begins.
        bound: bytes that it may say it has; who reads counts what it has.

    Raises:
        SourceRefusedError: it is encoded, or not of HTTP/1.1.
        InputTooLargeError: it says that it is larger than `bound`.
        CutOffError: it ends before its end.
    """
    encoding = answer.only("content-encoding")
    if encoding and encoding.lower() not in _NO_ENCODINGS:
        # It was not asked for, and what it decodes to has no bound.
        raise SourceRefusedError(
            "The source encodes the document (Content-Encoding) although it was asked not to."
        )
    transfer, length = answer.only("transfer-encoding"), answer.only("content-length")
    if transfer is not None:
        if transfer.lower() != _CHUNKED:
            raise SourceRefusedError("The source encodes its answer in a way that is not read.")
        return _chunked(stream)
    if length is None:
        return iter(lambda: stream.read(_PIECE_BYTES), b"")
    if not re.fullmatch("[0-9]{1,18}", length):
        raise _no_http()
    if int(length) > bound:
        raise InputTooLargeError(bound)
    return _counted(stream, int(length))


def _counted(stream: BinaryIO, length: int) -> Iterator[bytes]:
    while length:
        piece = stream.read(min(length, _PIECE_BYTES))
        if not piece:
            raise CutOffError
        length -= len(piece)
        yield piece


def _chunked(stream: BinaryIO) -> Iterator[bytes]:
    while True:
        chunk = _CHUNK.fullmatch(_Lines(stream, HEAD_BYTES).next())
        if not chunk:
            raise _no_http()
        length = int(chunk[1], 16)
        if not length:
            break
        yield from _counted(stream, length)
        ending = stream.read(len(_LINE_END))
        if len(ending) < len(_LINE_END):
            raise CutOffError
        if ending != _LINE_END:
            raise _no_http()
    trailer = _Lines(stream, HEAD_BYTES)
    while trailer.next():
        pass


def _no_http() -> SourceRefusedError:
    return SourceRefusedError("The source answers with something else than HTTP/1.1.")
