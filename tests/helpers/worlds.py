"""Logs that are appended to, and what rotation and people do to them; and what must be shown then.

A *thing* is one log with its rotated parts, one document, the checkpoints of a run and so on. It
acts upon its files and knows, by rules of its own that share nothing with `tbingest.series`, what
stands of it: `looked` tells it that what lies on the disk was read. Every value says at which step
it was written, and in which version.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Curve = dict[int, float]
Record = tuple[int, dict[str, float]]


def value(step: int, version: int) -> float:
    """Exact in float32, and as long in every version."""
    return step + (version % 4) / 4


def record(step: int, version: int) -> Record:
    """A loss at every step, an accuracy at every third."""
    more = {"acc": value(step, version) + 1000} if step % 3 == 0 else {}
    return step, {"loss": value(step, version) + 100, **more}


def folded(records: Iterable[Record]) -> dict[str, Curve]:
    """What one log shows: a later line preempts everything at its step and beyond."""
    found: dict[str, Curve] = {}
    for step, fields in records:
        for tag, number in fields.items():
            curve = found.setdefault(tag, {})
            for gone in [one for one in curve if one >= step]:
                del curve[gone]
            curve[step] = number
    return found


def over(below: dict[str, Curve], above: dict[str, Curve]) -> dict[str, Curve]:
    """What stands where one log, or one version of it, goes on after another."""
    found = {tag: dict(curve) for tag, curve in below.items()}
    for tag, curve in above.items():
        first = min(curve, default=1 << 60)
        kept = {step: v for step, v in found.get(tag, {}).items() if step < first}
        found[tag] = {**kept, **curve}
    return found


class Thing:
    """Something in the folder of a run. `name` stands in front of its tags or not, as it likes.

    `free` are the (tag, step) at which anything may be shown: what only a deleted state knew.
    """

    acts: tuple[str, ...] = ()
    lossy: tuple[str, ...] = ()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.free: set[tuple[str, int]] = set()
        folder.mkdir(parents=True, exist_ok=True)

    def loses(self, act: str) -> bool:
        """True where an act takes away what may have to be shown, once it was read."""
        return act in self.lossy

    def looked(self) -> None:
        """All that lies on the disk was read."""

    torn = False  # an event file lost its end, and what that had superseded may stand again
    headless = False
    there: Any = True

    def complete(self) -> None:
        """End what was half written."""

    def forgotten(self, *, files: bool) -> None:
        """The state is gone, with it the event `files` or not."""

    def stands(self) -> dict[str, Curve]:
        """What must be shown, by tag; a picture's value is NaN."""
        return {}

    def several(self) -> dict[str, list[Curve]]:
        """By tag, what must be shown in runs of their own, whatever these are called."""
        return {}

    def settings(self) -> dict[str, float]:
        """The hyperparameters of the folder's runs."""
        return {}


@dataclass
class Part:
    """One file of a log: its lines, and what was read of it. `path` is empty while it is away."""

    records: list[Record] = field(default_factory=list)
    header: bool = True
    path: str = ""
    read: list[Record] = field(default_factory=list)
    shown: dict[str, Curve] = field(default_factory=dict)


