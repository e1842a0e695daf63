"""Fields that stay to be filled in, where a job asks for it: ISO 32000-2, 12.7.

Text fields, choices, check boxes and radio buttons that are shown, with their values, and without
whatever they do. The tree of fields is made anew of their names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pikepdf import Array, Dictionary, Integer, Name, Object, String

from pdf_security_processor.rebuild.copier import Copier, Place
from pdf_security_processor.rebuild.fonts import FONT
from pdf_security_processor.rebuild.graphics import FORM
from pdf_security_processor.rebuild.rules import (
    INTEGER,
    NAME,
    NUMBER,
    NUMBERS,
    RECTANGLE,
    STRING,
    Kind,
    Rule,
    array,
    dictionary,
    either,
    integer,
    mapping,
    names,
    sequence,
    stream,
    text,
)

PARTS = 32
"""Of a field's name; real forms have less than ten."""

ANCESTORS = 64
"""Of a field, with those that have no name."""

NAME_BYTES = 1024
"""Of one part of a field's name."""

_PUSH_BUTTON = 1 << 16
_FILE_SELECT, _RICH_TEXT, _COMMIT = 1 << 20, 1 << 25, 1 << 26
"""Tables 229 and 231: the first has no value; the others have a file sent, or hold more than text,
or do something at once."""

_DEFAULT_APPEARANCE = b"/Helv 0 Tf 0 g"

_STATES = mapping(stream(FORM))
_LOOK = either(stream(FORM), _STATES)

_WIDGET = Kind(
    "Widget",
    {
        "/Rect": RECTANGLE,
        "/F": INTEGER,
        "/AS": NAME,
        "/AP": dictionary(
            Kind("Appearance", {"/N": _LOOK, "/R": _LOOK, "/D": _LOOK}, frozenset(("/N",)))
        ),
        "/MK": dictionary(
            Kind(
                "AppearanceCharacteristics",
                {
                    "/R": INTEGER,
                    "/BC": NUMBERS,
                    "/BG": NUMBERS,
                    **dict.fromkeys(("/CA", "/RC", "/AC"), STRING),
                    "/TP": integer(0, 6),
                },
            )
        ),
        "/BS": dictionary(
            Kind(
                "BorderStyle",
                {"/W": NUMBER, "/S": names("/S", "/D", "/B", "/I", "/U"), "/D": NUMBERS},
            )
        ),
        "/Border": NUMBERS,
        "/H": names("/N", "/I", "/O", "/P"),
    },
    frozenset(("/Rect",)),
    {"/Type": "/Annot", "/Subtype": "/Widget"},
)

_WORD = r"(?:/[A-Za-z0-9_.+-]{1,64}|[-+.0-9]{1,16}|Tf|g|rg|k)"
"""Of a default appearance: fonts, numbers and colours are all that it needs."""

_VALUE = either(STRING, NAME, array(STRING))

_FIELD: dict[str, Rule] = {
    "/FT": names("/Tx", "/Ch", "/Btn"),
    "/TU": STRING,
    "/V": _VALUE,
    "/DV": _VALUE,
    # Readers run it as content.
    "/DA": text(rf"{_WORD}(?:\s+{_WORD}){{0,32}}\s*"),
    "/Q": integer(0, 2),
    "/MaxLen": integer(0, 2**20),
    "/Opt": array(either(STRING, sequence(STRING, STRING))),
    "/TI": INTEGER,
    "/I": array(INTEGER),
}
"""What a field has of its own, or of those above it."""

_FORM_RESOURCES = dictionary(Kind("FormResources", {"/Font": mapping(FONT)}))


_READ = ("/T", "/Ff", *_FIELD)


@dataclass(frozen=True)
class _Source:
    """A field as the document has it, or a widget, read before it becomes something else."""

    node: Object
    values: dict[str, Object]
    above: Object | None

    @property
    def part(self) -> bytes | None:
        """Its part of the name."""
        part = self.values.get("/T")
        data = bytes(part) if isinstance(part, String) else b""
        return data if 0 < len(data) <= NAME_BYTES else None


@dataclass
class _Node:
    """A field of the new tree."""

    made: Object
    children: dict[bytes, _Node] = field(default_factory=dict)
    has_widgets: bool = False


