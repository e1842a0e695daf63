"""Files below a mount: what no path may do, and putting whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pdf_security_processor import errors
from pdf_security_processor.contract import FileLocation
from pdf_security_processor.stores import placing, volume

UID = "1b4e28ba"


def _location(root: Path, path: str = "a/b/out.pdf") -> FileLocation:
    return FileLocation(root=str(root), path=path)


def test_makes_missing_folders(tmp_path: Path) -> None:
    """A path with new folders could not be put."""
    volume.put_file(_location(tmp_path), io.BytesIO(b"x"), UID, overwrite=False)
    assert (tmp_path / "a" / "b" / "out.pdf").read_bytes() == b"x"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "a/b/out.pdf").stat().st_mode & 0o777 == 0o640


def test_two_writers_without_overwrite(tmp_path: Path) -> None:
    """Of two jobs that both saw no file, the second would replace the first one's."""
    location = _location(tmp_path, "out.pdf")
    volume.refuse_existing_file(location, UID)
    volume.put_file(location, io.BytesIO(b"first"), "other", overwrite=False)
    with pytest.raises(errors.OutputExistsError):
        volume.refuse_existing_file(location, UID)
    for late in (b"first", b"second"):
        with pytest.raises(errors.OutputExistsError):
            volume.put_file(location, io.BytesIO(late), UID, overwrite=False)
    assert [file.name for file in tmp_path.iterdir()] == ["out.pdf"]
    assert (tmp_path / "out.pdf").read_bytes() == b"first"


def _without(monkeypatch: pytest.MonkeyPatch, *abilities: str) -> None:
    """Make the file system one that lacks something; none that does can be mounted everywhere."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "not here")

    if "attributes" in abilities:
        monkeypatch.setattr(os, "setxattr", refuse)
        monkeypatch.setattr(os, "getxattr", refuse)
    if "links" in abilities:
        monkeypatch.setattr(os, "link", refuse)
    if "renameat2" in abilities:
        monkeypatch.setattr(placing, "_rename_to_free_name", refuse)


_POORER = pytest.mark.parametrize(
    "abilities",
    [
        pytest.param((), id="all"),
        pytest.param(("links",), id="no-links"),
        pytest.param(("links", "renameat2"), id="no-links-nor-renameat2"),
    ],
)


@_POORER
@pytest.mark.parametrize("overwrite", [True, False])
def test_poorer_file_systems(
    tmp_path: Path, overwrite: bool, abilities: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing could be put on SMB and most of FUSE, or another's file be replaced there."""
    _without(monkeypatch, *abilities)
    location = _location(tmp_path, "out.pdf")
    volume.put_file(location, io.BytesIO(b"first"), "other", overwrite=overwrite)
    if not overwrite:
        with pytest.raises(errors.OutputExistsError):
            volume.put_file(location, io.BytesIO(b"second"), UID, overwrite=False)
    assert [file.name for file in tmp_path.iterdir()] == ["out.pdf"]
    assert (tmp_path / "out.pdf").read_bytes() == b"first"


@_POORER
def test_retry_replaces_its_own(
    tmp_path: Path, abilities: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that was killed after its upload would fail for good: its own output is in its way."""
    _without(monkeypatch, *abilities)
    location = _location(tmp_path, "out.pdf")
    for content in (b"first", b"second", b"second"):
        volume.refuse_existing_file(location, UID)
        volume.put_file(location, io.BytesIO(content), UID, overwrite=False)
        assert (tmp_path / "out.pdf").read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["out.pdf"]


def test_retry_without_attributes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing tells whose a file is, a retry would fail, or replace another's."""
    _without(monkeypatch, "attributes")
    location = _location(tmp_path, "out.pdf")
    for _ in range(2):
        volume.refuse_existing_file(location, UID)
        volume.put_file(location, io.BytesIO(b"same"), UID, overwrite=False)
    for other in (b"else", b"longer"):
        with pytest.raises(errors.OutputExistsError):
            volume.put_file(location, io.BytesIO(other), UID, overwrite=False)
    assert (tmp_path / "out.pdf").read_bytes() == b"same"


def test_lost_answer_to_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over NFS a link that was made could be answered with EEXIST, and fail the job for good."""
    _without(monkeypatch, "attributes")
    link = os.link

    def lost(*arguments: Any, **named: Any) -> None:
        link(*arguments, **named)
        raise FileExistsError(errno.EEXIST, "exists")

    monkeypatch.setattr(os, "link", lost)
    monkeypatch.setattr(placing, "_digest", lambda *_: pytest.fail("the inode says it all"))
    volume.put_file(_location(tmp_path, "out.pdf"), io.BytesIO(b"x"), UID, overwrite=False)
    assert [file.name for file in tmp_path.iterdir()] == ["out.pdf"]


_KILLED = """
import io, os, sys
from pdf_security_processor.contract import FileLocation
from pdf_security_processor.stores import placing, volume
def refuse(*_, **__): raise OSError(95, "not here")
def kill(*_, **__): os.kill(os.getpid(), 9)
class Content(io.BytesIO):
    def read(self, amount=-1):
        if self.tell() and sys.argv[3] == "writing": kill()
        return super().read(amount)
if sys.argv[3] != "writing":
    os.link = placing._rename_to_free_name = refuse
    os.rename = kill
place = FileLocation(root=sys.argv[1], path="out.pdf")
volume.put_file(place, Content(b"x" * 2**21), sys.argv[2], overwrite=False)
"""


@pytest.mark.parametrize("when", ["writing", "reserved"])
def test_retry_after_a_kill(tmp_path: Path, when: str) -> None:
    """Halves of documents would stay in the claim, or a reservation be in the job's own way."""
    (tmp_path / f".out.pdf.{UID}0.x.partial").write_bytes(b"another job's")
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path), UID, when], capture_output=True, check=False
    )
    assert done.returncode == -9, done.stderr
    assert len(list(tmp_path.iterdir())) == (2 if when == "writing" else 3)
    location = _location(tmp_path, "out.pdf")
    volume.refuse_existing_file(location, UID)
    volume.put_file(location, io.BytesIO(b"whole"), UID, overwrite=False)
    assert (tmp_path / "out.pdf").read_bytes() == b"whole"
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        f".out.pdf.{UID}0.x.partial",
        "out.pdf",
    ]


