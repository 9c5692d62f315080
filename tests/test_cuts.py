"""A log that is followed piece by piece, wherever it is cut, shows what one conversion shows.

The pieces begin where it is clear what the log is: before that, nothing is read of it, see
`tbingest.pipeline.follow`.
"""

from __future__ import annotations

import random
import shutil
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from helpers.loaded import shown
from helpers.places import SAMPLES

import tbingest
from tbingest.logdir.lock import locked
from tbingest.pipeline.follow import Follower
from tbingest.plan.planner import Planner, plan

if TYPE_CHECKING:
    from tbingest.plan.roles import Roles

PLAIN = tbingest.Options(plots="none", wall_time="1780000000")


def logs_of(folder: Path) -> list[Path]:
    """The files of a sample that tbingest reads and that are appended to."""
    found = []
    for job in plan([folder], "", PLAIN).jobs:
        for one in job.sources:
            from tbingest.plan.planned import is_stream

            if is_stream(one) and one.source.size > 200 and not one.source.archived:
                found.append(Path(one.source.path).relative_to(folder))
    return found


def folders() -> list[Path]:
    below = [path for path in (SAMPLES / "formats").iterdir() if path.is_dir()]
    others = [path for path in SAMPLES.iterdir() if path.is_dir() and path.name != "formats"]
    return sorted(path for path in [*below, *others] if not path.name.startswith("__"))


CASES = [(folder, log) for folder in folders() for log in logs_of(folder)]
NAMES = [f"{folder.name}/{log}" for folder, log in CASES]


def clear_from(folder: Path, log: Path, data: bytes) -> int:
    """After how many bytes the log is taken for what it is, with the fields that it has."""

    def look(size: int) -> object:
        (folder / log).write_bytes(data[:size])
        planner = Planner([folder], "", PLAIN, live=True)
        planner.look()
        found = [one for job in planner.plan().jobs for one in job.sources]
        return {
            (one.source.name, one.run, one.format, *roles(one.roles))
            if one.source.path == str(folder / log)
            else (one.source.name, one.run)
            for one in found
        }

    def roles(said: Roles) -> tuple[object, ...]:
        return said.step, said.time, said.split, said.run, bool(said.fields)

    wanted = look(len(data))
    low, high = 0, len(data)
    for share in range(1, 40):
        size = len(data) * share // 40
        if look(size) != wanted:
            low = size
    for size in range(low, high, max((high - low) // 40, 1)):
        if look(size) == wanted:
            return size
    return len(data)


def follow_in_pieces(folder: Path, log: Path, cases: int, seed: int) -> None:
    dice = random.Random(f"{folder.name}/{log}/{seed}")
    with TemporaryDirectory() as place:
        logs = Path(place, folder.name)
        shutil.copytree(folder, logs)
        data = (logs / log).read_bytes()
        begin = clear_from(logs, log, data)
        (logs / log).write_bytes(data)
        tbingest.convert(logs, Path(place, "once"), PLAIN)
        expected = shown(Path(place, "once"))
        for number in range(cases):
            cuts = sorted(dice.randint(begin, len(data)) for _ in range(dice.randint(1, 5)))
            target = Path(place, f"grown{number}")
            with locked(str(target)):
                (logs / log).write_bytes(data[: cuts[0]])
                follower = Follower([str(logs)], str(target), PLAIN)
                follower.sweep()
                for cut in [*cuts[1:], len(data)]:
                    (logs / log).write_bytes(data[:cut])
                    follower.sweep()
                follower.finish()
            found = shown(target)
            assert found.keys() == expected.keys(), cuts
            for key, points in expected.items():
                assert found[key] == points, (key, cuts)
            shutil.rmtree(target)


@pytest.mark.parametrize(("folder", "log"), CASES, ids=NAMES)
def test_a_followed_log_shows_what_one_conversion_shows(
    folder: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One way of cutting it."""
    monkeypatch.setattr("tbingest.pipeline.follow._PATIENCE", 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        follow_in_pieces(folder, log, 1, 0)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("folder", "log"), CASES, ids=NAMES)
def test_a_followed_log_shows_the_same_however_it_is_cut(
    folder: Path, log: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several times more than two thousand pieces, over all formats."""
    monkeypatch.setattr("tbingest.pipeline.follow._PATIENCE", 0.0)
    follow_in_pieces(folder, log, 8, seed + 1)