class Log(Thing):
    """A log that is appended to, with its rotated parts, the oldest first."""

    acts = (
        *("write",) * 5,
        *("half", "correct", "rewrite", "cut", "rotate", "rotate", "pack", "copy_and_cut"),
        *("take_away", "bring_back", "bring_back", "delete_oldest", "resume"),
    )
    lossy = ("rewrite", "cut", "delete_oldest", "take_away")
    name = ""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.parts = [Part(path=self.name)]
        self.base: dict[str, Curve] = {}
        self.step, self.version, self.rest = 0, 0, ""
        self.another = False
        self.put(self.parts[0], "")
        self.write(7, 0)

    def line(self, one: Record) -> str:
        raise NotImplementedError

    head = ""

    @property
    def now(self) -> Part:
        """The part that is written."""
        return self.parts[-1]

    def put(self, part: Part, text: str, mode: str = "w") -> None:
        with (self.folder / part.path).open(mode) as stream:
            stream.write(text)

    def text(self, part: Part) -> str:
        return (self.head if part.header else "") + "".join(map(self.line, part.records))

    def again(self, part: Part) -> None:
        """Write a part anew from its records."""
        data = self.text(part).encode()
        (self.folder / part.path).write_bytes(
            gzip.compress(data, mtime=0) if part.path.endswith(".gz") else data
        )

    # What befalls it

    def write(self, a: int, b: int) -> None:
        """Some more lines, at times with a gap before them."""
        self.step += 2 * (b % 7 == 6)
        for _ in range(1 + a % 9):
            self.append(self.step)
            self.step += 1

    def append(self, step: int) -> None:
        if (
            not self.now.records
            and self.now.header
            and not (self.folder / self.now.path).read_bytes()
        ):
            self.put(self.now, self.head, "a")
        self.now.records.append(record(step, self.version))
        self.put(self.now, self.line(self.now.records[-1]), "a")

    def half(self, a: int, b: int) -> None:
        """The last line lacks its end, for now."""
        if not self.now.records:
            self.write(0, 0)
        one = record(self.step, self.version)
        self.step += 1
        text = self.line(one)
        cut = 1 + (a * 7 + b) % (len(text) - 1)
        self.put(self.now, text[:cut], "a")
        self.now.records.append(one)
        self.rest = text[cut:]

    def complete(self) -> None:
        if self.rest:
            self.put(self.now, self.rest, "a")
            self.rest = ""

    def correct(self, a: int, b: int) -> None:
        """A value in the middle, with as many bytes."""
        part = self.parts[b % len(self.parts)]
        if part.records and part.path and not self.headless:
            place = a % len(part.records)
            step, fields = part.records[place]
            part.records[place] = step, {t: v - v % 1 + (v + 0.25) % 1 for t, v in fields.items()}
            self.again(part)

    def rewrite(self, a: int, b: int) -> None:
        """Another training begins where this file began, and takes its name."""
        if self.now.records and not self.headless:
            self.version += 1
            first = self.now.records[0][0]
            count = 6 + (a * b) % 40
            self.now.records = [record(n, self.version) for n in range(first, first + count)]
            self.step = first + count
            self.another = True
            self.again(self.now)

    def cut(self, a: int, b: int) -> None:
        """All of it is gone, and the writer goes on."""
        self.now.records = []
        self.now.header = b % 2 == 0 or not any(part.path for part in self.parts[:-1])
        self.put(self.now, "")
        self.write(a + 2, b)

    def rotate(self, a: int, b: int) -> None:
        """By names; a table goes on with its header or without."""
        if not self.now.records:
            return
        self.shift()
        self.parts.append(Part(path=self.name, header=a % 2 == 0))
        self.put(self.now, "")
        self.write(a + 2, b) if b % 3 else None

    def shift(self) -> None:
        """`.1` becomes `.2`, and the log `.1`."""
        there = [part for part in self.parts if part.path]
        for number, part in enumerate(there):
            end = ".gz" if part.path.endswith(".gz") else ""
            new = f"{self.name}.{len(there) - number}{end}"
            (self.folder / part.path).rename(self.folder / new)
            part.path = new

    def copy_and_cut(self, a: int, b: int) -> None:
        """As logrotate's copytruncate: the copy is another file."""
        if not self.now.records:
            return
        self.shift()
        data = (self.folder / self.now.path).read_bytes()
        (self.folder / self.now.path).rename(self.folder / self.name)
        (self.folder / self.now.path).write_bytes(data)
        self.parts.append(Part(path=self.name, header=a % 2 == 0))
        self.put(self.now, "")
        self.write(a + 2, b) if b % 3 else None

    def pack(self, a: int, _: int) -> None:
        """An older part is compressed."""
        there = [part for part in self.parts[:-1] if part.path and not part.path.endswith(".gz")]
        if there:
            part = there[a % len(there)]
            (self.folder / part.path).unlink()
            part.path += ".gz"
            self.again(part)

    def take_away(self, a: int, b: int) -> None:
        """The oldest part lies on another disk for a while."""
        headed = self.now.records or self.now.header
        if len(self.parts) > 1 and self.parts[0].path and headed:
            (self.folder / self.parts[0].path).unlink()
            self.parts[0].path = ""

    def bring_back(self, a: int, b: int) -> None:
        if len(self.parts) > 1 and not self.parts[0].path:
            there = [part for part in self.parts if part.path]
            self.parts[0].path = f"{self.name}.{len(there)}" + (".gz" if a % 2 else "")
            self.again(self.parts[0])

    def delete_oldest(self, a: int, b: int) -> None:
        """As rotation does with the last one."""
        if len(self.parts) > 1 and (self.now.records or self.now.header):
            part = self.parts.pop(0)
            if part.path:
                (self.folder / part.path).unlink()
            self.base = over(self.base, part.shown)

    def resume(self, a: int, b: int) -> None:
        """From a checkpoint in the middle of this file, and beyond where it was."""
        steps = [step for step, _ in self.now.records]
        if len(steps) >= 12 and steps == sorted(set(steps)):
            self.version += 1
            last, self.step = steps[-1], steps[len(steps) // 3 + a % (len(steps) // 3)]
            while self.step <= last + 4 + b:
                self.append(self.step)
                self.step += 1

    # What must be shown

    def loses(self, act: str) -> bool:
        """Whose place another training took, nobody knows once that was moved, too."""
        return super().loses(act) or (self.another and act in {"rotate", "copy_and_cut"})

    @property
    def there(self) -> bool:
        """True where any of it lies on the disk."""
        return any(part.path and part.records for part in self.parts)

    @property
    def headless(self) -> bool:
        """True where nothing on the disk says what the columns are called."""
        there = [part.header for part in self.parts if part.path]
        return bool(self.head) and not there[0]

    def looked(self) -> None:
        self.another = False
        for part in self.parts:
            if part.path and part.records != part.read:
                goes_on = part.records[: len(part.read)] == part.read
                now = folded(part.records)
                part.shown = now if goes_on and not part.shown else over(part.shown, now)
                part.read = list(part.records)

    def stands(self) -> dict[str, Curve]:
        found = self.base
        for part in self.parts:
            found = over(found, part.shown)
        return found

    def forgotten(self, *, files: bool) -> None:
        before = {} if files else self.stands()
        kept: dict[str, Curve] = {}
        there = [folded(part.records) for part in self.parts if part.path]
        known: dict[str, Curve] = {}
        for curves in there:
            known = over(known, curves)
        for tag, curve in before.items():
            first = min(known.get(tag, {}), default=1 << 60)
            kept[tag] = {step: v for step, v in curve.items() if step < first}
            self.free |= {(tag, s) for s in curve if s >= first and s not in known.get(tag, {})}
        if files:
            self.free |= {(t, s) for t, c in self.stands().items() for s in c}
            self.free -= {(t, s) for t, c in known.items() for s in c}
        self.base = kept
        for part in self.parts:
            part.shown = {}
            part.read = []


class Table(Log):
    """`metrics.csv`."""

    name = "metrics.csv"
    head = "step,t_loss,t_acc\n"

    def line(self, one: Record) -> str:
        step, fields = one
        acc = f"{fields['acc']:.2f}" if "acc" in fields else ""
        return f"{step},{fields['loss']:.2f},{acc}\n"


class Lines(Log):
    """`train.jsonl`."""

    name = "train.jsonl"

    def line(self, one: Record) -> str:
        step, fields = one
        return json.dumps({"step": step, **{f"j_{t}": v for t, v in fields.items()}}) + "\n"


class Console(Log):
    """`train.log`."""

    name = "train.log"

    def line(self, one: Record) -> str:
        step, fields = one
        said = " ".join(f"c_{tag}={number:.2f}" for tag, number in fields.items())
        return f"step {step}: {said}\n"
