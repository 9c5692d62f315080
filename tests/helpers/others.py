"""Trainings beside or after each other, databases, checkpoints that repeat what was before them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from typing import TYPE_CHECKING

from helpers.worlds import Curve, Thing, value

if TYPE_CHECKING:
    from pathlib import Path


class Sisters(Thing):
    """Trainings in one folder, `a.jsonl` and so on: the others come later."""

    acts = ("train", "train", "train", "begin")
    tag = "w_loss"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.counts: list[int] = []
        self.shown: list[Curve] = []
        self.begin(8, 0)

    def begin(self, a: int, b: int) -> None:
        if len(self.counts) < 4:
            self.counts.append(0)
            self.train(2 + a, len(self.counts) - 1)

    def train(self, a: int, b: int) -> None:
        which = b % len(self.counts)
        with (self.folder / f"{'abcd'[which]}.jsonl").open("a") as stream:
            for _ in range(1 + a % 9):
                step = self.counts[which]
                number = value(step, 0) + 100 * which
                stream.write(json.dumps({"step": step, self.tag: number}) + "\n")
                self.counts[which] += 1

    def looked(self) -> None:
        self.shown = [
            {step: value(step, 0) + 100 * which for step in range(count)}
            for which, count in enumerate(self.counts)
        ]

    def several(self) -> dict[str, list[Curve]]:
        return {self.tag: self.shown}


class Again(Thing):
    """A console in which the training begins again."""

    acts = ("train", "train", "train", "again")
    tag = "x_loss"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.curves: list[Curve] = []
        self.shown: list[Curve] = []
        self.again(8, 0)

    def again(self, a: int, b: int) -> None:
        """At once with so many lines that it is no late one."""
        if len(self.curves) < 4 and (not self.curves or len(self.curves[-1]) > 8):
            self.curves.append({})
            self.train(4 + a % 4, b)

    def train(self, a: int, _: int) -> None:
        last = self.curves[-1]
        with (self.folder / "again.log").open("a") as stream:
            for _ in range(1 + a % 9):
                step = len(last)
                last[step] = value(step, 0) + 100 * len(self.curves)
                stream.write(f"step {step}: {self.tag}={last[step]:.2f}\n")

    def looked(self) -> None:
        self.shown = [dict(curve) for curve in self.curves]

    def several(self) -> dict[str, list[Curve]]:
        return {self.tag: self.shown}


_TABLES = """
create table experiments(experiment_id integer primary key, name text);
create table runs(
    run_uuid text, experiment_id integer, status text, start_time integer, end_time integer
);
create table params(key text, value text, run_uuid text);
create table metrics(
    key text, value real, timestamp integer, run_uuid text, step integer, is_nan integer
);
insert into experiments values(1, 'e');
insert into runs values('r', 1, 'FINISHED', 1, 2);
"""


class Database(Thing):
    """MLflow's SQLite file: rows in any order, transactions under way, writers that crash."""

    acts = ("log", "log", "log", "late", "update", "crash", "crash", "unfinished")

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.rows: Curve = {}
        self.shown: Curve = {}
        self.missing: list[int] = []
        self.step = 0
        self.open: sqlite3.Connection | None = None
        with self.connected() as database:
            mode = "wal" if folder.name.endswith("1") else "delete"
            database.execute(f"pragma journal_mode={mode}")
            database.executescript(_TABLES)
        database.close()
        self.log(8, 0)

    def connected(self) -> sqlite3.Connection:
        self.complete()
        return sqlite3.connect(self.folder / "mlflow.db", isolation_level=None)

    def complete(self) -> None:
        """A transaction under way is given up."""
        if self.open:
            self.open.rollback()
            self.open.close()
            self.open = None

    def insert(self, database: sqlite3.Connection, step: int, number: float) -> None:
        row = (number, 1_700_000_000_000 + step, step)
        database.execute("insert into metrics values('d_loss',?,?,'r',?,0)", row)

    def put(self, steps: list[int]) -> None:
        database = self.connected()
        database.execute("begin")
        for step in steps:
            self.rows[step] = value(step, 1)
            self.insert(database, step, self.rows[step])
        database.execute("commit")
        database.close()

    def log(self, a: int, b: int) -> None:
        steps = range(self.step, self.step + 1 + a % 9)
        self.step = steps.stop
        self.missing += [step for step in steps if (step + b) % 5 == 4]
        self.put([step for step in steps if (step + b) % 5 != 4])

    def late(self, a: int, _: int) -> None:
        some = [self.missing.pop() for _ in range(min(len(self.missing), 1 + a % 4))]
        self.put(some)

    def update(self, a: int, b: int) -> None:
        step = sorted(self.rows)[a % len(self.rows)]
        self.rows[step] = value(step, b) + 0.125
        database = self.connected()
        database.execute("update metrics set value = ? where step = ?", (self.rows[step], step))
        database.close()

    def unfinished(self, a: int, _: int) -> None:
        """Rows that no one has committed: they are not there."""
        self.open = self.connected()
        self.open.execute("begin")
        for step in range(self.step, self.step + 1 + a):
            self.insert(self.open, step, -1.0)

    def crash(self, a: int, b: int) -> None:
        """The writer dies in a transaction, of which a part has reached the file."""
        database = self.connected()
        database.execute("pragma cache_size=1")
        database.execute("pragma cache_spill=1")
        database.execute("begin")
        database.execute("update metrics set value = -2.0")
        for step in range(500):
            self.insert(database, self.step + step, -1.0)
        files = {path: path.read_bytes() for path in self.folder.glob("mlflow.db*")}
        database.rollback()
        database.close()
        for path, data in files.items():
            if not path.name.endswith("-shm"):
                path.write_bytes(data)

    def looked(self) -> None:
        self.shown = dict(self.rows)

    def stands(self) -> dict[str, Curve]:
        return {"d_loss": self.shown}


