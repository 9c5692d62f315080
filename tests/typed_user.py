"""A user's script that touches every public name: mypy --strict must be content with it."""

from __future__ import annotations

from pathlib import Path

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
shown: str = report._repr_html_() + reading._repr_html_()
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
