"""Decoded bytes that a document may have. Pure."""

from pdf_security_processor.errors import LimitExceededError

STREAM_BYTES = 512 * 1024**2
"""Decoded bytes of one stream."""

DOCUMENT_BYTES = 4 * 1024**3
"""Decoded bytes of all streams of a document together."""

HELD_BYTES = 160 * 1024**2
"""Decoded bytes of one stream that are in memory at a time: those of what is written anew."""


class Budget:
    """Decoded bytes that a document may have."""

    def __init__(self, stream: int = STREAM_BYTES, document: int = DOCUMENT_BYTES) -> None:
        self._stream = stream
        self._left = document

    @property
    def stream_bytes(self) -> int:
        """Bytes that the next stream may have."""
        return min(self._stream, self._left)

    @property
    def held_bytes(self) -> int:
        """Bytes that the next stream may have where all of them are held in memory."""
        return min(HELD_BYTES, self.stream_bytes)

    def take(self, count: int) -> None:
        """Take some.

        Raises:
            LimitExceededError: there are not so many left.
        """
        if count > self.stream_bytes:
            raise exceeded(self.stream_bytes)
        self._left -= count


def exceeded(bound: int) -> LimitExceededError:
    """Give the error of a stream that decodes to more than a bound."""
    return LimitExceededError(
        f"A stream decodes to more than {bound} bytes; it is most likely made to exhaust its "
        "readers."
    )
