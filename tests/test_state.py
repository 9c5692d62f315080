"""The state is input: what it names is checked before it is used, and no link in it is followed."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

import tbingest
from tbingest.logdir.state import JobState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OPTIONS = tbingest.Options(plots="none")


@pytest.fixture
def converted(tmp_path: Path) -> Path:
    """A folder with logs that were converted to `runs`."""
    (tmp_path / "logs" / "exp").mkdir(parents=True)
    log = tmp_path / "logs" / "exp" / "t.jsonl"
    log.write_text("".join(json.dumps({"step": n, "loss": n / 2}) + "\n" for n in range(50)))
    tbingest.convert(tmp_path / "logs", tmp_path / "runs", OPTIONS)
    return tmp_path


def change(folder: Path, how: Callable[[dict[str, Any]], object]) -> Path:
    """Write another state, with its checksum."""
    (path,) = (folder / "runs" / ".tbingest").glob("*.json")
    data = json.loads(path.read_text())
    data.pop("digest")
    how(data)
    text = json.dumps(data, separators=(",", ":"), sort_keys=True).encode()[1:]
    digest = hashlib.blake2b(text, digest_size=16).hexdigest().encode()
    path.write_bytes(b'{"digest":"%s",' % digest + text)
    return path


HOSTILE: list[Callable[[dict[str, Any]], object]] = [
    lambda data: data["runs"]["exp"].update(file="../../outside"),
    lambda data: data["runs"]["exp"].update(older=[["../../outside", 5]]),
    lambda data: data["runs"]["exp"].update(drop=["../../outside"]),
    lambda data: data["runs"].update({"../../x": data["runs"]["exp"]}),
    lambda data: data["runs"].update({"/x": data["runs"]["exp"]}),
    lambda data: data["runs"]["exp"].update(length=-1),
    lambda data: data["runs"]["exp"].update(tracks={"loss": ["scalar", 1, [[0, 1, 1 << 60, 2]]]}),
    lambda data: data["runs"]["exp"].update(
        tracks={"loss": ["scalar", 1, [[0, 1, 1, 2]], [["a"]]]}
    ),
    lambda data: data.update(owners=[]),
    lambda data: data["owners"].update({"2": {}}),
    lambda data: data["sources"]["exp/t.jsonl"].update(run="../../outside"),
    lambda data: data["sources"]["exp/t.jsonl"].update(restarts=[]),
    lambda data: data["sources"]["exp/t.jsonl"].update(memory={"seen": 1}),
    lambda data: data["sources"]["exp/t.jsonl"].update(feed={}, header="a,b\n", head=[]),
    lambda data: data["sources"]["exp/t.jsonl"]["memory"].update(seen="x"),
    lambda data: data["sources"]["exp/t.jsonl"]["roles"].update(why=3),
    lambda data: data["sources"]["exp/t.jsonl"]["feed"].update(tail="zz"),
    lambda data: data["sources"]["exp/t.jsonl"]["feed"].pop("head"),
    lambda data: data["sources"]["exp/t.jsonl"]["feed"]["reader"].update(consumed=-1),
    lambda data: data["sources"]["exp/t.jsonl"]["trainings"]["exp"].update(counters=[{}]),
    lambda data: data.update(sources={"exp/t.jsonl": []}),
]


def test_the_state_of_many_logs_is_not_written_after_each(tmp_path: Path) -> None:
    """It names them all, so to write it is work that grows with them."""
    for number in range(100):
        log = tmp_path / "logs" / f"run_{number}.csv"
        log.parent.mkdir(exist_ok=True)
        log.write_text(f"step,loss\n1,{number}\n2,{number / 2}\n")
    tbingest.convert(tmp_path / "logs", tmp_path / "runs", OPTIONS)
    (path,) = (tmp_path / "runs" / ".tbingest").glob("*.json")
    assert json.loads(path.read_text())["commits"] <= 5


def test_a_torn_line_of_the_journal_hides_no_other(tmp_path: Path) -> None:
    """A crash within it, and another one later: what was begun before and after is known."""
    (tmp_path / ".tbingest").mkdir()
    state = JobState(str(tmp_path), "run", "root", "options")
    state.commit()
    state.begin({"source": "a", "stop": 1, "close": False})
    (journal,) = (tmp_path / ".tbingest").glob("*.journal")
    with journal.open("ab") as stream:
        stream.write(journal.read_bytes()[:30])
    again = JobState(str(tmp_path), "run", "root", "options")
    assert [part["source"] for part in again.pending()] == ["a"]
    again.begin({"source": "b", "stop": 2, "close": True})
    later = JobState(str(tmp_path), "run", "root", "options")
    assert [(part["source"], part["stop"]) for part in later.pending()] == [("a", 1), ("b", 2)]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("how", HOSTILE)
def test_a_state_that_names_what_it_should_not_is_built_anew(
    converted: Path, how: Callable[[dict[str, Any]], object], *, force: bool
) -> None:
    """Nothing outside of the logdir is written or deleted."""
    outside = converted / "outside"
    outside.write_text("mine")
    change(converted, how)
    options = tbingest.Options(plots="none", force=force)
    report = tbingest.convert(converted / "logs", converted / "runs", options)
    assert "damaged or of another version" in report.notes[0]
    assert outside.read_text() == "mine"
    again = tbingest.convert(converted / "logs", converted / "runs", OPTIONS)
    assert (again.points, again.bytes_written, again.notes) == (0, 0, [])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("name", ["json", "journal", "new"])
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_no_link_is_followed_and_no_pipe_waited_for(converted: Path, kind: str, name: str) -> None:
    """Whatever lies in the folder of the state."""
    (state,) = (converted / "runs" / ".tbingest").glob("*.json")
    path = state.with_suffix(f".{name}")
    path.unlink(missing_ok=True)
    outside = converted / "outside"
    outside.write_text("mine")
    if kind == "link":
        path.symlink_to(outside)
    else:
        os.mkfifo(path)
    with (converted / "logs" / "exp" / "t.jsonl").open("a") as log:
        log.write('{"step": 50, "loss": 25.0}\n')
    tbingest.convert(converted / "logs", converted / "runs", OPTIONS)
    assert outside.read_text() == "mine"
    assert state.is_file()
    assert not state.is_symlink()
