"""Reads YAML as kubectl does, and remembers the line of every field. Checks no rule of ours."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml

from pdf_security_operator.cli.errors import Finding, ManifestRefusedError, UsageError
from pdf_security_operator.cli.schema_faults import path_of
from pdf_security_operator.cli.text import is_utf8, printable

STDIN = "-"

_FILE_BYTES = 4 * 1024**2
"""No API server takes a resource near this size."""

_DEPTH = 100
_NODES = 200_000
"""Values that a file may expand to: aliases of aliases grow beyond all memory."""

_EXACT = 2**53
"""Below it a floating-point number is exactly the whole number it shows."""

_NO_RESOURCE = "must be a map with apiVersion, kind and spec"

_Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """One resource of a file.

    Attributes:
        file: name of the file, as it was given.
        data: the resource.
        lines: line of each field, by path.
    """

    file: str
    data: dict[str, Any]
    lines: dict[str, int]

    def line_of(self, field: str) -> int:
        """Give the line of a field, or of the nearest field above it."""
        while field and field not in self.lines:
            field = field[: max(field.rfind("."), field.rfind("["), 0)]
        return self.lines.get(field, 1)


def read_documents(file: str) -> list[Document]:
    """Read the resources of a file.

    Args:
        file: a path, or `-` for standard input.

    Raises:
        UsageError: it cannot be read, or its name is not UTF-8.
        ManifestRefusedError: not YAML, or a key is given twice.
    """
    if not is_utf8(file):
        raise UsageError(f"{printable(file)}: the file's name is not UTF-8: rename it")
    try:
        with sys.stdin.buffer if file == STDIN else Path(file).open("rb") as stream:
            content = stream.read(_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    if len(content) > _FILE_BYTES:
        raise UsageError(f"{file}: larger than {_FILE_BYTES} bytes: no manifest is")
    return list(parse_documents("<stdin>" if file == STDIN else file, content))


def parse_documents(file: str, content: bytes) -> Iterator[Document]:
    """Parse the resources of a file's content; empty ones are passed over.

    Raises:
        ManifestRefusedError: not YAML, or a key is given twice.
    """
    try:
        loader = _Loader(content)
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                break
            lines: dict[str, int] = {}
            data = _Builder(loader, file, lines).build(node, (), 0)
            if isinstance(data, dict):
                yield from _unpacked(Document(file, data, lines))
            elif data is not None:
                raise _refused(file, node, _NO_RESOURCE)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        message = f"is not YAML: {error.problem or error.context}"
        raise ManifestRefusedError([Finding(file, line, "", message)]) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        message = f"is not YAML: {str(error).splitlines()[0] if str(error) else 'unreadable'}"
        raise ManifestRefusedError([Finding(file, 1, "", message)]) from error


def _unpacked(document: Document) -> Iterator[Document]:
    """Give the resources of a List, of Lists in Lists too, as kubectl applies them."""
    items = document.data.get("items")
    if document.data.get("kind") != "List" or not isinstance(items, list):
        yield document
        return
    for index, item in enumerate(items):
        place = path_of(("items", index))
        if not isinstance(item, dict):
            line = document.line_of(place)
            raise ManifestRefusedError([Finding(document.file, line, place, _NO_RESOURCE)])
        lines = {
            field.removeprefix(place).removeprefix("."): line
            for field, line in document.lines.items()
            # Closed by its bracket, no place begins another.
            if field.startswith(place)
        }
        yield from _unpacked(Document(document.file, item, lines))


class _Loader(yaml.SafeLoader):
    """YAML 1.1 as kubectl's parser reads it (sigs.k8s.io/yaml).

    Unlike PyYAML's: dates, times and `=` are text, `y` and `n` are not, and 1e1 is a number.
    """

    bool_values: ClassVar = {**yaml.SafeLoader.bool_values, "y": True, "n": False}


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, expression)
        for tag, expression in resolvers
        if not tag.endswith((":timestamp", ":value", ":int", ":float"))
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^[yYnN]$"), list("yYnN"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int",
    re.compile(r"^[-+]?(0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$"),
    list("-+0123456789"),
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^([-+]?(\.[0-9_]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan)$"),
    list("-+0123456789."),
)


class _Builder:
    """Makes plain data of one document's nodes."""

    def __init__(self, loader: _Loader, file: str, lines: dict[str, int]) -> None:
        self._loader = loader
        self._file = file
        self._lines = lines
        self._count = 0

    def build(self, node: yaml.Node, path: _Path, depth: int) -> Any:
        """Give a node's value, and note the lines of all below it."""
        self._count += 1
        if depth > _DEPTH or self._count > _NODES:
            raise _refused(self._file, node, "is nested too deeply, or aliases make it too large")
        self._lines.setdefault(path_of(path), node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._map(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [
                self.build(item, (*path, index), depth + 1) for index, item in enumerate(node.value)
            ]
        value = self._loader.construct_object(node)
        # On its way through JSON 1e1 becomes 10, which is an integer.
        whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT
        return int(value) if whole else value

    def _map(self, node: yaml.MappingNode, path: _Path, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                given = self.build(value_node, path, depth + 1)
                for one in given if isinstance(given, list) else [given]:
                    merged = {**(one if isinstance(one, dict) else {}), **merged}
                continue
            key = self._key(key_node)
            here = (*path, key)
            if key in found:
                raise _refused(self._file, key_node, "is given twice", path_of(here))
            self._lines[path_of(here)] = key_node.start_mark.line + 1
            found[key] = self.build(value_node, here, depth + 1)
        return {**merged, **found}

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise _refused(self._file, node, "has a key that is not text")
        value = self._loader.construct_object(node)
        if value is None:
            raise _refused(self._file, node, "has an empty key")
        return str(value).lower() if isinstance(value, bool) else str(value)


def _refused(file: str, node: yaml.Node, message: str, field: str = "") -> ManifestRefusedError:
    return ManifestRefusedError([Finding(file, node.start_mark.line + 1, field, message)])
