"""A history of a folder of logs: what its writers do, looks of tbingest in between, the judge."""

from __future__ import annotations

import math
import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import tbingest
from helpers.death import killed
from helpers.wholes import THINGS, must_show
from tbingest.logdir.lock import locked
from tbingest.pipeline.follow import Follower

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helpers.worlds import Thing

OPTIONS = tbingest.Options(plots="none", processes=1)
SMALL = tbingest.Options(plots="none", processes=1, block_bytes=64)
OTHERS = tbingest.Options(plots="none", processes=1, drop_tags=("no_such_tag",))
FORCED = tbingest.Options(plots="none", processes=1, force=True)

ACTS = (
    *("act",) * 10,
    *("look",) * 5,
    *("sweep",) * 3,
    *("stop_following", "force", "kill", "kill", "lose_state", "damage_state", "lose_run", "move"),
    *("touch", "tear_run", "other_options", "small_blocks"),
)
Act = tuple[int, int, int, int]


class Storm:
    """One history. `play` does what numbers say; `done` tells what that was."""

    def __init__(self, folder: Path, things: Sequence[tuple[str, int]]) -> None:
        self.folder = folder / "0"
        self.moves = 0
        places = [self.folder / "logs" / f"exp{run % 2}" for _, run in things]
        chosen = dict.fromkeys(zip((name for name, _ in things), places, strict=True))
        self.things: list[Thing] = [THINGS[name](place) for name, place in chosen]
        self.done: list[str] = [type(thing).__name__ for thing in self.things]
        self.following: ExitStack | None = None
        self.follower: Follower | None = None
        self.unread = True
        self.clock = 1_600_000_000

    def play(self, acts: Sequence[Act], *, at_last: str = "look") -> None:
        try:
            for which, whose, a, b in acts:
                name = ACTS[which % len(ACTS)]
                getattr(self, name)(whose, a, b)
                if name != "act":
                    self.done.append(f"{name}:{a},{b}")
            if at_last == "look":
                self.look(0, 0, 0)
        finally:
            self.stop_following(0, 0, 0)

    # The writers

    def act(self, whose: int, a: int, b: int) -> None:
        thing = self.things[whose % len(self.things)]
        chosen = thing.acts[(whose // len(self.things)) % len(thing.acts)]
        thing.complete()
        if self.unread and thing.loses(chosen):
            self.settled()
        self.perform(thing, chosen, a, b)

    def perform(self, thing: Thing, chosen: str, a: int, b: int) -> None:
        self.done.append(f"{type(thing).__name__}.{chosen}({a}, {b})")
        getattr(thing, chosen)(a, b)
        self.unread = True
        if a % 2:  # else a log of this very moment
            self.clock += 10
            for path in thing.folder.rglob("*"):
                if path.is_file() and path.stat().st_mtime > 1.7e9:
                    os.utime(path, (self.clock, self.clock))

    # The looks

    def settled(self) -> None:
        """A plain conversion has read everything."""
        self.stop_following(0, 0, 0)
        for thing in self.things:
            thing.complete()
        self.done.append("(look)")
        self.convert()

    def convert(self, options: tbingest.Options = OPTIONS) -> tbingest.Report:
        report = tbingest.convert(self.folder / "logs", self.folder / "runs", options)
        for thing in self.things:
            thing.looked()
        self.unread = False
        return report

    def look(self, whose: int, a: int, b: int) -> None:
        """Everything is there, and a second look finds nothing new."""
        self.stop_following(0, 0, 0)
        for thing in self.things:
            thing.complete()
        if a % 3 == 1:
            self.convert()
        self.convert()
        self.judge()
        if a % 3 == 2:
            again = self.convert()
            assert (again.points, again.bytes_written) == (0, 0), "written twice"

    def force(self, whose: int, a: int, b: int) -> None:
        self.stop_following(0, 0, 0)
        for thing in self.things:
            thing.complete()
        self.convert(FORCED)
        self.judge()

    def small_blocks(self, whose: int, a: int, b: int) -> None:
        """Everything is read in many pieces."""
        self.look_with(SMALL)

    def other_options(self, whose: int, a: int, b: int) -> None:
        """They change nothing that is shown, but the runs are built anew for them, and once more
        for those of before.
        """
        self.look_with(OTHERS)

    def look_with(self, options: tbingest.Options) -> None:
        self.stop_following(0, 0, 0)
        for thing in self.things:
            thing.complete()
        self.convert(options)
        self.judge()

    def sweep(self, whose: int, a: int, b: int) -> None:
        if not self.follower:
            self.following = ExitStack()
            logdir = str(self.folder / "runs")
            self.following.enter_context(locked(logdir))
            self.follower = Follower([str(self.folder / "logs")], logdir, OPTIONS)
        for _ in range(1 + a % 3):
            self.follower.sweep()

    def stop_following(self, whose: int, a: int, b: int) -> None:
        """To the end of everything, or at once."""
        if self.follower and self.following:
            if a % 2:
                self.follower.finish()
            self.following.close()
        self.follower = self.following = None

    def kill(self, whose: int, a: int, b: int) -> None:
        """A conversion dies at some call of the system."""
        self.stop_following(0, 0, 0)
        killed(self.convert, 1 + (a * 3 + b) % 90, half=bool(b % 2))
        self.unread = True

    def kill_everywhere(self) -> int:
        """A conversion dies at each call of the system in turn; how many these are.

        The next one makes the runs whole, whatever was left.
        """
        self.stop_following(0, 0, 0)
        for thing in self.things:
            thing.complete()
        runs, kept = self.folder / "runs", self.folder / "kept"
        runs.mkdir(exist_ok=True)
        shutil.copytree(runs, kept)
        place = 1
        while killed(self.convert, place, half=place % 2 == 1):
            self.done.append(f"(killed at {place})")
            self.convert()
            self.judge()
            self.done.pop()
            shutil.rmtree(runs)
            shutil.copytree(kept, runs)
            place += 1
        shutil.rmtree(kept)
        self.convert()
        return place - 1

    # The logdir

    def lose_state(self, whose: int, a: int, b: int) -> None:
        self.without_state(files=False, damage=False)

    def damage_state(self, whose: int, a: int, b: int) -> None:
        self.without_state(files=False, damage=True)

    def without_state(self, *, files: bool, damage: bool) -> None:
        self.settled()
        if any(thing.headless for thing in self.things):
            return
        for path in (self.folder / "runs" / ".tbingest").glob("*.json"):
            if damage:
                path.write_bytes(path.read_bytes()[:-20])
            else:
                path.unlink()
        for thing in self.things:
            thing.forgotten(files=files)
        self.unread = True

    def lose_run(self, whose: int, a: int, b: int) -> None:
        """The event files of one folder's runs are deleted."""
        for thing in self.things:
            thing.complete()
        self.settled()
        folder = self.things[whose % len(self.things)].folder
        for runs in (self.folder / "runs").glob(f"{folder.name}*"):
            shutil.rmtree(runs)
        for thing in self.things:
            if thing.folder == folder:
                thing.forgotten(files=True)
        self.unread = True

    def tear_run(self, whose: int, a: int, b: int) -> None:
        """An event file loses its end."""
        for thing in self.things:
            thing.complete()
        self.settled()
        folder = self.things[whose % len(self.things)].folder
        for path in (self.folder / "runs").glob(f"{folder.name}*/**/*tfevents*"):
            path.write_bytes(path.read_bytes()[: -1 - a * b])
        for thing in self.things:
            if thing.folder == folder:
                thing.forgotten(files=True)
                thing.torn = True
        self.unread = True

    def touch(self, whose: int, a: int, b: int) -> None:
        """The times of files are set, to the past or to the future; nothing else is."""
        folder = self.things[whose % len(self.things)].folder
        for path in folder.rglob("*"):
            if path.is_file():
                when = (-5, 1.0e9, 1.6e9 + a, 4.0e9)[b % 4]
                os.utime(path, (when, when))

    def move(self, whose: int, a: int, b: int) -> None:
        """Logs and logdir go elsewhere, together."""
        self.settled()
        if not all(thing.there for thing in self.things):
            return
        self.moves += 1
        new = self.folder.parent / str(self.moves)
        self.folder.rename(new)
        for thing in self.things:
            thing.folder = new / thing.folder.relative_to(self.folder)
            if hasattr(thing, "path") and isinstance(thing.path, Path):
                thing.path = new / thing.path.relative_to(self.folder)
        self.folder = new
        self.convert()

    # The judge

    def judge(self) -> None:
        runs = self.folder / "runs"
        for reader in (python_shows, rust_shows):
            found: dict[tuple[str, str], dict[int, float]] = reader(runs)
            for thing in self.things:
                self._judge(thing, found, reader.__name__)
                self._judge_several(thing, found, reader.__name__)
        said = hparams_shown(runs)
        for thing in self.things:
            wanted = thing.settings()
            for run, values in said.items() if wanted else ():
                if f"{run}/".startswith(f"{thing.folder.name}/"):
                    assert values == wanted, f"hyperparameters of {run}: {values}, not {wanted}"

    def _judge(self, thing: Thing, found: dict[tuple[str, str], Any], reader: str) -> None:
        of = thing.folder.name
        for tag, curve in must_show(thing).items():
            shown = {
                run: points
                for (run, name), points in found.items()
                if name == tag and f"{run}/".startswith(f"{of}/")
            }
            said = f"{tag} of {of}, {reader}: "
            assert len(shown) <= 1, f"{said}in the runs {sorted(shown)}"
            got = next(iter(shown.values()), {})
            free = {step for name, step in thing.free if tag.endswith(name)}
            lost = [s for s in curve if s not in got and s not in free]
            extra = [s for s in got if s not in curve and s not in free and not thing.torn]
            wrong = [
                (s, got[s], curve[s])
                for s in curve
                if s in got and s not in free and not same(got[s], curve[s])
            ]
            assert [lost, extra, wrong] == [[], [], []], f"{said}{lost=} {extra=} {wrong=}"

    def _judge_several(
        self, thing: Thing, found: dict[tuple[str, str], dict[int, float]], reader: str
    ) -> None:
        of = thing.folder.name
        for tag, curves in thing.several().items():
            shown = {
                run: sorted(points.items())
                for (run, name), points in found.items()
                if name == tag and f"{run}/".startswith(f"{of}/")
            }
            ends = {run: (points[0], points[-1]) for run, points in shown.items()}
            what = f"{tag} of {of}, {reader}: {ends}, not {[len(one) for one in curves]}"
            assert sorted(shown.values()) == sorted(sorted(one.items()) for one in curves), what


def same(one: float, other: float) -> bool:
    return one == float(np.float32(other)) or math.isnan(one) or math.isnan(other)


def python_shows(logdir: Path) -> dict[tuple[str, str], dict[int, float]]:
    """What TensorBoard's Python loader shows."""
    from helpers.loaded import accumulated

    found: dict[tuple[str, str], dict[int, float]] = {}
    for run, loaded in accumulated(logdir):
        for tag in loaded.Tags()["scalars"]:
            points = [(event.step, event.value) for event in loaded.Scalars(tag)]
            assert len(dict(points)) == len(points), f"{tag}: a step twice"
            found[run, tag] = dict(points)
        for tag in loaded.Tags()["tensors"]:
            found[run, tag] = {event.step: math.nan for event in loaded.Tensors(tag)}
        for tag in loaded.Tags()["images"]:
            found[run, tag] = {event.step: math.nan for event in loaded.Images(tag)}
    return found


def hparams_shown(logdir: Path) -> dict[str, dict[str, float]]:
    """The hyperparameters of each run: the first ones count."""
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    found: dict[str, dict[str, float]] = {}
    for run, event in events_of(logdir):
        for one in event.summary.value:
            if one.tag == "_hparams_/session_start_info" and run not in found:
                content = one.metadata.plugin_data.content
                values = HParamsPluginData.FromString(content).session_start_info.hparams
                found[run] = {name: value.number_value for name, value in values.items()}
    return found


def events_of(logdir: Path) -> Iterator[tuple[str, Any]]:
    """Every event with its run, in the order in which TensorBoard reads them."""
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event

    for path in sorted(logdir.rglob("*tfevents*")):
        run = path.parent.relative_to(logdir).as_posix()
        for raw in RawEventFileLoader(str(path)).Load():
            yield run, Event.FromString(raw)


def rust_shows(logdir: Path) -> dict[tuple[str, str], dict[int, float]]:
    """What TensorBoard's data server shows: a step takes away all steps at or above it."""
    found: dict[tuple[str, str], dict[int, float]] = {}
    for run, event in events_of(logdir):
        for one in event.summary.value:
            curve = found.setdefault((run, one.tag), {})
            while curve and next(reversed(curve)) >= event.step:
                curve.popitem()
            scalar = one.HasField("simple_value")
            curve[event.step] = one.simple_value if scalar else math.nan
    return found
