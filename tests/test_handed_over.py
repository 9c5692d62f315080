"""A logdir that came with a stranger's folder: nothing outside of it is written, nothing hangs."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from tbingest import Options, OutputError, convert

if TYPE_CHECKING:
    from pathlib import Path

STATE = hashlib.blake2b(b"exp", digest_size=10).hexdigest()


@pytest.fixture
def handed(tmp_path: Path) -> Path:
    """A folder with a log and a logdir, beside a file that is the person's own."""
    (tmp_path / "mine").write_text("precious")
    (tmp_path / "handed" / "exp").mkdir(parents=True)
    (tmp_path / "handed" / "exp" / "a.csv").write_text("step,loss\n1,2\n2,1\n")
    return tmp_path / "handed"


def converted(handed: Path) -> int:
    """Points that were written, of the log beside the logdir."""
    return convert(str(handed / "exp"), handed / "runs").points


@pytest.mark.parametrize("kind", ["link", "fifo"])
@pytest.mark.parametrize(
    "name", ["holder", "lock", f"{STATE}.new", f"{STATE}.journal", f"{STATE}.json", "other.json"]
)
def test_what_stands_in_the_state_folder_is_not_followed_and_ends_nothing(
    handed: Path, name: str, kind: str
) -> None:
    """A link in place of our own file would let us write over the one it names."""
    place = handed / "runs" / ".tbingest" / name
    place.parent.mkdir(parents=True)
    if kind == "link":
        place.symlink_to("../../../mine")
    else:
        os.mkfifo(place)
    assert converted(handed) == 2
    assert (handed.parent / "mine").read_text() == "precious"


@pytest.mark.parametrize("place", ["runs/exp", "runs/.tbingest"])
def test_a_linked_folder_in_a_logdir_is_not_followed(handed: Path, place: str) -> None:
    """Neither to write nor to delete."""
    (handed / "runs").mkdir()
    (handed.parent / "elsewhere").mkdir()
    (handed / place).symlink_to("../../elsewhere")
    with pytest.raises(OutputError, match="is not a folder"):
        converted(handed)
    assert list((handed.parent / "elsewhere").iterdir()) == []


def test_a_logdir_that_is_itself_a_link_is_followed(handed: Path) -> None:
    """That is how people keep it on another disk."""
    (handed.parent / "disk").mkdir()
    (handed / "runs").symlink_to("../disk")
    assert converted(handed) == 2
    assert (handed.parent / "disk" / "exp").is_dir()


def test_nothing_is_deleted_in_a_linked_run(handed: Path) -> None:
    """Not even what bears the names of our own files."""
    assert converted(handed) == 2
    (handed / "runs" / "exp").rename(handed.parent / "others")
    (handed / "runs" / "exp").symlink_to("../../others")
    before = sorted((handed.parent / "others").iterdir())
    with pytest.raises(OutputError, match="is not a folder"):
        convert(str(handed / "exp"), handed / "runs", Options(force=True))
    assert sorted((handed.parent / "others").iterdir()) == before
