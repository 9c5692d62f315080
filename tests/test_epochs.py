"""Steps that begin anew with each epoch are counted on, in tables and JSON logs alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from helpers.logs import lines, put, written
from hypothesis import given
from hypothesis import strategies as st

import tbingest
from tbingest.series.epochs import Epochs

if TYPE_CHECKING:
    from pathlib import Path

    from tbingest import Report


def counted(rows: list[tuple[int, int]]) -> list[int]:
    epochs, steps = np.array(rows, np.int64).reshape(-1, 2).T
    return Epochs().count_on(epochs, steps).tolist()


@pytest.mark.parametrize(
    ("rows", "steps"),
    [
        pytest.param([(1, 10), (1, 20), (2, 10), (2, 20)], [10, 20, 30, 40], id="from 1"),
        pytest.param([(0, 0), (0, 9), (1, 0), (1, 9)], [0, 9, 10, 19], id="from 0"),
        pytest.param([(1, 10), (1, 20), (2, 30), (3, 10)], [10, 20, 30, 10], id="global"),
        pytest.param([(1, 10), (1, 20), (2, 20), (2, 30)], [10, 20, 20, 30], id="shared border"),
        pytest.param([(1, 10), (2, 10), (3, 10)], [10, 10, 10], id="constant"),
        pytest.param([(4, 5), (4, 10), (5, 5)], [5, 10, 15], id="resumed"),
        pytest.param([(1, 10), (2, 5), (2, 30), (3, 5)], [10, 15, 40, 45], id="longer later"),
        pytest.param([(1, 10), (4, 5)], [10, 35], id="epochs left out"),
        pytest.param([(1, 9), (2, 8), (1, 9), (2, 8)], [9, 17, 9, 17], id="begun again"),
        pytest.param([(1, 9), (2**62, 3), (2**62, 4)], [9, 3, 4], id="no counter"),
        pytest.param([(1, 9), (1, 3), (2, 3)], [9, 3, 12], id="validation within"),
    ],
)
def test_steps_are_counted_on_where_they_fall_with_a_new_epoch(
    rows: list[tuple[int, int]], steps: list[int]
) -> None:
    """By the longest epoch so far; steps of the whole training stay as they are."""
    assert counted(rows) == steps


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=1), st.integers(0, 50))
def test_steps_are_the_same_however_the_records_come(rows: list[tuple[int, int]], cut: int) -> None:
    """In one batch or two."""
    state = Epochs()
    found: list[int] = []
    for part in (rows[:cut], rows[cut:]):
        if part:
            epochs, steps = np.array(part, np.int64).T
            found += state.count_on(epochs, steps).tolist()
    assert found == counted(rows)


def converted(logs: Path, runs: Path) -> Report:
    return tbingest.convert(logs, runs, tbingest.Options(plots="none"))


def test_a_table_of_epochs_and_batches_loses_no_point(tmp_path: Path) -> None:
    """And its epochs stay a curve."""
    text = "epoch,batch,loss\n1,10,0.5\n1,20,0.25\n2,10,0.75\n2,20,1\n"
    logs = put(tmp_path / "logs", log__csv=text)
    found = written(logs, tmp_path / "runs")
    (source,) = converted(logs, tmp_path / "again").sources
    assert source.step == "'batch', counted on over every 'epoch'"
    assert found["logs", "loss"] == [(10, 0.5), (20, 0.25), (30, 0.75), (40, 1.0)]
    assert found["logs", "epoch"] == [(10, 1.0), (20, 1.0), (30, 2.0), (40, 2.0)]


def test_rows_without_a_step_stand_at_the_last_one(tmp_path: Path) -> None:
    """As it was counted."""
    rows = [
        {"epoch": 1, "iter": 5, "loss": 0.5},
        {"epoch": 1, "val_loss": 0.25},
        {"epoch": 2, "iter": 3, "loss": 0.75},
        {"epoch": 2, "val_loss": 1.0},
    ]
    found = written(put(tmp_path / "logs", log__jsonl=lines(*rows)), tmp_path / "runs")
    assert found["logs", "loss"] == [(5, 0.5), (8, 0.75)]
    assert found["logs", "val/loss"] == [(5, 0.25), (8, 1.0)]


def test_a_log_that_grows_is_counted_on(tmp_path: Path) -> None:
    """What was known of its epochs is kept."""
    logs = put(tmp_path / "logs", log__csv="epoch,batch,loss\n1,10,0.5\n1,20,0.25\n")
    converted(logs, tmp_path / "runs")
    with (logs / "log.csv").open("a") as log:
        log.write("2,10,0.75\n")
    converted(logs, tmp_path / "runs")
    with (logs / "log.csv").open("a") as log:
        log.write("3,10,1\n")
    found = written(logs, tmp_path / "runs")
    assert found["logs", "loss"] == [(10, 0.5), (20, 0.25), (30, 0.75), (50, 1.0)]


@pytest.mark.parametrize("epochs", [("0.5", "1.0"), ("a", "b")])
def test_epochs_that_are_no_whole_numbers_count_nothing(
    epochs: tuple[str, str], tmp_path: Path
) -> None:
    """A share of an epoch belongs to a step of the whole training; a late one is sorted in."""
    text = f"epoch,step,loss\n{epochs[0]},10,0.5\n{epochs[1]},5,0.25\n"
    found = written(put(tmp_path / "logs", log__csv=text), tmp_path / "runs")
    assert found["logs", "loss"] == [(5, 0.25), (10, 0.5)]
