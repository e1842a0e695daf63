"""Decoded bytes that a document may have. Pure."""

from pdf_security_processor.errors import LimitExceededError

STREAM_BYTES = 512 * 1024**2
"""Decoded bytes of one stream."""

DOCUMENT_BYTES = 4 * 1024**3
"""Decoded bytes of all streams of a document together."""


class Budget:
    """Decoded bytes that a document may have."""

    def __init__(self, stream: int = STREAM_BYTES, document: int = DOCUMENT_BYTES) -> None:
        self._stream = stream
        self._left = document

    @property
    def stream_bytes(self) -> int:
        """Bytes that the next stream may have."""
        return min(self._stream, self._left)

    def take(self, count: int) -> None:
        """Take some.

        Raises:
            LimitExceededError: there are not so many left.
        """
        if count > self.stream_bytes:
            raise LimitExceededError(
                f"sanitize: a stream decodes to more than {self.stream_bytes} bytes; a document "
                "that small does not need that: it is most likely made to exhaust its readers."
            )
        self._left -= count
