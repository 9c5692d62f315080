"""The options of a conversion: one frozen, picklable object, built at the edge."""

from __future__ import annotations

import hashlib
import re
import warnings
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from tbingest.errors import UsageError

if TYPE_CHECKING:
    from tbingest.model.charts import Charted, Plot


class OnRestart(StrEnum):
    """What to do where steps fall back or repeat; `auto` looks at how they go on."""

    AUTO = "auto"
    LAST = "last"
    KEEP_FIRST = "keep-first"
    SUB_RUN = "sub-run"
    SORT = "sort"
    RENUMBER = "renumber"


class Plots(StrEnum):
    """For which runs an overview figure is drawn."""

    AUTO = "auto"
    ALL = "all"
    NONE = "none"


class Aggregate(StrEnum):
    """What is written of repeated runs together: a middle in a band."""

    NONE = "none"
    MEAN_STD = "mean±std"
    MIN_MAX = "min-max"
    QUARTILES = "quartiles"


KINDS = {
    "scalars": "scalar",
    "histograms": "histogram",
    "texts": "text",
    "images": "image",
    "audio": "audio",
    "meshes": "mesh",
    "hparams": "hparams",
    "graphs": "graph",
    "pr_curves": "pr_curve",
    "layouts": "layout",
}
"""The kinds of values by the names that `--only` takes."""

AUTO_PLOTS = 20
"""`Plots.AUTO` draws for that many runs."""

BLOCK_BYTES = 2 << 20
"""So many decoded bytes are read, encoded, appended and committed at a time."""


FORMATS = {"csv": "table", "tsv": "table"}
"""Other names of formats."""


@dataclass(frozen=True)
class SourceRule:
    """What the user says of the sources whose name matches a glob; empty means: find out.

    What a rule says of its sources goes before the same option for all. run: as `--run`, the run's
    name or a prefix; pattern: regular expressions with named groups, for the format `pattern`.
    """

    match: str
    format: str = ""
    run: str = ""
    step: str = ""
    time: str = ""
    pattern: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "format", FORMATS.get(self.format, self.format))

    @property
    def digest(self) -> str:
        """Of what changes what is written of a source; empty where nothing is said."""
        parts = (self.format, self.run, self.step, self.time, self.pattern)
        return _digest(parts) if any(parts) else ""


NO_RULE = SourceRule("")
"""Of the sources that no rule matches."""


@dataclass(frozen=True)
class Options:
    """How to read and map; empty means: find out.

    tag_map: (pattern, replacement) pairs over whole field names; run_map: (glob, name) pairs over
    runs; drop_tags: globs over tags that are left out; only: the kinds that are wanted, all where
    it is empty; thin: keep the extremes and the last of so many values of a tag;
    wall_time: `mtime`, unix seconds or an ISO time for what has no time of its own; sources: rules
    over names below the root, the first match wins; plugins: Python files that hold formats;
    adopt: copy event files that lie among the logs; events: read these, too; aggregate: write
    repeated runs as one more, a middle in a band; tensors: globs over the tensors of parameter
    dumps that are wanted; every: take one of so many dumps of a run; statistics: write the mean,
    deviation, lowest and highest number of every tensor, too; best: write the best
    values of each run's headline tags as `best/<tag>`; also_by: write each run once more over this
    counter, or over `time`;
    layouts: charts for the Custom Scalars tab;
    own_plots: figures of each run that the user wants besides;
    projector: a glob over tensors that are shown as embeddings;
    processes: use so many, for many logs and for dumps; force: read every source anew; discard:
    begin the runs anew, without what stands in no source any more.
    """

    as_format: str = ""
    run: str = ""
    step: str = ""
    time: str = ""
    wall_time: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    tag_map: tuple[tuple[str, str], ...] = ()
    run_map: tuple[tuple[str, str], ...] = ()
    drop_tags: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    thin: int = 1
    sources: tuple[SourceRule, ...] = ()
    plugins: tuple[str, ...] = ()
    on_restart: OnRestart = OnRestart.AUTO
    plots: Plots = Plots.AUTO
    adopt: bool = False
    events: bool = False
    aggregate: Aggregate = Aggregate.NONE
    best: bool = False
    also_by: str = ""
    tensors: tuple[str, ...] = ()
    every: int = 1
    statistics: bool = False
    layouts: tuple[Charted, ...] = ()
    own_plots: tuple[Plot, ...] = ()
    projector: str = ""
    processes: int = 1
    force: bool = False
    discard: bool = False
    block_bytes: int = BLOCK_BYTES

    def __post_init__(self) -> None:
        object.__setattr__(self, "as_format", FORMATS.get(self.as_format, self.as_format))

    @property
    def digest(self) -> str:
        """Of the options that change what is written.

        Rules and plug-ins are left out, so that a new one leaves the other sources alone: the
        state keeps the digest of its rule, and its format, with each source.
        """
        parts: tuple[object, ...] = (
            self.as_format,
            self.step,
            self.time,
            self.wall_time,
            self.tag_map,
            str(self.on_restart),
            str(self.plots),
        )
        if self.tensors:
            parts += (self.tensors,)
        if self.run_map or self.drop_tags or self.only or self.thin > 1:
            parts += ("wanted", self.run_map, self.drop_tags, self.only, self.thin)
        if self.statistics:
            parts += ("statistics",)
        if self.best:
            parts += ("best",)
        if self.layouts:
            parts += ("layouts", self.layouts)
        if self.own_plots:
            parts += ("plots", self.own_plots)
        return _digest(parts)


