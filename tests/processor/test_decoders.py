"""Decoders of the filters that are no image codecs, beside qpdf's and the standard's examples."""

from __future__ import annotations

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pikepdf import Dictionary, Name, Pdf

from pdf_security_processor import errors
from pdf_security_processor.decoding import decoders

BOUND = 10**6

LZW_EXAMPLE = bytes.fromhex("800B6050220C0C8501")
LZW_DECODED = bytes([45, 45, 45, 45, 45, 65, 45, 45, 45, 66])
"""ISO 32000-2, 7.4.4.2."""


def _qpdf(data: bytes, name: str) -> bytes:
    with Pdf.new() as pdf:
        return pdf.make_stream(data, Dictionary(Filter=Name(name))).read_bytes()


def _decode(name: str, data: bytes, bound: int = BOUND) -> bytes:
    return bytes(decoders.DECODERS[name](memoryview(data), None, bound))


@given(st.binary(max_size=3000))
def test_flate(data: bytes) -> None:
    """A stream would come out as another one."""
    encoded = zlib.compress(data)
    assert _decode("/FlateDecode", encoded) == data
    assert decoders.clean_flate_bytes(memoryview(encoded), BOUND) == len(data)
    assert decoders.clean_flate_bytes(memoryview(encoded + b"\r\n"), BOUND) == len(data)


@pytest.mark.parametrize("change", [lambda data: data + b"PK\3\4", lambda data: data[:-6]])
def test_what_is_not_clean_is_told(change: object) -> None:
    """Something else would travel behind a stream's end, or a cut stream be taken as it is."""
    encoded = change(zlib.compress(b"x" * 100))  # type: ignore[operator]
    assert decoders.clean_flate_bytes(memoryview(encoded), BOUND) is None
    decoded = _decode("/FlateDecode", encoded)
    assert decoded
    assert (b"x" * 100).startswith(decoded)


def test_a_wrong_checksum_costs_nothing() -> None:
    """Would break: a page whose content readers show comes out empty."""
    encoded = zlib.compress(b"BT (text) Tj ET" * 500)[:-4] + b"\0\0\0\0"
    assert decoders.clean_flate_bytes(memoryview(encoded), BOUND) is None
    assert _decode("/FlateDecode", encoded) == b"BT (text) Tj ET" * 500


@given(st.binary(max_size=500))
def test_ascii_filters(data: bytes) -> None:
    """A stream would come out as another one."""
    assert _decode("/ASCIIHexDecode", data.hex().encode() + b">") == data
    assert _decode("/ASCII85Decode", base64.a85encode(data) + b"~>") == data


@given(st.binary(max_size=300))
def test_anything_is_decoded_somehow(data: bytes) -> None:
    """A hostile stream would end the worker."""
    for name in decoders.DECODERS:
        assert len(_decode(name, data)) <= BOUND


def test_lzw() -> None:
    """Documents of the nineties would lose their content."""
    assert _decode("/LZWDecode", LZW_EXAMPLE) == LZW_DECODED
    assert _qpdf(LZW_EXAMPLE, "/LZWDecode") == LZW_DECODED


@given(st.lists(st.integers(0, 3), min_size=1, max_size=4000))
def test_lzw_over_many_widths(values: list[int]) -> None:
    """Codes of ten bits and more would be read at the wrong place."""
    data = bytes(values) * 3
    encoded = _lzw_encoded(data)
    assert _decode("/LZWDecode", encoded) == data == _qpdf(encoded, "/LZWDecode")


def test_run_length() -> None:
    """A stream would come out as another one."""
    encoded = bytes([2, 97, 98, 99, 254, 120, 128])
    assert _decode("/RunLengthDecode", encoded) == b"abcxxx"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("/FlateDecode", zlib.compress(bytes(5000)), id="flate"),
        pytest.param("/RunLengthDecode", bytes([129, 0]) * 60, id="run-length"),
        pytest.param("/LZWDecode", b"\x80" + bytes(2000), id="lzw"),
    ],
)
def test_bounds(name: str, data: bytes) -> None:
    """A bomb would be taken for a document."""
    with pytest.raises(errors.LimitExceededError):
        _decode(name, data, 1000)


def test_a_bomb_is_measured_without_being_held() -> None:
    """Proving that a stream is small would take the memory of a large one."""
    bomb = zlib.compress(bytes(50 * 1024**2))
    with pytest.raises(errors.LimitExceededError):
        decoders.clean_flate_bytes(memoryview(bomb), BOUND)


def _lzw_encoded(data: bytes) -> bytes:
    """Encode as 7.4.4.2 has it, with the early change."""
    table = {bytes([value]): value for value in range(256)}
    bits, width, held = "", 9, b""

    def emit(code: int) -> None:
        nonlocal bits
        bits += format(code, f"0{width}b")

    emit(256)
    for value in data:
        longer = held + bytes([value])
        if longer in table:
            held = longer
            continue
        emit(table[held])
        table[longer] = len(table) + 2
        width = min(12, max(9, (len(table) + 2).bit_length()))
        held = bytes([value])
        if len(table) + 2 == 4095:
            emit(256)
            table = {bytes([each]): each for each in range(256)}
            width = 9
    if held:
        emit(table[held])
    emit(257)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")
