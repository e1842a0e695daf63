"""What may stand somewhere: rules that copy a value, or give nothing. Knows no particular key.

A rule takes the copier, a value of the source, and where it stands; it gives what stands there in
the target, or None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from typing import TYPE_CHECKING, Any

from pikepdf import Array, Boolean, Dictionary, Integer, Name, Object, Real, Stream, String

from pdf_security_processor.rebuild.content import spelled
from pdf_security_processor.spelling import spelling

if TYPE_CHECKING:
    from pdf_security_processor.rebuild.copier import Copier, Place

Rule = Callable[["Copier", Object, "Place"], Object | None]


StreamData = Callable[["Copier", Object, "Place"], bool]
"""Leaves a stream with its data and filters and nothing else; false: it is not to be had."""


@dataclass(frozen=True)
class Kind:
    """A kind of dictionary: what it may hold.

    Attributes:
        name: in the specification's words.
        keys: key -> rule of its value; others are left out.
        required: without these there is nothing to show.
        fixed: what is written whether it was there or not.
        data: for a stream's dictionary, what becomes of its data.
        holds_itself: whether it may be among what it holds, as resources are of forms that use the
            page's. It has nothing that is required.
    """

    name: str
    keys: Mapping[str, Rule]
    required: frozenset[str] = frozenset()
    fixed: Mapping[str, str] = field(default_factory=dict)
    data: StreamData | None = None
    holds_itself: bool = False


def scalar(*types: type[Object]) -> Rule:
    """Allow values of simple types."""

    def rule(copier: Copier, value: Object, place: Place) -> Object | None:
        return direct(value) if isinstance(value, types) else None

    return rule


NUMBER = scalar(Integer, Real)
INTEGER = scalar(Integer)
BOOLEAN = scalar(Boolean)
STRING = scalar(String)
NAME = scalar(Name)


def integer(least: int, most: int) -> Rule:
    """Allow whole numbers of a range."""

    def rule(copier: Copier, value: Object, place: Place) -> Object | None:
        fits = isinstance(value, Integer) and least <= value.as_int() <= most
        return direct(value) if fits else None

    return rule


def direct(value: Object) -> Any:
    """Give a simple value that belongs to no file."""
    if not value.is_indirect:
        return value
    if isinstance(value, Name):
        return Object.parse(value.unparse(resolved=True))
    if isinstance(value, String):
        return String(bytes(value))
    if isinstance(value, Boolean):
        return value.as_bool()
    return value.as_int() if isinstance(value, Integer) else value.as_decimal()


def names(*allowed: str) -> Rule:
    """Allow these names only."""

    def rule(copier: Copier, value: Object, place: Place) -> Object | None:
        return direct(value) if isinstance(value, Name) and spelling(value) in allowed else None

    return rule


def text(pattern: str) -> Rule:
    """Allow strings whose bytes match a pattern from end to end."""
    compiled = re.compile(pattern.encode())

    def rule(copier: Copier, value: Object, place: Place) -> Object | None:
        fits = isinstance(value, String) and compiled.fullmatch(bytes(value))
        return direct(value) if fits else None

    return rule


def array(rule_of_item: Rule, *, least: int = 0, most: int | None = None) -> Rule:
    """Allow arrays, of so many items, of which each is allowed."""

    def rule(copier: Copier, value: Object, place: Place) -> Object | None:
        if not isinstance(value, Array):
            return None
        if len(value) < least or (most is not None and len(value) > most):
            return None
        return copier.once(value, rule, lambda: _items(copier, value, repeat(rule_of_item), place))

    return rule


def those(rule_of_item: Rule) -> Rule:
    """Allow arrays, and of their items those that are allowed; others go."""

    def copied(copier: Copier, value: Object, place: Place) -> Object:
        kept = []
        with copier.deeper(place):
            for number, item in enumerate(value):
                made = rule_of_item(copier, item, place.at(number)) if item is not None else None
                if made is None:
                    copier.leave_out(place, "item")
                else:
                    kept.append(made)
        return Array(kept)

    def rule(copier: Copier, value: Object, place: Place) -> Object | None:
        if not isinstance(value, Array):
            return None
        return copier.once(value, rule, lambda: copied(copier, value, place))

    return rule


def sequence(*rules: Rule, spare: int = 0) -> Rule:
    """Allow arrays of exactly these items; so many more may come, and are left out."""

    def rule(copier: Copier, value: Object, place: Place) -> Object | None:
        if not isinstance(value, Array) or not 0 <= len(value) - len(rules) <= spare:
            return None
        return copier.once(value, rule, lambda: _items(copier, value, rules, place))

    return rule


def _items(copier: Copier, value: Object, rules: Iterable[Rule], place: Place) -> Object | None:
    copied = []
    with copier.deeper(place):
        for number, (item, rule) in enumerate(zip(value, rules, strict=False)):
            made = rule(copier, item, place.at(number)) if item is not None else None
            if made is None:
                return None
            copied.append(made)
    return Array(copied)


def numbers(count: int) -> Rule:
    """Allow arrays of so many numbers."""
    return array(NUMBER, least=count, most=count)


NUMBERS = array(NUMBER)
RECTANGLE = numbers(4)
MATRIX = numbers(6)


def either(*rules: Rule) -> Rule:
    """Allow what the first of these rules that allows it gives."""

    def rule(copier: Copier, value: Object, place: Place) -> Object | None:
        for each in rules:
            made = each(copier, value, place)
            if made is not None:
                return made
        return None

    return rule


def mapping(rule_of_value: Rule) -> Rule:
    """Allow dictionaries whose keys are anybody's, and whose values are allowed; others go."""

    def copied(copier: Copier, value: Object, place: Place) -> Object:
        made = Dictionary()
        with copier.deeper(place):
            for key, item in value.items():
                kept = rule_of_value(copier, item, place.at(key)) if item is not None else None
                if kept is None:
                    copier.leave_out(place, key)
                else:
                    made[spelled(key)] = kept
        return made

    def rule(copier: Copier, value: Object, place: Place) -> Object | None:
        if not isinstance(value, Dictionary):
            return None
        return copier.once(value, rule, lambda: copied(copier, value, place))

    return rule


def dictionary(kind: Callable[[], Kind] | Kind) -> Rule:
    """Allow dictionaries of a kind; one that is defined later is given by a function."""

    def rule(copier: Copier, value: Object, place: Place) -> Object | None:
        if not isinstance(value, Dictionary):
            return None
        return copier.dictionary(value, kind if isinstance(kind, Kind) else kind(), place)

    return rule


def stream(kind: Callable[[], Kind] | Kind) -> Rule:
    """Allow streams of a kind; one that is defined later is given by a function."""

    def rule(copier: Copier, value: Object, place: Place) -> Object | None:
        if not isinstance(value, Stream):
            return None
        return copier.stream(value, kind if isinstance(kind, Kind) else kind(), place)

    return rule


def later(find: Callable[[], Rule]) -> Rule:
    """Allow what a rule allows that is defined further down: things hold things of their kind."""

    def rule(copier: Copier, value: Object, place: Place) -> Object | None:
        return find()(copier, value, place)

    return rule


def by_key(key: str, rules: Callable[[], Mapping[str, Rule]]) -> Rule:
    """Choose the rule by a value in the dictionary itself, such as `/Subtype`, as it is spelled."""

    def rule(copier: Copier, value: Object, place: Place) -> Object | None:
        if not isinstance(value, Dictionary | Stream):
            return None
        choice = value.get(key)
        if choice is None:
            return None
        wanted = rules().get(spelling(choice))
        return wanted(copier, value, place) if wanted else None

    return rule