class KeptFields:
    """The fields that stay, as they are met on pages."""

    def __init__(self) -> None:
        self._roots: dict[bytes, _Node] = {}
        self._read: dict[tuple[int, int], _Source] = {}

    def widget_of(self, copier: Copier, annotation: Object, place: Place) -> Object | None:
        """Copy a widget, and its field; None where it does not stay.

        Args:
            copier: of the document.
            annotation: that is shown.
            place: where it stands.
        """
        if annotation.get("/Subtype") != Name.Widget:
            return None
        lineage = list(self._lineage_of(annotation))
        named = [each for each in reversed(lineage) if each.part]
        if not 0 < len(named) <= PARTS or len(lineage) > ANCESTORS:
            return None
        own = _attributes_of(copier, lineage, place)
        if "/FT" not in own or _is_push_button(own, lineage):
            return None
        made = copier.filled(annotation, _WIDGET, place)
        if made is None:
            return None
        node = self._node_of(copier, named, annotation)
        if node is None:
            return None
        if not node.has_widgets:
            node.has_widgets = True
            for key, value in own.items():
                node.made[key] = value
        widget = copier.put(annotation, made)
        widget["/Parent"] = node.made
        node.made["/Kids"].append(widget)
        return widget

    def form(self, copier: Copier, old: Object | None) -> Object | None:
        """Make the form's dictionary; None where no field stays."""
        if not self._roots:
            return None
        form = Dictionary(
            Fields=Array([node.made for node in self._roots.values()]),
            DA=String(_DEFAULT_APPEARANCE),
        )
        resources = old.get("/DR") if isinstance(old, Dictionary) else None
        if resources is not None:
            made = _FORM_RESOURCES(copier, resources, Place(None, "form /DR "))
            if made is not None:
                form["/DR"] = made
        return form

    def _node_of(self, copier: Copier, named: list[_Source], annotation: Object) -> _Node | None:
        """Find or make the field of a name; None where the name is of one that has others in it."""
        level, above, node = self._roots, None, None
        for source in named:
            if node is not None and node.has_widgets:
                return None
            part = source.part or b""
            node = level.get(part)
            if node is None:
                made = self._field_made(copier, source, part, annotation)
                node = level[part] = _Node(made)
                if above is not None:
                    made["/Parent"] = above.made
                    above.made["/Kids"].append(made)
            level, above = node.children, node
        return None if node is None or node.children else node

    def _field_made(
        self, copier: Copier, source: _Source, part: bytes, annotation: Object
    ) -> Object:
        """Make a field, under the number of the old one where that is not its widget as well."""
        made = Dictionary(T=String(part), Kids=Array())
        if source.node.objgen == annotation.objgen:
            return copier.pdf.make_indirect(made)
        return copier.put(source.node, made)

    def _lineage_of(self, annotation: Object) -> Iterator[_Source]:
        """Give a widget and the fields above it, from it upwards; one more than there may be."""
        seen: set[tuple[int, int]] = set()
        node: Object | None = annotation
        count = 0
        while isinstance(node, Dictionary) and count <= ANCESTORS:
            count += 1
            if node.is_indirect:
                if node.objgen in seen:
                    return
                seen.add(node.objgen)
            source = self._source_of(node)
            yield source
            node = source.above

    def _source_of(self, node: Object) -> _Source:
        known = self._read.get(node.objgen) if node.is_indirect else None
        if known is None:
            values = {key: node[key] for key in _READ if node.get(key) is not None}
            known = _Source(node, values, node.get("/Parent"))
            if node.is_indirect:
                self._read[node.objgen] = known
        return known


def _attributes_of(copier: Copier, lineage: list[_Source], place: Place) -> Object:
    """Copy what a field has, of its own or of those above it."""
    made = Dictionary()
    for key, rule in _FIELD.items():
        value = _inherited(lineage, key)
        copied = None if value is None else rule(copier, value, place.at(key))
        if copied is not None:
            made[key] = copied
    flags = _flags_of(lineage) & ~(_FILE_SELECT | _RICH_TEXT | _COMMIT)
    if flags:
        made["/Ff"] = flags
    if made.get("/FT") in (Name.Tx, Name.Ch) and "/DA" not in made:
        made["/DA"] = String(_DEFAULT_APPEARANCE)
    return made


def _is_push_button(own: Object, lineage: list[_Source]) -> bool:
    """Tell whether a field has no value, and only does something."""
    return own["/FT"] == Name.Btn and bool(_flags_of(lineage) & _PUSH_BUTTON)


def _flags_of(lineage: list[_Source]) -> int:
    flags = _inherited(lineage, "/Ff")
    return flags.as_int() if isinstance(flags, Integer) else 0


def _inherited(lineage: list[_Source], key: str) -> Object | None:
    return next((each.values[key] for each in lineage if key in each.values), None)