def _digest(parts: tuple[object, ...]) -> str:
    return hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=8).hexdigest()


def local_folder(logdir: str) -> str:
    """The logdir itself. Raises UsageError where it names no folder of this machine."""
    if not logdir:
        raise UsageError("--logdir is empty", "is a variable of the command line not set?")
    if "://" in logdir:
        raise UsageError(
            f"--logdir {logdir}: only a local folder can be written",
            "convert into a folder, and copy that: event files are plain files",
        )
    return logdir


def parse_tag_map(rules: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """`PATTERN=REPLACEMENT` rules. Raises UsageError for one that is none."""
    found = []
    for rule in rules:
        pattern, equals, to = rule.partition("=")
        wrong = tag_rule_error(pattern, to)
        if not wrong and not (equals and pattern and to):
            wrong = "not PATTERN=REPLACEMENT"
        if wrong:
            raise UsageError(f"--tag-map {rule}: {wrong}", r"write it as 'val_(.*)=val/\1'")
        found.append((pattern, to))
    return tuple(found)


def parse_run_map(rules: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """`GLOB=NAME` rules of `--run-map` as pairs. Raises UsageError."""
    found = []
    for rule in rules:
        glob, equals, name = rule.partition("=")
        stars = glob.count("*")
        if not (glob and equals and name) or name.count("*") > stars:
            raise UsageError(f"--run-map {rule}: no GLOB=NAME", "write it as 'old/*=new/*'")
        found.append((glob, name))
    return tuple(found)


def parse_only(text: str) -> tuple[str, ...]:
    """The kinds of `--only`, which commas part. Raises UsageError."""
    from difflib import get_close_matches

    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in KINDS:
            near = get_close_matches(name, KINDS, 1)
            hint = f"did you mean {near[0]}?" if near else f"some of {', '.join(KINDS)}"
            raise UsageError(f"--only {name}: no such kind of values", hint)
    return names


def tag_rule_error(pattern: str, to: str) -> str:
    """What is wrong with a rule of `tag_map`, or an empty string."""
    try:
        with warnings.catch_warnings():  # of what later Pythons may read otherwise
            warnings.simplefilter("ignore")
            re.compile(pattern).sub(to, "")
    except (re.error, IndexError, OverflowError, RecursionError) as error:
        return str(error)
    return ""


def parse_wall_time(text: str) -> float | None:
    """Unix seconds of `--wall-time`, None for `mtime` or nothing. Raises UsageError."""
    if text in {"", "mtime"}:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = datetime.fromisoformat(text).timestamp()
        except ValueError:
            seconds = float("nan")
    if not abs(seconds) < 1e11:
        raise UsageError(
            f"--wall-time {text}: is not a time",
            "use mtime, unix seconds or 2026-11-23T04:14:00+00:00",
        )
    return seconds
