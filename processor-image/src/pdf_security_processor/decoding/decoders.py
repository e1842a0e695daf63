"""Decoders of the filters that are no image codecs, each within a bound of bytes. Pure.

What is damaged is decoded as far as it goes, as readers do.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable
from contextlib import suppress

from pikepdf import Object

from pdf_security_processor.decoding.budget import exceeded

Decoder = Callable[[memoryview, Object | None, int], bytes | bytearray]

_PIECE = 1024**2

_FLATE_HEADER = 2
"""Bytes of a zlib header: RFC 1950, 2.2."""

_FLATE_STEP = 1024

_FLATE_PIECE = 64 * 1024

_WHITE = re.compile(rb"[\x00\t\n\f\r ]+")

_LZW_CLEAR, _LZW_END, _LZW_LARGEST = 256, 257, 4096


def clean_flate_bytes(data: memoryview, bound: int) -> int | None:
    """Count what a Flate stream decodes to, without keeping it.

    Returns:
        None where it is damaged, or something else comes after it.

    Raises:
        LimitExceededError: more than the bound.
    """
    return _clean_flate(data, bound, lambda piece: None)


def clean_flate(data: memoryview, bound: int) -> bytes | None:
    """Decode a Flate stream; None where it is damaged, or something else comes after it.

    Raises:
        LimitExceededError: more than the bound.
    """
    pieces: list[bytes] = []
    return None if _clean_flate(data, bound, pieces.append) is None else b"".join(pieces)


def _clean_flate(data: memoryview, bound: int, take: Callable[[bytes], None]) -> int | None:
    decompress, count, at = zlib.decompressobj(), 0, 0
    try:
        while at < len(data) and not decompress.eof:
            rest: memoryview | bytes = data[at : at + _FLATE_PIECE]
            at += len(rest)
            while rest and not decompress.eof:
                piece = decompress.decompress(rest, _PIECE)
                count += len(piece)
                _check(count, bound)
                take(piece)
                rest = decompress.unconsumed_tail
    except zlib.error:
        return None
    behind = decompress.unused_data + data[at : at + _FLATE_PIECE]
    is_clean = decompress.eof and not _WHITE.sub(b"", behind) and at + _FLATE_PIECE >= len(data)
    return count if is_clean else None


def flate(data: memoryview, parameters: Object | None, bound: int) -> bytearray:
    """Decode Flate (7.4.4), predictors apart."""
    # Without the checksum at its end, and a little at a time: what comes before a fault is kept.
    decompress, decoded = zlib.decompressobj(-zlib.MAX_WBITS), bytearray()
    for at in range(_FLATE_HEADER, len(data), _FLATE_STEP):
        rest = bytes(data[at : at + _FLATE_STEP])
        try:
            while rest and not decompress.eof:
                decoded += decompress.decompress(rest, _PIECE)
                _check(len(decoded), bound)
                rest = decompress.unconsumed_tail
        except zlib.error:
            break
        if decompress.eof:
            break
    return decoded


def ascii_hexadecimal(data: memoryview, parameters: Object | None, bound: int) -> bytes:
    """Decode ASCIIHex (7.4.2)."""
    digits = re.sub(rb"[^0-9A-Fa-f]", b"", bytes(data).partition(b">")[0])
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())


def ascii_85(data: memoryview, parameters: Object | None, bound: int) -> bytes:
    """Decode ASCII85 (7.4.3)."""
    text = _WHITE.sub(b"", bytes(data)).removeprefix(b"<~").partition(b"~")[0]
    # The library's is faster, and takes nothing that is not quite right.
    with suppress(ValueError):
        return base64.a85decode(text)
    decoded, group = bytearray(), bytearray()
    for byte in text:
        if byte == ord("z") and not group:
            decoded += bytes(4)
        elif ord("!") <= byte <= ord("u"):
            group.append(byte - ord("!"))
        if len(group) == 5:
            decoded += _of_group(group)
            group.clear()
    if len(group) > 1:
        decoded += _of_group(group + bytes([84] * (5 - len(group))))[: len(group) - 1]
    return bytes(decoded)


def run_length(data: memoryview, parameters: Object | None, bound: int) -> bytearray:
    """Decode RunLength (7.4.5)."""
    decoded, at = bytearray(), 0
    while at < len(data) and data[at] != 128:
        length = data[at]
        if length < 128:
            decoded += data[at + 1 : at + 2 + length]
            at += length + 2
        else:
            decoded += bytes(data[at + 1 : at + 2]) * (257 - length)
            at += 2
        _check(len(decoded), bound)
    return decoded


def lzw(data: memoryview, parameters: Object | None, bound: int) -> bytearray:
    """Decode LZW (7.4.4), predictors apart."""
    early = parameters.get("/EarlyChange") if parameters is not None else None
    change = 0 if early is not None and early.unparse() == b"0" else 1
    first = [bytes([value]) for value in range(256)] + [b"", b""]
    table, previous, width = list(first), b"", 9
    decoded, bits, held = bytearray(), 0, 0
    for byte in data:
        bits, held = (bits << 8) | byte, held + 8
        if held < width:
            continue
        held -= width
        code, bits = bits >> held, bits & ((1 << held) - 1)
        if code == _LZW_END:
            break
        if code == _LZW_CLEAR:
            table, previous, width = list(first), b"", 9
            continue
        if code < len(table):
            entry = table[code]
        elif previous:
            entry = previous + previous[:1]
        else:
            break
        decoded += entry
        _check(len(decoded), bound)
        if previous and len(table) < _LZW_LARGEST:
            table.append(previous + entry[:1])
        previous = entry
        width = min(12, max(9, (len(table) + change).bit_length()))
    return decoded


def _of_group(group: bytes | bytearray) -> bytes:
    value = 0
    for digit in group:
        value = value * 85 + digit
    return (value & 0xFFFFFFFF).to_bytes(4, "big")


def _check(count: int, bound: int) -> None:
    if count > bound:
        raise exceeded(bound)


DECODERS: dict[str, Decoder] = {
    "/FlateDecode": flate,
    "/ASCIIHexDecode": ascii_hexadecimal,
    "/ASCII85Decode": ascii_85,
    "/RunLengthDecode": run_length,
    "/LZWDecode": lzw,
}
