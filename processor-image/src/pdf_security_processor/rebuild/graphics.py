"""Resources of content streams, and what may stand in them: ISO 32000-2, 7.8.3 and chapter 8."""

from __future__ import annotations

from pikepdf import Object, Stream

from pdf_security_processor.rebuild import images, streams
from pdf_security_processor.rebuild.content import without_hidden
from pdf_security_processor.rebuild.copier import Copier, Place
from pdf_security_processor.rebuild.fonts import FONT
from pdf_security_processor.rebuild.functions import (
    COLOUR_SPACE,
    FUNCTION,
    FUNCTION_OR_SEVERAL,
)
from pdf_security_processor.rebuild.rules import (
    BOOLEAN,
    MATRIX,
    NAME,
    NUMBER,
    NUMBERS,
    RECTANGLE,
    Kind,
    Rule,
    array,
    by_key,
    dictionary,
    either,
    integer,
    later,
    mapping,
    names,
    numbers,
    sequence,
    stream,
)

GROUP = dictionary(
    Kind(
        "TransparencyGroup",
        {"/S": names("/Transparency"), "/CS": COLOUR_SPACE, "/I": BOOLEAN, "/K": BOOLEAN},
        frozenset(("/S",)),
        {"/Type": "/Group"},
    )
)


RESOURCES = later(lambda: _RESOURCES)


def _drawn(copier: Copier, value: Object, place: Place) -> bool:
    """Take a content stream, without what belongs to hidden layers or does not paint."""
    resources = value.get("/Resources")
    hidden = copier.hidden if resources is None else copier.layers.hidden_names(resources)
    if not streams.general(copier, value, place):
        return False
    if hidden is not None:
        streams.write_compressed(value, without_hidden(value, hidden))
    written = streams.made_plain(copier, [value], place)
    if written is not None:
        streams.write_compressed(value, written)
    return True


FORM = Kind(
    "Form",
    {
        "/FormType": integer(1, 1),
        "/BBox": RECTANGLE,
        "/Matrix": MATRIX,
        "/Resources": RESOURCES,
        "/Group": GROUP,
    },
    frozenset(("/BBox",)),
    {"/Type": "/XObject", "/Subtype": "/Form"},
    data=_drawn,
)

_X_OBJECT = by_key("/Subtype", lambda: {"/Image": stream(images.IMAGE), "/Form": stream(FORM)})


def _x_object(copier: Copier, value: Object, place: Place) -> Object | None:
    """Allow images and forms that are not hidden."""
    hidden = isinstance(value, Stream) and copier.layers.hides(value.get("/OC"))
    return None if hidden else _X_OBJECT(copier, value, place)


_TRANSFER = either(
    names("/Identity", "/Default"),
    FUNCTION,
    array(either(names("/Identity", "/Default"), FUNCTION), most=4),
)

_SOFT_MASK = Kind(
    "SoftMask",
    {
        "/S": names("/Alpha", "/Luminosity"),
        "/G": stream(FORM),
        "/BC": NUMBERS,
        "/TR": either(names("/Identity"), FUNCTION),
    },
    frozenset(("/S", "/G")),
    {"/Type": "/Mask"},
)

GRAPHICS_STATE = dictionary(
    Kind(
        "GraphicsState",
        {
            "/LW": NUMBER,
            "/LC": integer(0, 2),
            "/LJ": integer(0, 2),
            "/ML": NUMBER,
            "/D": sequence(NUMBERS, NUMBER),
            "/RI": NAME,
            "/OP": BOOLEAN,
            "/op": BOOLEAN,
            "/OPM": integer(0, 1),
            "/Font": sequence(FONT, NUMBER),
            "/TR": _TRANSFER,
            "/TR2": _TRANSFER,
            "/FL": NUMBER,
            "/SM": NUMBER,
            "/SA": BOOLEAN,
            "/BM": either(NAME, array(NAME, most=32)),
            "/SMask": either(names("/None"), dictionary(_SOFT_MASK)),
            "/CA": NUMBER,
            "/ca": NUMBER,
            "/AIS": BOOLEAN,
            "/TK": BOOLEAN,
        },
        fixed={"/Type": "/ExtGState"},
    )
)

_SHADING = {
    "/ColorSpace": COLOUR_SPACE,
    "/Background": NUMBERS,
    "/BBox": RECTANGLE,
    "/AntiAlias": BOOLEAN,
    "/Function": FUNCTION_OR_SEVERAL,
}
_MESH = {
    "/BitsPerCoordinate": integer(1, 32),
    "/BitsPerComponent": integer(1, 16),
    "/BitsPerFlag": integer(2, 8),
    "/VerticesPerRow": integer(2, 2**20),
    "/Decode": NUMBERS,
}


def _gradient(kind: int, **keys: Rule) -> Rule:
    more = {f"/{key}": rule for key, rule in keys.items()}
    own = {"/ShadingType": integer(kind, kind), **more}
    return dictionary(Kind(f"Shading{kind}", _SHADING | own, frozenset(("/ColorSpace",))))


def _mesh(kind: int) -> Rule:
    own = _SHADING | _MESH | {"/ShadingType": integer(kind, kind)}
    required = frozenset(("/ColorSpace", "/Decode"))
    return stream(Kind(f"Shading{kind}", own, required, data=streams.general))


_SHADINGS: dict[str, Rule] = {
    "1": _gradient(1, Domain=numbers(4), Matrix=MATRIX),
    "2": _gradient(2, Coords=numbers(4), Domain=numbers(2), Extend=array(BOOLEAN, most=2)),
    "3": _gradient(3, Coords=numbers(6), Domain=numbers(2), Extend=array(BOOLEAN, most=2)),
    **{str(kind): _mesh(kind) for kind in (4, 5, 6, 7)},
}

SHADING = by_key("/ShadingType", lambda: _SHADINGS)

_PATTERNS: dict[str, Rule] = {
    "1": stream(
        Kind(
            "TilingPattern",
            {
                "/PatternType": integer(1, 1),
                "/PaintType": integer(1, 2),
                "/TilingType": integer(1, 3),
                "/BBox": RECTANGLE,
                "/XStep": NUMBER,
                "/YStep": NUMBER,
                "/Resources": RESOURCES,
                "/Matrix": MATRIX,
            },
            frozenset(("/BBox", "/XStep", "/YStep")),
            {"/Type": "/Pattern"},
            data=_drawn,
        )
    ),
    "2": dictionary(
        Kind(
            "ShadingPattern",
            {
                "/PatternType": integer(2, 2),
                "/Shading": SHADING,
                "/Matrix": MATRIX,
                "/ExtGState": GRAPHICS_STATE,
            },
            frozenset(("/Shading",)),
            {"/Type": "/Pattern"},
        )
    ),
}

PATTERN = by_key("/PatternType", lambda: _PATTERNS)

_RESOURCES: Rule = dictionary(
    Kind(
        "Resources",
        {
            "/ExtGState": mapping(GRAPHICS_STATE),
            "/ColorSpace": mapping(COLOUR_SPACE),
            "/Pattern": mapping(PATTERN),
            "/Shading": mapping(SHADING),
            "/XObject": mapping(_x_object),
            "/Font": mapping(FONT),
        },
        holds_itself=True,
    )
)
