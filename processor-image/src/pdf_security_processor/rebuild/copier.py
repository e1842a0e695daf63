"""Copies what rules allow from an untrusted document into a new one. Knows no particular key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from pikepdf import Array, Dictionary, Name, Object, Pdf

from pdf_security_processor.decoding.budget import Budget
from pdf_security_processor.errors import LimitExceededError
from pdf_security_processor.rebuild.layers import Layers
from pdf_security_processor.rebuild.links import AllowedLinks
from pdf_security_processor.rebuild.rules import Kind
from pdf_security_processor.text import printable

if TYPE_CHECKING:
    from pdf_security_processor.rebuild.kept_fields import KeptFields

DEPTH = 100
"""Deepest nesting of what is copied: of forms in forms, mostly. Real documents stay below 30."""

LEFT_OUT_LISTED = 500
"""Things left out that are told one by one; the counts go on."""

_KEY_CHARACTERS = 64
_PATH_CHARACTERS = 256


class Place(NamedTuple):
    """Where something stands in the source, as keys from what it was reached from."""

    above: Place | None
    key: str | int

    def at(self, key: str | int) -> Place:
        """Give a place within this one."""
        return Place(self, key)

    def __str__(self) -> str:
        parts: list[str] = []
        place: Place | None = self
        while place:
            key = place.key
            parts.append(f"[{key}]" if isinstance(key, int) else key)
            place = place.above
        return printable("".join(reversed(parts)), _PATH_CHARACTERS)


class Levels:
    """How deep one is; a block of `with` goes one level down. There are many: this costs little."""

    __slots__ = ("depth",)

    def __init__(self) -> None:
        self.depth = 0

    def __enter__(self) -> None:
        self.depth += 1

    def __exit__(self, *_: object) -> None:
        self.depth -= 1


@dataclass
class LeftOut:
    """What no rule allowed.

    Attributes:
        counts: key -> how often.
        places: the first of them, one by one.
    """

    counts: Counter[str] = field(default_factory=Counter)
    places: list[str] = field(default_factory=list)

    def add(self, place: Place, key: str) -> None:
        """Note one."""
        self.counts[printable(key, _KEY_CHARACTERS)] += 1
        if len(self.places) < LEFT_OUT_LISTED:
            self.places.append(str(place.at(key)))


class Copier:
    """Makes dictionaries and arrays anew within a document, of what rules allow of its old ones.

    What several things share before, they share afterwards, under the number that it had. Streams'
    data is copied when the document is saved, and never held. Whatever the new objects do not refer
    to is not saved.

    Attributes:
        pdf: the document.
        budget: of decoded bytes.
        layers: which optional content is shown.
        left_out: what no rule allowed.
        form_resources: of the document's form: fonts that annotations name.
        hidden: of what has no resources of its own and uses the page's, the names of hidden layers.
        links: which links to addresses stay; none where it is None.
        fields: those that stay to be filled in; none where it is None.
        keeps_invisible_text: whether text stays that is painted invisibly.
        numbers: of names that are added.
    """

    def __init__(
        self,
        pdf: Pdf,
        budget: Budget,
        links: AllowedLinks | None = None,
        fields: KeptFields | None = None,
        *,
        keeps_invisible_text: bool = False,
    ) -> None:
        self.pdf = pdf
        self.layers = Layers(pdf)
        self.hidden: Object | None = None
        self.budget = budget
        self.left_out = LeftOut()
        form = pdf.Root.get("/AcroForm")
        self.form_resources = form.get("/DR") if isinstance(form, Dictionary) else None
        self.links = links
        self.fields = fields
        self.keeps_invisible_text = keeps_invisible_text
        self.numbers = count()
        self._made: dict[tuple[tuple[int, int], object], Object | None] = {}
        self._taken: set[tuple[int, int]] = set()
        """Objects that have become what was made of them."""
        self._levels = Levels()

    def reserve(self, objects: Iterable[Object]) -> None:
        """Keep objects from becoming what is made of them where they are met."""
        self._taken.update(each.objgen for each in objects)

    def leave_out(self, place: Place, key: str) -> None:
        """Note that something is not copied."""
        self.left_out.add(place, key)

    def deeper(self, place: Place) -> Levels:
        """Go one level down while the block runs.

        Raises:
            LimitExceededError: it is nested too deeply.
        """
        if self._levels.depth == DEPTH:
            raise LimitExceededError(f"sanitize: {place} is nested more than {DEPTH} deep.")
        return self._levels

    def once(
        self,
        value: Object,
        rule: object,
        make: Callable[[], Object | None],
        *,
        holds_itself: bool = False,
    ) -> Object | None:
        """Copy what is shared the first time that it is met under a rule, and give it again later.

        While it is being made it is not to be had: what contains itself is left out where it does,
        unless it may hold itself, which is then what it will be made into.
        """
        if not value.is_indirect:
            return make()
        known = (value.objgen, rule)
        if known not in self._made and holds_itself and value.objgen not in self._taken:
            self._taken.add(value.objgen)
            self._made[known] = value
            overwrite(value, make() or Dictionary())
        elif known not in self._made:
            self._made[known] = None
            made = make()
            self._made[known] = None if made is None else self.put(value, made)
        return self._made[known]

    def put(self, value: Object, made: Object) -> Object:
        """Give what was made the number that it had, so that a second time gives the same order."""
        if not value.is_indirect:
            return self.pdf.make_indirect(made)
        if made.is_same_object_as(value):
            return value
        if value.objgen in self._taken:
            return self.pdf.make_indirect(made)
        self._taken.add(value.objgen)
        overwrite(value, made)
        return value

    def dictionary(self, value: Object, kind: Kind, place: Place) -> Object | None:
        """Copy a dictionary as far as its kind allows; None where that leaves nothing to show."""
        return self.once(
            value,
            kind.name,
            lambda: self.filled(value, kind, place),
            holds_itself=kind.holds_itself,
        )

    def stream(self, value: Object, kind: Kind, place: Place) -> Object | None:
        """Copy a stream as far as its kind allows; None where that leaves nothing to show."""

        def make() -> Object | None:
            entries = self.filled(value, kind, place)
            # A stream is one thing only: its dictionary can be made anew once.
            if entries is None or kind.data is None or value.objgen in self._taken:
                return None
            self._taken.add(value.objgen)
            if not kind.data(self, value, place):
                return None
            for key, item in entries.items():
                value[key] = item
            return value

        return self.once(value, kind.name, make)

    def filled(self, value: Object, kind: Kind, place: Place) -> Object | None:
        """Make the entries of a kind; None where one that is required is not to be had."""
        made = Dictionary()
        for key, name in kind.fixed.items():
            made[key] = Name(name)
        with self.deeper(place):
            for key, item in value.items():
                rule = kind.keys.get(key)
                if rule is None:
                    if key not in kind.fixed and key not in _MADE_ANEW:
                        self.leave_out(place, key)
                    continue
                copied = rule(self, item, place.at(key)) if item is not None else None
                if copied is None:
                    self.leave_out(place, key)
                else:
                    made[key] = copied
        return made if all(key in made for key in kind.required) else None


def overwrite(old: Object, new: Object) -> None:
    """Let an array or a dictionary that others refer to hold what another of its type holds."""
    if isinstance(old, Array):
        old.clear()
        old.extend(list(new))
        return
    for key in list(old.keys()):
        del old[key]
    for key, item in new.items():
        old[key] = item


_MADE_ANEW = frozenset(("/Length", "/Filter", "/DecodeParms", "/Parent", "/Annots"))
"""What others than the rules take care of, and what they leave out they say."""
