"""Tables that hold several runs: tidy tables, a block of rows for each run, a row for each run.

run,step,metric,value           seed,epoch,loss            run_name,lr,n_layer,val_loss
a,0,loss,0.9                    1,0,0.9                    baseline,0.001,6,0.63
a,0,acc,0.5                     1,1,0.7                    rope,0.001,6,0.55
b,0,loss,0.8                    2,0,0.8

Of a tidy table each name is a tag; other columns of words make the tag longer, a run or a seed
column makes runs. Where steps begin again with every label of a column, each label is a run. A row
for each configuration is a run for each row: what looks like a setting is a hyperparameter, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.axis.words import rank_of
from tbingest.formats.generic.table import sniff
from tbingest.formats.readers.head import text_lines
from tbingest.formats.readers.records import RUN, typed
from tbingest.formats.readers.table import TableReader
from tbingest.formats.readers.table_layout import (
    MISSING,
    cell_number,
    no_plain_numbers,
    split_rows,
)
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.points import HParams
from tbingest.model.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.formats.readers.table_layout import Layout
    from tbingest.model.rows import Column, Problem

STEP = "@step"
_ROWS = 200
_TAGS = frozenset("metric metric_name tag variable key measure statistic".split())
_VALUES = frozenset("value metric_value score val".split())
_NAMES, _NAMED = frozenset({"name", "quantity"}), frozenset({"value", "val"})
"""`name,value` is said of whatever is measured; `name,score` of models."""
_STEPS = frozenset(
    "step global_step steps epoch iteration iter timestep timesteps t time_step horizon".split()
)
_RUNS = re.compile(
    r"(run|run_?id|run_?name|exp|experiment|experiment_?(id|name)|exp_?(id|name)|trial|trial_?id"
    r"|seed|random_seed|fold|id|name|agent|algo|algorithm|model|method|variant|config)"
)
_STRONG = re.compile(r"(run|run_?id|run_?name|experiment|exp_?name|trial|trial_?id|seed|fold)")
_SETTING = re.compile(
    r"(?:.*_)?(?:lr|learning_rate|min_lr|batch_size|batchsize|seed|n_layers?|num_layers|layers|hidden"
    r"|hidden_size|dropout|weight_decay|optimizer|n_heads?|n_embd|epochs|max_iters|activation"
    r"|dim|dimension|width|depth|momentum|gamma|block_size|warmup\w{0,40}|n_neurons|conv_layers|model"
    r"|dataset|norm\w{0,40}|\w{1,40}_type)"
)


@dataclass
class Shape:
    """How a table holds its runs; plain data. Empty names: there is no such column."""

    kind: str
    run: str = ""
    step: str = ""
    tag: str = ""
    value: str = ""
    parts: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        """In words."""
        words = {
            "long": f"a value for each name in {self.tag!r}",
            "blocks": f"steps begin again with each {self.run!r}",
            "sweep": f"a row for each {self.run!r}, with settings",
        }
        return words[self.kind]


@dataclass
class TidyReader(TableReader):
    """Reads a table whose rows belong to several runs."""

    shape: Shape | dict[str, Any] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._shape = Shape(**self.shape) if isinstance(self.shape, dict) else self.shape
        self.shape = vars(self._shape) if self._shape else None

    def records(self, rows: Rows) -> Iterator[Rows | Problem]:
        """The same values, by run and tag."""
        shape = self._shape
        if shape is None or (
            shape.kind == "long" and not {shape.tag, shape.value} <= {*rows.columns}
        ):
            yield rows
            return
        kept = dict(rows.columns)
        runs = _labels(shape.run, kept.pop(shape.run, None), len(rows.order))
        step = kept.pop(shape.step, None)
        stamps: dict[str, Column] = {RUN: runs} if runs else {}
        if isinstance(step, np.ndarray):
            stamps[STEP] = step
        if shape.kind == "long":
            yield from self._long(shape, kept, stamps, rows)
        elif shape.kind == "sweep":
            yield from _sweep(kept, stamps, rows)
        else:
            yield Rows({**stamps, **kept}, rows.order)

    def _long(
        self, shape: Shape, kept: dict[str, Column], stamps: dict[str, Column], rows: Rows
    ) -> Iterator[Rows]:
        names = [str(label).strip() for label in kept[shape.tag]]
        for part in shape.parts:
            labels = _labels(part, kept.get(part), len(names))
            names = [
                "/".join(filter(None, pair)) for pair in zip(names, labels or names, strict=True)
            ]
        values = kept[shape.value]
        if not isinstance(values, np.ndarray):
            return
        places: dict[str, list[int]] = {}
        for at, name in enumerate(names):
            places.setdefault(name, []).append(at)
        for name, found in places.items():
            chosen = np.asarray(found)
            columns: dict[str, Column] = {
                key: column[chosen]
                if isinstance(column, np.ndarray)
                else [column[at] for at in chosen.tolist()]
                for key, column in stamps.items()
            }
            yield Rows({**columns, name: values[chosen]}, rows.order[chosen])


def _labels(name: str, column: Column | None, count: int) -> list[str]:
    if column is None:
        return []
    if isinstance(column, np.ndarray):
        plain = name.rpartition("_")[2] in {"id", "name", "run"} or name == "run"
        texts = [f"{int(one)}" if float(one).is_integer() else f"{one}" for one in column.tolist()]
        return texts if plain else [f"{name}={text}" for text in texts]
    return [str(label).strip() for label in column][:count]


def _sweep(kept: dict[str, Column], stamps: dict[str, Column], rows: Rows) -> Iterator[Rows]:
    """A run for each row: numbers are values at its step, settings and words hyperparameters."""
    for at in range(len(rows.order)):
        columns: dict[str, Column] = {name: column[at : at + 1] for name, column in stamps.items()}
        settings: dict[str, bool | float | str] = {}
        for name, column in kept.items():
            value = column[at]
            if isinstance(column, np.ndarray):
                columns[name] = column[at : at + 1]
                if _SETTING.fullmatch(_plain(name)):
                    settings[name] = float(value)
            elif str(value).strip() and len(str(value)) < 100:
                settings[name] = typed(str(value).strip())
        if settings:
            columns["hparams"] = [HParams(settings)]
        yield Rows(columns, rows.order[at : at + 1])


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")


@lru_cache(maxsize=4)
def shape_of(head: Head) -> Shape | None:
    """How the table of a head holds several runs; None where it holds one, or is none."""
    layout = sniff(head)
    if not layout or not layout.has_header or len(layout.names) < 3 or layout.row_count < 3:
        return None
    lines = text_lines(head)[layout.header_lines :][: 2 * _ROWS]
    rows = [
        row
        for row in split_rows("\n".join(lines), layout.delimiter)
        if len(row) == len(layout.names)
    ][:_ROWS]
    if len(rows) < 3:
        return None
    columns = {name: [row[at].strip() for row in rows] for at, name in enumerate(layout.names)}
    return _long_shape(columns, layout) or _blocks(columns, layout) or _sweep_shape(columns, layout)


def _numeric(cells: Sequence[str], layout: Layout) -> bool:
    odd = no_plain_numbers(cells)
    given = [cell for cell in odd if cell.lower() not in MISSING]
    numbers = all(cell_number(cell, layout.decimal) is not None for cell in given)
    return numbers and len(given) + len(cells) > len(odd)


def _first(columns: dict[str, list[str]], names: frozenset[str]) -> str:
    return next((name for name in columns if _plain(name) in names), "")


def _long_shape(columns: dict[str, list[str]], layout: Layout) -> Shape | None:
    value = _first(columns, _VALUES)
    tag = _first(columns, _TAGS) or (_first(columns, _NAMES) if _plain(value) in _NAMED else "")
    if not tag or not value or _numeric(columns[tag], layout):
        return None
    if not _numeric(columns[value], layout):
        return None
    step = _first(columns, _STEPS)
    rest = [name for name in columns if name not in {tag, value, step}]
    run = next((name for name in rest if _STRONG.fullmatch(_plain(name))), "")
    run = run or next((name for name in rest if _RUNS.fullmatch(_plain(name))), "")
    words = [name for name in rest if name != run and not _numeric(columns[name], layout)]
    return Shape("long", run, step, tag, value, words)


def _blocks(columns: dict[str, list[str]], layout: Layout) -> Shape | None:
    """A column of labels, and one of whole numbers that rise for each label and begin again."""
    labels = [
        name
        for name, cells in columns.items()
        if (_RUNS.fullmatch(_plain(name)) or not (_numeric(cells, layout) or _are_flags(cells)))
        and 1 <= len(set(cells)) <= len(cells) / 2
        and all(cells)
    ]
    known = _first(columns, _STEPS)
    steps = [known] if known else [n for n in columns if rank_of(n)]
    for label in sorted(labels, key=lambda name: not _STRONG.fullmatch(_plain(name))):
        for step in steps:
            if step != label and _begin_again(columns[label], columns[step]):
                return Shape("blocks", label, step)
    return None


def _are_flags(cells: Sequence[str]) -> bool:
    return {cell.lower() for cell in cells} <= {"true", "false", "yes", "no"}


def _is_whole(cell: str) -> bool:
    return cell.isdecimal() and len(cell) < 16


def _begin_again(labels: Sequence[str], cells: Sequence[str]) -> bool:
    """True where the steps of every label rise, and those of all labels together do not.

    A step that stands twice is no fall, unless most do: labels that take turns.
    """
    if not all(map(_is_whole, cells)):
        return False
    last: dict[str, int] = {}
    before = -1
    falls, twice, turns = False, 0, 0
    for label, cell in zip(labels, cells, strict=True):
        step = int(cell)
        if step < last.get(label, -1):
            return False
        twice += step == last.get(label, -1)
        falls |= step < before
        turns += step == before
        last[label] = before = step
    falls |= 4 * turns >= len(cells)
    return falls and len(last) > 1 and twice <= 0.1 * len(cells)


def _sweep_shape(columns: dict[str, list[str]], layout: Layout) -> Shape | None:
    """A label that every row has for its own, and at least two columns of settings."""
    settings = [name for name in columns if _SETTING.fullmatch(_plain(name))]
    known = _first(columns, _STEPS)
    if len(settings) < 2 or (known and len(set(columns[known])) > 1):
        return None
    for name, cells in columns.items():
        own = _RUNS.fullmatch(_plain(name)) and _plain(name) != "seed"
        if own and all(cells) and len(set(cells)) == len(cells):
            numbers = [one for one in columns if one != name and _numeric(columns[one], layout)]
            return Shape("sweep", name, known) if numbers else None
    return None


def detect(head: Head) -> Evidence:
    """Rows of several runs."""
    shape = shape_of(head)
    if not shape:
        return Evidence(0.0, "no table of several runs")
    return Evidence(0.9, shape.said)


FORMAT = Format(
    name="tidy",
    about="tables of several runs: tidy ones, a block or a row for each run",
    sample="run,step,metric,value\na,0,loss,0.9\na,0,acc,0.5\nb,0,loss,0.8\nb,1,loss,0.7",
    detect=detect,
    reader=lambda head: TidyReader(layout=sniff(head), shape=shape_of(head)),
    fields=Fields(step=(STEP,), time=("time", "timestamp", "wall_time"), run=(RUN,)),
)
