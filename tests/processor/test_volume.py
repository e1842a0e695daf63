"""Files below a mount: what no path may do, and putting whole or not at all."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pdf_security_processor import errors
from pdf_security_processor.contract import FileLocation
from pdf_security_processor.stores import volume

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
    volume.refuse_existing_file(location)
    volume.put_file(location, io.BytesIO(b"first"), UID, overwrite=False)
    with pytest.raises(errors.OutputExistsError):
        volume.put_file(location, io.BytesIO(b"second"), UID, overwrite=False)
    assert [file.name for file in tmp_path.iterdir()] == ["out.pdf"]
    assert (tmp_path / "out.pdf").read_bytes() == b"first"


@pytest.mark.parametrize("overwrite", [True, False])
def test_volume_without_hard_links(
    tmp_path: Path, overwrite: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing could be put on file systems without hard links, such as SMB's and most of FUSE's."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    location = _location(tmp_path, "out.pdf")
    volume.put_file(location, io.BytesIO(b"first"), UID, overwrite=overwrite)
    if not overwrite:
        with pytest.raises(errors.OutputExistsError):
            volume.put_file(location, io.BytesIO(b"second"), UID, overwrite=False)
    assert [file.name for file in tmp_path.iterdir()] == ["out.pdf"]
    assert (tmp_path / "out.pdf").read_bytes() == b"first"


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
