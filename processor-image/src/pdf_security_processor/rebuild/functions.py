"""Functions and colours, and what may stand in them: ISO 32000-2, 7.10 and 8.6."""

from __future__ import annotations

import re

from pikepdf import Object, String

from pdf_security_processor.rebuild import streams
from pdf_security_processor.rebuild.copier import Copier, Place
from pdf_security_processor.rebuild.rules import (
    NAME,
    NUMBER,
    NUMBERS,
    Kind,
    Rule,
    array,
    by_key,
    dictionary,
    either,
    integer,
    later,
    names,
    numbers,
    scalar,
    sequence,
    stream,
)

COMPONENTS = 32
"""Colour components: Annex C.1 has it so for DeviceN."""

FUNCTIONS = 1000
"""Functions that one is stitched of."""

PROGRAM_BYTES = 64 * 1024
"""Of a calculator."""

PROGRAM_DEPTH = 32
"""Of blocks in blocks."""

_COMMENT = re.compile(rb"%[^\r\n]*")
_BRACE = re.compile(rb"([{}])")

_WORD = re.compile(
    rb"[{}]|[-+]?(?>\d+)(?:\.\d*)?|[-+]?\.\d+|abs|add|and|atan|bitshift|ceiling|copy|cos"
    rb"|cvi|cvr|div|dup|eq|exch|exp|false|floor|ge|gt|idiv|if|ifelse|index|le|ln|log|lt|mod|mul|ne"
    rb"|neg|not|or|pop|roll|round|sin|sqrt|sub|true|truncate|xor"
)
"""All that a PostScript calculator may hold: 7.10.5.2, table 42."""


def _calculator(copier: Copier, value: Object, place: Place) -> bool:
    """Take the program of a calculator, and nothing that is no such program."""
    if not streams.general(copier, value, place):
        return False
    program = program_of(value.read_bytes())
    if program is None:
        return False
    streams.write_compressed(value, program)
    return True


def program_of(data: bytes) -> bytes | None:
    """Write a calculator's program anew, without its comments; None for anything else."""
    if len(data) > PROGRAM_BYTES:
        return None
    spaced = _BRACE.sub(rb" \1 ", _COMMENT.sub(b" ", data).replace(b"\0", b" "))
    words, depth = spaced.split(), 0
    for place, word in enumerate(words):
        depth += (word == b"{") - (word == b"}")
        is_last = place == len(words) - 1
        if not 0 <= depth <= PROGRAM_DEPTH or (depth == 0) != is_last or not _WORD.fullmatch(word):
            return None
    return b" ".join(words) or None


_COMMON = {"/Domain": array(NUMBER, least=2, most=64), "/Range": array(NUMBER, most=64)}


FUNCTION = by_key("/FunctionType", lambda: _FUNCTIONS)

_FUNCTIONS: dict[str, Rule] = {
    "0": stream(
        Kind(
            "SampledFunction",
            _COMMON
            | {
                "/FunctionType": integer(0, 0),
                "/Size": array(integer(1, 2**16), most=16),
                "/BitsPerSample": integer(1, 32),
                "/Order": integer(1, 3),
                "/Encode": NUMBERS,
                "/Decode": NUMBERS,
            },
            frozenset(("/Domain", "/Range", "/Size", "/BitsPerSample")),
            data=streams.general,
        )
    ),
    "2": dictionary(
        Kind(
            "ExponentialFunction",
            _COMMON
            | {"/FunctionType": integer(2, 2), "/C0": NUMBERS, "/C1": NUMBERS, "/N": NUMBER},
            frozenset(("/Domain", "/N")),
        )
    ),
    "3": dictionary(
        Kind(
            "StitchingFunction",
            _COMMON
            | {
                "/FunctionType": integer(3, 3),
                "/Functions": array(FUNCTION, most=FUNCTIONS),
                "/Bounds": NUMBERS,
                "/Encode": NUMBERS,
            },
            frozenset(("/Domain", "/Functions", "/Bounds", "/Encode")),
        )
    ),
    "4": stream(
        Kind(
            "CalculatorFunction",
            _COMMON | {"/FunctionType": integer(4, 4)},
            frozenset(("/Domain", "/Range")),
            data=_calculator,
        )
    ),
}

FUNCTION_OR_SEVERAL = either(FUNCTION, array(FUNCTION, least=1, most=COMPONENTS))

_CALIBRATED = {
    "/WhitePoint": numbers(3),
    "/BlackPoint": numbers(3),
}

_PROFILE = Kind(
    "IccProfile",
    {
        "/N": integer(1, 4),
        "/Range": NUMBERS,
        "/Alternate": later(lambda: COLOUR_SPACE),
    },
    frozenset(("/N",)),
    data=streams.general,
)


COLOUR_SPACE: Rule = later(lambda: _COLOUR_SPACES)

DEVICE = names(
    "/DeviceGray",
    "/DeviceRGB",
    "/DeviceCMYK",
    "/CalGray",
    "/CalRGB",
    "/CalCMYK",
    "/G",
    "/RGB",
    "/CMYK",
    "/Pattern",
    "/I",
)

_COLOUR_SPACES: Rule = either(
    DEVICE,
    sequence(names("/DeviceGray", "/DeviceRGB", "/DeviceCMYK", "/Pattern", "/G", "/RGB", "/CMYK")),
    sequence(names("/ICCBased"), stream(_PROFILE)),
    sequence(
        names("/CalGray"),
        dictionary(Kind("CalGray", _CALIBRATED | {"/Gamma": NUMBER}, frozenset(("/WhitePoint",)))),
    ),
    sequence(
        names("/CalRGB"),
        dictionary(
            Kind(
                "CalRgb",
                _CALIBRATED | {"/Gamma": numbers(3), "/Matrix": numbers(9)},
                frozenset(("/WhitePoint",)),
            )
        ),
    ),
    sequence(
        names("/Lab"),
        dictionary(Kind("Lab", _CALIBRATED | {"/Range": numbers(4)}, frozenset(("/WhitePoint",)))),
    ),
    sequence(
        names("/Indexed", "/I"),
        COLOUR_SPACE,
        integer(0, 4095),
        either(scalar(String), stream(Kind("Palette", {}, data=streams.general))),
    ),
    sequence(names("/Pattern"), COLOUR_SPACE),
    sequence(names("/Separation"), NAME, COLOUR_SPACE, FUNCTION),
    # Attributes may come after these: they are for those who print.
    sequence(
        names("/DeviceN"), array(NAME, least=1, most=COMPONENTS), COLOUR_SPACE, FUNCTION, spare=1
    ),
)
