"""What CatBoost calls runs and metrics in its own TensorBoard events.

learn: RMSE          the training set
test: RMSE:0         the first of two evaluation sets: its metrics say which one it is
test1: RMSE          the last one, whose metrics have their plain names

A reader calls a column by its run and its metric, with a slash between them.
"""

from __future__ import annotations

import re

_SET = re.compile(r"(.+):(\d{1,3})")


def column(run: str, metric: str) -> str:
    """The name of a column that holds a metric of a run."""
    return f"{run}/{metric}"


def tag(name: str) -> tuple[str, str] | None:
    """(run, metric) of a column."""
    run, _, metric = name.partition("/")
    return (run, metric) if metric else ("", run)


def test_run(place: int) -> str:
    """The run of an evaluation set, by its place: test, test1, test2."""
    return f"test{place}" if place else "test"


def split_metrics(names: list[str]) -> list[tuple[int, str]]:
    """(evaluation set, metric) of the columns of a test_error.tsv.

    `RMSE:0` is of the first set, where plain `RMSE` is there too; that is of the last one.
    """
    found = []
    for name in names:
        match = _SET.fullmatch(name)
        found.append(int(match[2]) if match and match[1] in names else -1)
    last = max(found, default=-1) + 1
    return [(last if place < 0 else place, name) for place, name in zip(found, names, strict=True)]
