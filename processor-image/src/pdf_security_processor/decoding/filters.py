"""The filters of a stream, in whichever of their spellings: ISO 32000-2, 7.4."""

from __future__ import annotations

from dataclasses import dataclass

from pikepdf import Array, Dictionary, Name, Object

from pdf_security_processor import limits
from pdf_security_processor.errors import LimitExceededError

_ABBREVIATIONS = {
    "/AHx": "/ASCIIHexDecode",
    "/A85": "/ASCII85Decode",
    "/LZW": "/LZWDecode",
    "/Fl": "/FlateDecode",
    "/RL": "/RunLengthDecode",
    "/CCF": "/CCITTFaxDecode",
    "/DCT": "/DCTDecode",
}
"""ISO 32000-2, table 92; readers take them outside inline images, too."""

IMAGE_CODECS = frozenset(("/DCTDecode", "/JPXDecode", "/CCITTFaxDecode", "/JBIG2Decode"))


@dataclass(frozen=True)
class Filter:
    """One filter of a stream, and its parameters as they are in the source."""

    name: str
    parameters: Object | None


def filters_of(stream: Object) -> list[Filter] | None:
    """List a stream's filters in the order of decoding; None where they cannot be understood.

    Raises:
        LimitExceededError: there are more than anything needs.
    """
    named, given = stream.get("/Filter"), stream.get("/DecodeParms")
    if isinstance(named, Array) and len(named) > limits.STREAM_FILTERS:
        raise LimitExceededError(
            f"A stream has {len(named)} filters, more than {limits.STREAM_FILTERS}; it is most "
            "likely made to exhaust its readers."
        )
    names = list(named) if isinstance(named, Array) else [] if named is None else [named]
    # Of parameters, those that belong to no filter mean nothing.
    parameters = (
        [given[place] for place in range(min(len(given), len(names)))]
        if isinstance(given, Array)
        else [given]
    )
    parameters += [None] * (len(names) - len(parameters))
    if not all(isinstance(name, Name) for name in names):
        return None
    return [
        Filter(
            _ABBREVIATIONS.get(str(name), str(name)), each if isinstance(each, Dictionary) else None
        )
        for name, each in zip(names, parameters, strict=False)
    ]
