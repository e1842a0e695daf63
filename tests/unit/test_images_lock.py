"""Which locked lines an image is installed from. Table tests on made-up distributions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from images import lock
from images.build import REPOSITORY
from images.recipes import IMAGES

LOCK = r"""
# a comment
kopf==1.45.2 \
    --hash=sha256:aa \
    --hash=sha256:bb
Typing_Extensions==4.16.0 --hash=sha256:cc
colorama==0.4.6 ; sys_platform == 'win32' \
    --hash=sha256:dd
boto3==1.44.5 \
    --hash=sha256:ee
crt==1.0 --hash=sha256:ff
"""

REQUIRES: Mapping[str, Sequence[str]] = {
    "operator": ["kopf==1.45.2", "processor", 'boto3>=1; extra == "cli"'],
    "processor": ['boto3[crt]==1.44.5; extra == "runtime"'],
    "kopf": [
        'colorama; sys_platform == "win32"',
        'typing-extensions; python_version < "3.12"',
        'async-timeout; python_version < "3.11"',
    ],
    "boto3": ['crt; extra == "crt"'],
    # Round and round: an image with a cycle in it must not take for ever.
    "crt": ["boto3"],
}


def requires(name: str) -> Sequence[str]:
    return REQUIRES.get(name, ())


@pytest.mark.parametrize(
    ("root", "extras", "omitted", "expected"),
    [
        pytest.param("operator", (), (), ["kopf", "typing-extensions"], id="markers-of-the-image"),
        pytest.param(
            "operator",
            ("cli",),
            (),
            ["boto3", "kopf", "typing-extensions"],
            id="extra-of-the-root-only",
        ),
        pytest.param("processor", (), (), [], id="member-is-not-listed"),
        pytest.param("processor", ("runtime",), (), ["boto3", "crt"], id="extra-of-a-dependency"),
        pytest.param("processor", ("runtime",), ("crt",), ["boto3"], id="omitted"),
    ],
)
def test_closure(
    root: str, extras: Sequence[str], omitted: Sequence[str], expected: list[str]
) -> None:
    """An image would lack a module at run time, or hold one that it must not."""
    names = lock.closure_of(
        root,
        extras,
        locked=lock.locked_of(LOCK),
        members={"operator", "processor"},
        requires=requires,
        omitted=omitted,
    )
    assert names == expected


def test_reads_pins_markers_and_hashes() -> None:
    """A hash that is lost in parsing would let any wheel through."""
    locked = lock.locked_of(LOCK)
    assert locked["kopf"].hashes == ("--hash=sha256:aa", "--hash=sha256:bb")
    assert locked["colorama"].marker == "sys_platform == 'win32'"
    assert lock.build_requirements(["kopf", "typing-extensions"], locked) == (
        "kopf==1.45.2 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        "Typing_Extensions==4.16.0 \\\n    --hash=sha256:cc\n"
    )


@pytest.mark.parametrize(
    ("lines", "needed", "message"),
    [
        pytest.param("a==1\n", ["a"], "no hash", id="no-hash"),
        pytest.param("", ["a"], "not in requirements.lock", id="not-locked"),
        pytest.param(
            "a==1 ; python_version > '3.11' --hash=sha256:aa\n",
            ["a"],
            "its marker",
            id="locked-for-others",
        ),
    ],
)
def test_refuses_what_does_not_fit(lines: str, needed: list[str], message: str) -> None:
    """An image would be installed from something that no one has locked for it."""
    with pytest.raises(lock.LockError, match=message):
        lock.closure_of(
            "root",
            (),
            locked=lock.locked_of(lines),
            members={"root"},
            requires=lambda name: needed if name == "root" else (),
        )


@pytest.mark.parametrize(
    ("image", "there", "never"),
    [
        pytest.param(
            "operator",
            {"kopf", "aiohttp", "pydantic", "structlog"},
            {"pikepdf", "pyhanko", "botocore", "lxml", "pillow"},
            id="operator-parses-nothing",
        ),
        pytest.param(
            "processor",
            {"pikepdf", "pyhanko", "botocore", "h11", "pydantic", "structlog", "lxml"},
            {"kopf", "prometheus-client", "jsonschema", "pillow", "pytest", "setuptools"},
            id="processor-knows-no-cluster",
        ),
    ],
)
def test_closures_of_this_repository(image: str, there: set[str], never: set[str]) -> None:
    """The parser would be where the rights in the cluster are, or the other way round."""
    (recipe,) = (each for each in IMAGES if each.name == image)
    names = set(
        lock.closure_of(
            recipe.distribution,
            recipe.extras,
            locked=lock.locked_of((REPOSITORY / "requirements.lock").read_text()),
            members={own.distribution for each in IMAGES for own in each.own},
            requires=lock.installed_requirements,
            omitted=recipe.omitted,
        )
    )
    assert there <= names
    assert not never & names
