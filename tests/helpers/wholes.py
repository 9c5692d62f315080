"""What is written whole: documents, checkpoints, pictures; and what must be shown of them."""

from __future__ import annotations

import io
import json
import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.others import Again, Checkpoints, Database, Preamble, Sisters, Widening
from helpers.worlds import (
    Console,
    Curve,
    Lines,
    Record,
    Table,
    Thing,
    folded,
    over,
    record,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Document(Thing):
    """`history.json`: a list of records that is written anew each time."""

    acts = (
        *("extend",) * 4,
        *("correct", "amend", "half", "window", "shrink", "replace"),
    )
    lossy = ("window", "shrink", "replace")
    name = "history.json"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.records: list[Record] = []
        self.shown: dict[str, Curve] = {}
        self.unsure: set[tuple[str, int]] = set()
        self.unowned: set[tuple[str, int]] = set()
        self.version = 0
        self.extend(8, 0)

    def save(self) -> None:
        (self.folder / self.name).write_text(self.dump())

    def dump(self) -> str:
        named = [{"step": s, **{f"h_{t}": v for t, v in f.items()}} for s, f in self.records]
        return json.dumps(named)

    def complete(self) -> None:
        self.save()

    def extend(self, a: int, _: int) -> None:
        last = self.records[-1][0] if self.records else -1
        self.records += [record(last + 1 + n, self.version) for n in range(1 + a % 9)]
        self.save()

    def correct(self, a: int, b: int) -> None:
        place = a % len(self.records)
        step, fields = self.records[place]
        self.records[place] = step, {tag: v + 0.25 + b for tag, v in fields.items()}
        self.save()

    def amend(self, a: int, b: int) -> None:
        """An evaluation is put into a record that stands."""
        step, fields = self.records[a % len(self.records)]
        # Without its state nobody knows whether the ones that only event files show come before.
        self.free |= {(tag, s) for tag, s in self.unsure if tag == "val" and s >= step}
        fields = {**fields, "val": value(step, b)}
        self.records[a % len(self.records)] = step, fields
        self.save()

    def half(self, a: int, b: int) -> None:
        text = self.dump()
        (self.folder / self.name).write_text(text[: 1 + (a * 31 + b * 7) % len(text)])

    def window(self, a: int, b: int) -> None:
        """The first ones are dropped."""
        self.records = self.records[min(1 + a % 9, len(self.records) - 1) :]
        self.extend(b, 0)

    def shrink(self, a: int, _: int) -> None:
        self.records = self.records[: max(2, len(self.records) - 1 - a % 9)]
        self.save()

    def replace(self, a: int, b: int) -> None:
        """Another training takes the name."""
        self.version += 1
        self.records = [record(n, self.version) for n in range(4 + (a * b) % 20)]
        self.save()

    def looked(self) -> None:
        self.shown = over(self.shown, folded(self.records))
        # Without its state nobody knows that these were the document's, and go with it.
        self.free |= {(t, s) for t, s in self.unowned if s not in self.shown.get(t, {})}

    def stands(self) -> dict[str, Curve]:
        return self.shown

    def forgotten(self, *, files: bool) -> None:
        now = folded(self.records)
        self.unowned = {(t, s) for t, c in self.shown.items() for s in c if s not in now.get(t, {})}
        self.free |= {
            (t, s)
            for t, c in self.shown.items()
            for s in c
            if s not in now.get(t, {}) and (files or s >= min(now.get(t, {}), default=1 << 60))
        }
        self.unsure = {(t, s) for t, c in self.shown.items() if t not in now for s in c}


class Files(Thing):
    """One small file for each step, in any order."""

    acts = ("add", "add", "add", "add", "overwrite", "delete")
    lossy = ("delete",)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.there: dict[int, int] = {}
        self.deleted = False
        self.shown: dict[int, int] = {}
        self.add(30, 0)

    def save(self, step: int, version: int) -> None:
        raise NotImplementedError

    def path(self, step: int) -> Path:
        raise NotImplementedError

    def add(self, a: int, b: int) -> None:
        step = 10 * (1 + (a * 7 + b) % 12)
        self.there[step] = self.there.get(step, b % 3)
        self.save(step, self.there[step])

    def overwrite(self, a: int, b: int) -> None:
        if self.there:
            step = sorted(self.there)[a % len(self.there)]
            self.there[step] += 1
            self.save(step, self.there[step])

    def delete(self, a: int, _: int) -> None:
        if len(self.there) > 1:
            step = sorted(self.there)[a % len(self.there)]
            del self.there[step]
            self.deleted = True
            self.path(step).unlink()

    def looked(self) -> None:
        self.shown |= self.there

    def forgotten(self, *, files: bool) -> None:
        if files:
            gone = {s + late for s in self.shown if s not in self.there for late in (0, 1)}
            self.free |= {(tag, step) for tag in self.stands() for step in gone}


class Dumps(Files):
    """`model_step_N.npz`."""

    def path(self, step: int) -> Path:
        return self.folder / f"model_step_{step}.npz"

    def save(self, step: int, version: int) -> None:
        np.savez(self.path(step), w=np.full(4, value(step, version)))

    def stands(self) -> dict[str, Curve]:
        norms = {step: 2 * value(step, v) for step, v in self.shown.items()}
        steps = sorted(norms)
        changes = {
            step: abs(norms[step] - norms[before]) / norms[before]
            for before, step in pairwise(steps)
        }
        found = {"weights_norm/w": norms, "weights/w": dict.fromkeys(norms, math.nan)}
        return found if self.deleted else {**found, "weights_update/w": changes}


class Epochs(Files):
    """`metrics_epoch_N.json`, as AllenNLP writes them."""

    def path(self, step: int) -> Path:
        return self.folder / f"metrics_epoch_{step}.json"

    def save(self, step: int, version: int) -> None:
        found = {"epoch": step, "training_loss": value(step, version), "validation_loss": 1.0}
        self.path(step).write_text(json.dumps(found))

    def stands(self) -> dict[str, Curve]:
        return {
            "train/loss": {step + 1: value(step, v) for step, v in self.shown.items()},
            "validation/loss": {step + 1: 1.0 for step in self.shown},
        }


class Pictures(Files):
    """`sample_step_N.png`."""

    def path(self, step: int) -> Path:
        return self.folder / f"sample_step_{step}.png"

    def save(self, step: int, version: int) -> None:
        from PIL import Image

        data = io.BytesIO()
        Image.new("RGB", (8, 8), (step, version * 40 % 256, 0)).save(data, "PNG")
        self.path(step).write_bytes(data.getvalue())

    def stands(self) -> dict[str, Curve]:
        return {"sample": dict.fromkeys(self.shown, math.nan)}


class Rows(Thing):
    """A metric of MLflow's file store: rows of time, value and step, in any order."""

    acts = ("go_on", "go_on", "go_on", "late", "all_late")

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        run = folder / "mlruns" / "0" / "ab12"
        (run / "metrics").mkdir(parents=True)
        (run / "params").mkdir()
        (folder / "mlruns" / "0" / "meta.yaml").write_text("experiment_id: '0'\nname: Default\n")
        (run / "meta.yaml").write_text(
            "run_id: ab12\nrun_uuid: ab12\nexperiment_id: '0'\nstatus: 1\n"
            "start_time: 1700000000000\n"
        )
        self.path = run / "metrics" / "m_loss"
        self.rows: Curve = {}
        self.shown: Curve = {}
        self.clock = 1_700_000_000_000
        self.missing: list[int] = []
        self.step = 0
        self.go_on(8, 0)

    def put(self, step: int) -> None:
        self.clock += 1000
        self.rows[step] = value(step, 1)
        with self.path.open("a") as stream:
            stream.write(f"{self.clock} {self.rows[step]} {step}\n")

    def go_on(self, a: int, b: int) -> None:
        for n in range(1 + a % 9):
            if (n + b) % 4 == 3:
                self.missing.append(self.step)
            else:
                self.put(self.step)
            self.step += 1

    def late(self, a: int, b: int) -> None:
        """One row of those that were left out."""
        if self.missing:
            self.put(self.missing.pop(a % len(self.missing)))

    def all_late(self, a: int, _: int) -> None:
        """Up to a dozen rows, rising or not."""
        for _ in range(min(len(self.missing), 1 + a % 12)):
            self.put(self.missing.pop(0 if a % 2 else -1))

    def looked(self) -> None:
        self.shown = dict(self.rows)

    def stands(self) -> dict[str, Curve]:
        return {"m_loss": self.shown}


class Settings(Thing):
    """`config.json`, which people change, and `params.yaml`, which may come later."""

    acts = ("change", "change", "more", "drop_key")

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.values: dict[str, float] = {"lr": 0.5, "width": 64.0}
        self.others: dict[str, float] = {}
        self.shown: dict[str, float] = {}
        self.save()

    def save(self) -> None:
        (self.folder / "config.json").write_text(json.dumps(self.values))
        if self.others:
            text = "".join(f"{key}: {one}\n" for key, one in self.others.items())
            (self.folder / "params.yaml").write_text(text)

    def change(self, a: int, _: int) -> None:
        self.values["lr"] = a / 4
        self.save()

    def more(self, a: int, b: int) -> None:
        self.others = {"width": 1.0 + a, "depth": 1.0 + b}
        self.save()

    def drop_key(self, a: int, _: int) -> None:
        self.values = {"lr": a / 4 + 1, "seed": 3.0} if a % 2 else {"lr": a / 4 + 1, "width": 8.0}
        self.save()

    def looked(self) -> None:
        self.shown = {**self.others, **self.values}

    def settings(self) -> dict[str, float]:
        return self.shown


class Loggers(Thing):
    """One training that says the same to a table, a console and JSON lines; one may fall silent."""

    acts = ("train", "train", "train", "silence")

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.step = 0
        self.silent: set[str] = set()
        self.said: Curve = {}
        self.shown: Curve = {}
        (folder / "all.csv").write_text("step,s_loss\n")
        self.train(8, 0)

    def train(self, a: int, _: int) -> None:
        for _ in range(1 + a % 9):
            number = value(self.step, 0) + 0.5
            for name, text in (
                ("all.csv", f"{self.step},{number:.2f}\n"),
                ("all.log", f"step {self.step}: s_loss={number:.1f}\n"),
                ("all.jsonl", json.dumps({"step": self.step, "s_loss": number}) + "\n"),
            ):
                if name not in self.silent:
                    with (self.folder / name).open("a") as stream:
                        stream.write(text)
            self.said[self.step] = number
            self.step += 1

    def silence(self, a: int, _: int) -> None:
        """Of one, as long as another is left."""
        if len(self.silent) < 2:
            self.silent.add(("all.csv", "all.log", "all.jsonl")[a % 3])

    def looked(self) -> None:
        self.shown = dict(self.said)

    def stands(self) -> dict[str, Curve]:
        return {"s_loss": self.shown}


THINGS: dict[str, Callable[[Path], Thing]] = {
    one.__name__: one
    for one in (
        *(Table, Lines, Console, Document, Dumps, Epochs, Pictures, Rows, Settings, Loggers),
        *(Sisters, Again, Database, Checkpoints, Widening, Preamble),
    )
}
PREFIX: dict[str, str] = {"Table": "t_", "Lines": "j_", "Console": "c_", "Document": "h_"}


def must_show(thing: Thing) -> dict[str, Any]:
    """By the tags that TensorBoard shows."""
    prefix = PREFIX.get(type(thing).__name__, "")
    return {prefix + tag: curve for tag, curve in thing.stands().items() if curve}
