"""The filters of a stream, in whichever of their spellings: ISO 32000-2, 7.4."""

from __future__ import annotations

from dataclasses import dataclass

from pikepdf import Array, Dictionary, Integer, Name, Object

from pdf_security_processor import limits
from pdf_security_processor.errors import LimitExceededError
from pdf_security_processor.spelling import spelling

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

ROW_BITS = 8 * 16 * 1024**2
"""Bits of a row of predicted samples, all of which are held; an image of 131,072 pixels in CMYK has
four million."""

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
    found = [
        Filter(_ABBREVIATIONS.get(name, name), each if isinstance(each, Dictionary) else None)
        for name, each in zip(map(spelling, names), parameters, strict=False)
    ]
    for each in found:
        _check_row(each.parameters)
    return found


def _check_row(parameters: Object | None) -> None:
    """Make sure that a row is none that a predictor has no memory for."""
    if parameters is None or "/Predictor" not in parameters:
        return
    bits = 1
    for key, default in (("/Colors", 1), ("/BitsPerComponent", 8), ("/Columns", 1)):
        value = parameters.get(key)
        bits *= value.as_int() if isinstance(value, Integer) else default
    if bits > ROW_BITS:
        raise LimitExceededError(
            f"A predictor has rows of {bits} bits, more than {ROW_BITS}; it is most likely made to "
            "exhaust its readers."
        )
