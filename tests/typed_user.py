"""A user's script that touches every public name: mypy --strict must be content with it."""

from __future__ import annotations

from collections.abc import Iterable  # noqa: TC003 - as a user writes it
from pathlib import Path

import numpy as np
import pandas as pd  # noqa: TC002 - as a user writes it

import tbingest

options = tbingest.Options(
    step="step",
    plots=tbingest.Plots.NONE,
    on_restart=tbingest.OnRestart.LAST,
    sources=(tbingest.SourceRule("*.log", format="text"),),
)
report: tbingest.Report = tbingest.convert(Path("logs"), "runs", options)
count: int = report.points
reading: tbingest.Reading = tbingest.read(["logs"], options)
frame: pd.DataFrame = reading.to_pandas()
shown: str = str(report) + str(len(reading.problems))
points: list[tbingest.Points] = list(reading)
problems: list[tbingest.Problem] = reading.problems
followed: tbingest.Report = tbingest.follow("logs", "runs", options, tbingest.Following(1.0))
version: str = tbingest.__version__


def handled() -> str:
    try:
        tbingest.inspect("logs")
    except tbingest.UsageError as error:
        return error.message + error.hint
    except (tbingest.SourceError, tbingest.OutputError, tbingest.ServeError) as error:
        return str(error.code)
    except tbingest.TbingestError:
        return ""
    return version


class Lines:
    """A reader of one's own."""

    def __init__(self, consumed: int = 0) -> None:
        self.consumed = consumed

    def feed(self, data: bytes) -> Iterable[tbingest.Rows | tbingest.Problem]:
        self.consumed += len(data)
        yield tbingest.Rows({"step": np.array([1]), "loss": np.array([0.5])}, np.array([1]))

    def close(self) -> Iterable[tbingest.Rows | tbingest.Problem]:
        return ()


def detect(head: tbingest.Head) -> tbingest.Evidence:
    return tbingest.Evidence(0.9 if head.data.startswith(b"@") else 0.0, "begins with @")


def reader(_: tbingest.Head) -> tbingest.Reader:
    return Lines()


own = tbingest.Format(
    "at", "lines with @", detect=detect, reader=reader, fields=tbingest.Fields(step=("step",))
)
sisters: tbingest.Aggregate = next(iter(tbingest.Aggregate))


def told(value: object) -> int:
    """The kinds of values that points hold."""
    if isinstance(value, tbingest.Histogram):
        return len(value.buckets)
    if isinstance(value, tbingest.Image):
        return value.width
    if isinstance(value, tbingest.Audio):
        return value.frames
    if isinstance(value, tbingest.HParams):
        return len(value.values)
    return len(value.shape) if isinstance(value, tbingest.Tensor) else 0


class Writer:
    """What of a SummaryWriter is used."""


written: int = tbingest.replay(points, Writer())