class Checkpoints(Thing):
    """`checkpoint-N/trainer_state.json` of Hugging Face: each tells all that was before it."""

    acts = ("save", "save", "older", "older", "delete")
    lossy = ("delete",)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.last = 0
        self.there: set[int] = set()
        self.read = 0
        self.save(3, 0)

    def put(self, step: int) -> None:
        history = [
            {"step": n, "y_loss": value(n, 1), "epoch": n / 100} for n in range(10, step + 1, 10)
        ]
        state = {
            "global_step": step,
            "epoch": step / 100,
            "max_steps": 9999,
            "log_history": history,
        }
        path = self.folder / f"checkpoint-{step}" / "trainer_state.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({**state, "best_metric": None, "is_local_process_zero": True}))
        self.there.add(step)

    def save(self, a: int, _: int) -> None:
        self.last += 10 * (1 + a % 5)
        self.put(self.last)

    def older(self, a: int, b: int) -> None:
        """One that was fetched after newer ones."""
        self.put(10 * (1 + (a * 7 + b) % (self.last // 10)))

    def delete(self, a: int, _: int) -> None:
        if len(self.there) > 1:
            step = sorted(self.there)[a % len(self.there)]
            self.there.remove(step)
            shutil.rmtree(self.folder / f"checkpoint-{step}")

    def looked(self) -> None:
        self.read = max(self.read, *self.there)

    def stands(self) -> dict[str, Curve]:
        return {"train/y_loss": {n: value(n, 1) for n in range(10, self.read + 1, 10)}}

    def forgotten(self, *, files: bool) -> None:
        top = max(self.there)
        self.free |= {("train/y_loss", n) for n in range(top + 10, self.read + 1, 10)}


class Widening(Thing):
    """A CSV that is written anew where another metric comes, as Lightning's logger does."""

    acts = ("row", "row", "row", "widen")

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.path = folder / "wide.csv"
        self.since = [0]
        self.count = 0
        self.seen: dict[str, Curve] = {}
        self.save()
        self.row(8, 0)

    def save(self) -> None:
        head = ",".join(["step", *(f"u_{n}" for n in range(len(self.since)))])
        self.path.write_text("\n".join([head, *map(self.line, range(self.count))]) + "\n")

    def line(self, step: int) -> str:
        values = [
            f"{value(step, 0) + 100 * n:.2f}" if step >= since else ""
            for n, since in enumerate(self.since)
        ]
        return ",".join([str(step), *values])

    def row(self, a: int, _: int) -> None:
        with self.path.open("a") as stream:
            for _ in range(1 + a % 9):
                stream.write(self.line(self.count) + "\n")
                self.count += 1

    def widen(self, a: int, _: int) -> None:
        if len(self.since) < 4:
            self.since.append(self.count)
            self.count += 1 + a % 3
            self.save()

    def looked(self) -> None:
        self.seen = {
            f"u_{n}": {step: value(step, 0) + 100 * n for step in range(since, self.count)}
            for n, since in enumerate(self.since)
        }

    def stands(self) -> dict[str, Curve]:
        return self.seen


class Preamble(Thing):
    """JSON lines whose first record holds settings, or another step than those that follow."""

    acts = ("train",)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.path = folder / "pre.jsonl"
        self.epochs = folder.name.endswith("1")
        first = {"epoch": 0, "v_loss": 9.5} if self.epochs else {"lr": 0.1, "batch": 32}
        self.path.write_text(json.dumps(first) + "\n")
        self.count = 0
        self.shown: Curve = {}
        self.free = {("v_loss", 0)}

    def train(self, a: int, _: int) -> None:
        with self.path.open("a") as stream:
            for _ in range(2 + a % 9):
                self.count += 1
                more = {"epoch": self.count // 10} if self.epochs else {}
                named = {"global_step": self.count * 10, "v_loss": value(self.count, 0)}
                stream.write(json.dumps({**more, **named}) + "\n")

    def looked(self) -> None:
        self.shown = {10 * n: value(n, 0) for n in range(1, self.count + 1)}

    def stands(self) -> dict[str, Curve]:
        return {"v_loss": self.shown}
