"""`--adopt`: event files that lie among the logs are copied as they are, and nothing else is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from helpers.command import LOG, tbingest_, tree

import tbingest
from tbingest import Options
from tbingest.options import Plots

if TYPE_CHECKING:
    from pathlib import Path

NAME = "events.out.tfevents.1700000000.host.1.0"
ADOPT = Options(adopt=True, plots=Plots.NONE)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Two runs with an event file, one of them with a log, too."""
    for run in ("a", "b/c"):
        (tmp_path / "logs" / run).mkdir(parents=True)
        (tmp_path / "logs" / run / NAME).write_bytes(b"events of " + run.encode())
    (tmp_path / "logs" / "a" / "train.jsonl").write_text(LOG)
    return tmp_path


def test_event_files_are_left_alone_unless_asked(logs: Path) -> None:
    """The summary says how many there are, and what would take them."""
    done = tbingest_("convert", "logs", "--no-plots", cwd=logs)
    assert done.returncode == 0
    assert (
        "  ignored  2 files\n"
        f"           logs/a/{NAME}: already an event file\n"
        f"           logs/b/c/{NAME}: already an event file\n"
        "           2 are event files: --adopt copies them as is\n"
    ) in done.stdout
    assert not list((logs / "runs").rglob(NAME))


def test_adopted_event_files_are_copied_into_their_runs_once(logs: Path) -> None:
    """Byte for byte; a second time nothing is done; a run with two sources is named."""
    done = tbingest_("convert", "logs", "--no-plots", "--adopt", cwd=logs)
    assert done.returncode == 0, done.stderr
    note = "  note  a: holds a copied event file and converted logs: a tag of both is shown twice\n"
    assert "  adopted  2 event files (24 bytes)\n" + note in done.stdout
    assert "✓ 4 points, 2 event files, 2 runs → runs/" in done.stdout
    for run in ("a", "b/c"):
        assert (logs / "runs" / run / NAME).read_bytes() == b"events of " + run.encode()
    before = tree(logs / "runs")
    done = tbingest_("convert", "logs", "--no-plots", "--adopt", cwd=logs)
    assert "  adopted  2 event files as before\n" in done.stdout
    assert "✓ nothing new → runs/" in done.stdout
    assert tree(logs / "runs") == before


def test_a_folder_of_event_files_only_is_something(logs: Path) -> None:
    """It is read without --adopt: these are damaged; a dry run writes nothing."""
    done = tbingest_("convert", "logs/b", "--logdir", "read", cwd=logs)
    assert done.returncode == 1
    assert "damaged at byte 0: the length of a record has a wrong checksum" in done.stdout
    done = tbingest_(
        "convert", "logs/b", "--adopt", "--dry-run", "--output-format", "json", cwd=logs
    )
    assert done.returncode == 0
    [entry] = json.loads(done.stdout)["adopted"]
    assert entry == {"source": f"logs/b/c/{NAME}", "run": "c", "size": 13}
    assert not (logs / "runs").exists()
    assert tbingest_("convert", "logs/b", "--adopt", cwd=logs).returncode == 0
    assert (logs / "runs" / "c" / NAME).is_file()


def test_an_event_file_that_grew_is_appended(logs: Path) -> None:
    """As its writer did; a copy that was interrupted is completed in the same way."""
    source, copy = logs / "logs" / "b" / "c" / NAME, logs / "runs" / "b" / "c" / NAME
    tbingest.convert(logs / "logs", logs / "runs", ADOPT)
    with source.open("ab") as stream:
        stream.write(b" and more")
    report = tbingest.convert(logs / "logs", logs / "runs", ADOPT)
    assert [entry.size for entry in report.adopted] == [0, 9]
    assert copy.read_bytes() == source.read_bytes()


@pytest.mark.parametrize("there", [b"Events of b/c", b"events of b/c, longer", b"x"])
def test_another_file_is_never_overwritten(logs: Path, there: bytes) -> None:
    """It is a problem with both names, and exit code 1."""
    copy = logs / "runs" / "b" / "c" / NAME
    copy.parent.mkdir(parents=True)
    copy.write_bytes(there)
    done = tbingest_("convert", "logs", "--no-plots", "--adopt", cwd=logs)
    assert done.returncode == 1
    said = f"logs/b/c/{NAME}: not copied: runs/b/c/{NAME} is another file\n"
    assert "  not read  " + said in done.stdout
    assert copy.read_bytes() == there


def test_no_link_is_followed(logs: Path) -> None:
    """Neither among the logs nor in the logdir."""
    outside = logs / "outside"
    outside.write_bytes(b"secret")
    (logs / "logs" / "a" / "tfevents.link").symlink_to(outside)
    (logs / "runs" / "b" / "c").mkdir(parents=True)
    (logs / "runs" / "b" / "c" / NAME).symlink_to(outside)
    done = tbingest_("convert", "logs", "--no-plots", "--adopt", cwd=logs)
    assert done.returncode == 3
    assert outside.read_bytes() == b"secret"
    assert not list((logs / "runs").rglob("tfevents.link"))


def test_force_leaves_adopted_files_alone(logs: Path) -> None:
    """It rebuilds only what tbingest wrote."""
    tbingest.convert(logs / "logs", logs / "runs", ADOPT)
    (logs / "logs" / "a" / NAME).unlink()
    forced = Options(plots=Plots.NONE, force=True)
    tbingest.convert(logs / "logs", logs / "runs", forced)
    assert (logs / "runs" / "a" / NAME).read_bytes() == b"events of a"


def test_event_files_of_our_own_making_are_not_adopted(logs: Path) -> None:
    """Neither those of another logdir, nor those of this one."""
    old = logs / "logs" / "old"
    tbingest.convert(logs / "logs", old, ADOPT)
    before = tree(old)
    tbingest.convert(logs / "logs", old, ADOPT)
    assert tree(old) == before
    report = tbingest.convert(logs / "logs", logs / "runs", ADOPT)
    reasons = {entry.reason for entry in report.ignored}
    assert reasons == {"an event file that tbingest made: convert its logs instead"}


def test_the_runs_of_two_roots_stay_apart(logs: Path) -> None:
    """Even where nothing but event files was copied for the first."""
    other = logs / "other" / "b" / "c"
    other.mkdir(parents=True)
    (other / NAME).write_bytes(b"others")
    tbingest.convert(logs / "logs" / "b", logs / "runs", ADOPT)
    report = tbingest.convert(logs / "other" / "b", logs / "runs", ADOPT)
    assert [entry.run for entry in report.adopted] == ["c-2"]
    assert (logs / "runs" / "c" / NAME).read_bytes() == b"events of b/c"


def test_an_event_file_that_is_named_goes_to_the_run_of_its_folder(logs: Path) -> None:
    """And options may differ from those of the next conversion."""
    report = tbingest.convert(logs / "logs" / "a" / NAME, logs / "runs", ADOPT)
    assert [entry.run for entry in report.adopted] == ["a"]
    (logs / "logs" / "b" / "c" / NAME).unlink()
    report = tbingest.convert(
        logs / "logs" / "a", logs / "runs", Options(plots=Plots.NONE, step="step")
    )
    assert report.runs == {"a": 4}


def test_the_name_of_a_copy_is_safe(logs: Path) -> None:
    """Control characters and the like are escaped, as in the names of runs."""
    (logs / "logs" / "b" / "c" / "tfevents\x1b[2J:x").write_bytes(b"data")
    tbingest.convert(logs / "logs", logs / "runs", ADOPT)
    assert (logs / "runs" / "b" / "c" / "tfevents%1B[2J%3Ax").read_bytes() == b"data"