@pytest.mark.parametrize("by", ["content", "size"])
def test_changed_while_read(tmp_path: Path, by: str) -> None:
    """The first half of one version would be joined to the second half of another."""
    file = tmp_path / "in.pdf"
    file.write_bytes(b"a" * 3 * 2**20)
    with volume.open_file(_location(tmp_path, "in.pdf")) as chunks:
        assert next(chunks)[:1] == b"a"
        with file.open("r+b") as writer:
            writer.seek(0, os.SEEK_END if by == "size" else os.SEEK_SET)
            writer.write(b"b")
        with pytest.raises(errors.InputChangedError):
            b"".join(chunks)


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_does_not_replace_what_is_no_file(tmp_path: Path, kind: str) -> None:
    """Overwriting would follow or destroy something else of the claim."""
    target = tmp_path / "out.pdf"
    if kind == "link":
        target.symlink_to("elsewhere")
    elif kind == "folder":
        target.mkdir()
    else:
        os.mkfifo(target)
    with pytest.raises(errors.PathRefusedError):
        volume.put_file(_location(tmp_path, "out.pdf"), io.BytesIO(b"x"), UID, overwrite=True)
    assert [file.name for file in tmp_path.iterdir()] == ["out.pdf"]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        pytest.param(errno.ENOSPC, errors.OutputFullError, id="full"),
        pytest.param(errno.EDQUOT, errors.OutputFullError, id="quota"),
        pytest.param(errno.EIO, errors.StorageUnavailableError, id="broken"),
        pytest.param(errno.ESTALE, errors.StorageUnavailableError, id="stale"),
        pytest.param(errno.EACCES, errors.AccessDeniedError, id="denied"),
        pytest.param(errno.EROFS, errors.AccessDeniedError, id="read-only"),
    ],
)
def test_failing_write_leaves_nothing(
    tmp_path: Path,
    number: int,
    expected: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A claim would fill with halves of documents, or a passing fault end a job for good."""

    def fail(_: int) -> None:
        raise OSError(number, "failed")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(expected):
        volume.put_file(_location(tmp_path, "out.pdf"), io.BytesIO(b"x"), UID, overwrite=True)
    assert list(tmp_path.iterdir()) == []


def test_failing_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken volume would look like the end of the document."""
    (tmp_path / "in.pdf").write_bytes(b"x" * 10)

    def fail(*_: int) -> bytes:
        raise OSError(errno.EIO, "failed")

    with volume.open_file(_location(tmp_path, "in.pdf")) as chunks:
        monkeypatch.setattr(os, "read", fail)
        with pytest.raises(errors.StorageUnavailableError):
            next(chunks)


def test_long_names(tmp_path: Path) -> None:
    """A name of the longest kind could not be put, for the hidden name would be longer."""
    name = "é" * 125 + ".pdf"
    volume.put_file(_location(tmp_path, name), io.BytesIO(b"x"), UID, overwrite=False)
    assert (tmp_path / name).read_bytes() == b"x"


@given(st.text(max_size=60))
@example("a/../b")
@example("a/\0")
@example("a" * 256)
@example("\ud800")
@example("..")
def test_paths_stay_below(path: str) -> None:
    """Some spelling of a path would lead out of the claim."""
    try:
        names = volume.path_components(path)
    except errors.PathRefusedError:
        return
    assert names
    assert "/".join(names) == path
    for name in names:
        assert name not in ("", ".", "..")
        assert "/" not in name
        assert "\0" not in name
        assert len(os.fsencode(name)) <= 255


@given(st.text(alphabet="./ab\0é", max_size=12), st.booleans())
def test_nothing_is_written_elsewhere(
    tmp_path_factory: pytest.TempPathFactory, path: str, overwrite: bool
) -> None:
    """Some spelling of a path would be written outside the claim."""
    outer = tmp_path_factory.mktemp("outer")
    root = outer / "claim"
    root.mkdir()
    location = FileLocation.model_construct(root=str(root), path=path)
    try:
        volume.put_file(location, io.BytesIO(b"x"), UID, overwrite=overwrite)
    except errors.PathRefusedError:
        assert list(root.rglob("*")) == []
    else:
        assert (root / path).read_bytes() == b"x"
    assert [entry.name for entry in outer.iterdir()] == ["claim"]
