"""Nothing of what hides in documents is left by `sanitize`: all vectors, in all forms."""

from __future__ import annotations

from collections import defaultdict

import pytest

from pdf_security_processor.contract import ExitCode
from processor.pods import WHATEVER_OPENS, Pod
from vectors.layout import Form, laid_out
from vectors.place import Place
from vectors.proof import NoVectorError, check_vector, shows_its_page
from vectors.residue import is_left
from vectors.sanitizers import sanitized_here
from vectors.table import GROUPS, TAKEN, Vector, vectors

BY_GROUP: dict[str, list[Vector]] = defaultdict(list)
for _each in vectors():
    BY_GROUP[_each.group].append(_each)

HIDDEN = [group for group in GROUPS if group != TAKEN]


@pytest.mark.parametrize("group", GROUPS)
def test_each_vector_has_its_marker_and_shows_its_page(group: str) -> None:
    """A vector without one would prove nothing, whatever is left of it."""
    for vector in BY_GROUP[group]:
        check_vector(vector)


@pytest.mark.parametrize("group", HIDDEN)
def test_nothing_is_left(group: str) -> None:
    """Would break: what hides in one of these places travels on."""
    left, unshown = [], []
    for vector in BY_GROUP[group]:
        report, output = sanitized_here(vector.data)
        assert report.exit_code == ExitCode.SUCCEEDED, (vector.name, report.message)
        if is_left(output, vector.marker):
            left.append(vector.name)
        if not shows_its_page(output):
            unshown.append(vector.name)
    assert (left, unshown) == ([], [])


def test_nothing_is_left_by_a_pod(pod: Pod) -> None:
    """The same, by all that runs in a pod, and in its report no word of the marker."""
    vector = next(each for each in BY_GROUP["name trees"] if each.form == Form.OBJECT_STREAM)
    pod.input.write_bytes(vector.data)
    done = pod.run(pod.request(*WHATEVER_OPENS, on_signature="remove"))
    assert done.status == ExitCode.SUCCEEDED
    assert done.output is not None
    assert not is_left(done.output, vector.marker)
    assert shows_its_page(done.output)


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize(
    "text",
    ["(MARKER)", "<HEXADECIMAL>", "<FEFFWIDE>", "/MARKER", "<< /MARKER 1 >>", "[[(MARKER)]]"],
)
def test_markers_are_found_in_every_spelling(text: str, form: Form) -> None:
    """What is not found would count as gone."""
    data = laid_out(Place(catalog=f"/Unheard {text}"), form, "MARKER-1")
    assert is_left(data, "MARKER-1")
    assert not is_left(data, "MARKER-2")


def test_what_has_no_marker_is_no_vector() -> None:
    empty = laid_out(Place(), Form.DIRECT, "MARKER-1")
    with pytest.raises(NoVectorError, match="no marker"):
        check_vector(Vector("group", "place", Form.DIRECT, "MARKER-1", empty))


def test_markers_are_unique() -> None:
    """One that is part of another would be found in its stead."""
    markers = [each.marker for each in vectors()]
    assert len({marker[: len("MARKER-0000")] for marker in markers}) == len(markers)
