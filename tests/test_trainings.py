"""What becomes of a log whose steps fall: other trainings, resumptions, late records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

import tbingest
from tbingest.model.points import Points
from tbingest.series.trainings import ReadAgain, Trainings

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = tbingest.Options(plots="none", wall_time="1780000000")


def points(steps: list[int], tag: str = "loss", start: int = 1, values: object = None) -> Points:
    """A record a step, on lines from `start`; values are 0, 1, 2, … where none are given."""
    given = np.arange(len(steps), dtype=np.float64) if values is None else np.asarray(values)
    order = np.arange(start, start + len(steps), dtype=np.int64)
    array = np.asarray(steps, np.int64)
    return Points("r", "scalar", (tag,), array, order * 1.0, given.reshape(-1, 1) * 1.0, order)


def curves(groups: list[Points] | None) -> dict[tuple[str, str], list[tuple[int, float]]]:
    """Steps and values by run and tag, where a later one goes before those at its step or above."""
    found: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for one in groups or []:
        for column, tag in enumerate(one.tags):
            curve = found.setdefault((one.run, tag), [])
            for step, row in zip(one.steps.tolist(), one.values, strict=True):
                while curve and curve[-1][0] >= step:
                    curve.pop()
                curve.append((step, float(row[column])))
    return found


def test_a_training_that_begins_again_is_a_run_of_its_own() -> None:
    """From where the log began, or from 0 or 1."""
    arranged = Trainings().arrange([points([0, 1, 2, 3, 4, 0, 1, 2, 3])], close=True)
    assert curves(arranged) == {
        ("r", "loss"): [(n, n) for n in range(5)],
        ("r/2", "loss"): [(n, n + 5) for n in range(4)],
    }


def test_of_a_training_that_is_resumed_the_later_values_stand() -> None:
    """It goes on for more than a few records, or walks back to where it was."""
    steps = [*range(1, 11), *range(6, 13)]
    arranged = Trainings().arrange([points(steps)], close=True)
    assert curves(arranged) == {
        ("r", "loss"): [*((n, n - 1) for n in range(1, 6)), *((n, n + 4) for n in range(6, 13))]
    }


def test_a_late_record_takes_nothing_away() -> None:
    """It is sorted in; one that says again what stands there already is no loss."""
    trainings = Trainings()
    arranged = trainings.arrange(
        [points([0, 10, 20, 30, 15, 40, 0], values=[*range(6), 0])], close=True
    )
    assert curves(arranged) == {
        ("r", "loss"): [(0, 0), (10, 1), (15, 4), (20, 2), (30, 3), (40, 5)]
    }
    assert (trainings.superseded, trainings.repeated) == (0, 1)


def test_a_table_in_no_order_is_sorted_by_its_step() -> None:
    """As one that was sorted by its score."""
    arranged = Trainings().arrange([points([30, 10, 50, 20, 40])], close=True)
    assert curves(arranged) == {("r", "loss"): [(10, 1), (20, 3), (30, 0), (40, 4), (50, 2)]}


def test_tags_of_another_axis_do_not_begin_a_training() -> None:
    """Epochs of an evaluation between the iterations of the training are no falls."""
    train = points([100, 200, 300, 400])
    evaluated = Points(
        "r", "scalar", ("val",), np.asarray([1, 2]), np.ones(2), np.ones((2, 1)), np.asarray([3, 5])
    )
    assert set(curves(Trainings().arrange([train, evaluated], close=True))) == {
        ("r", "loss"),
        ("r", "val"),
    }


def test_many_late_records_that_fill_what_was_left_open_take_nothing_away() -> None:
    """However many there are, and though the first is where another training would begin."""
    steps = [0, *range(2, 11), 40, *range(41, 50)]
    late = [1, *range(11, 40)]
    arranged = Trainings().arrange([points([*steps, *late, 50, 51])], close=True)
    assert {run for run, _ in curves(arranged)} == {"r"}
    assert [step for step, _ in curves(arranged)["r", "loss"]] == [*range(52)]


def test_a_resumption_in_what_was_left_open_is_one_where_it_walks_over_what_stands() -> None:
    """The values of before stand below it only."""
    steps = [*range(10), *range(20, 30), *range(15, 40)]
    arranged = Trainings().arrange([points(steps)], close=True)
    assert curves(arranged) == {
        ("r", "loss"): [*((n, n) for n in range(10)), *((n, n + 5) for n in range(15, 40))]
    }


def test_what_only_later_records_decide_is_held_back() -> None:
    """The first record after a fall may be late, or begin another training."""
    trainings = Trainings()
    first, second = points([0, 1, 2, 3, 0]), points([1, 2, 3, 4], start=6)
    assert trainings.arrange([first], close=False) is None
    assert set(curves(trainings.arrange([first, second], close=False))) == {
        ("r", "loss"),
        ("r/2", "loss"),
    }


def test_a_late_record_of_what_was_written_asks_to_read_again() -> None:
    """It cannot be sorted in any more."""
    trainings = Trainings()
    trainings.arrange([points([0, 10, 20, 30])], close=True)
    kept = Trainings.from_json(trainings.to_json())
    with pytest.raises(ReadAgain):
        kept.arrange([points([15, 40], start=5)], close=True)


@pytest.mark.parametrize(
    "steps",
    [
        [*range(10), *range(20, 30), *range(10, 20), 30, 31, 32],
        [*range(10), *range(20, 30), 12, 14, 13, 15, 16, 17, 18, 20, 21, 30, 31, 32],
        [*range(20), *range(12)],
        [*range(20), *range(12, 30)],
        [*range(20), 0],
        [*range(20), 7, *range(20, 25)],
        [9, 3, 12, 1, 7, 5],
    ],
    ids=["filled", "half filled", "again", "resumed", "repeated", "late", "unordered"],
)
def test_a_log_read_in_pieces_gives_the_run_of_the_whole(tmp_path: Path, steps: list[int]) -> None:
    """Wherever it was cut: in the middle of a fall, before or behind it."""
    lines = ["step,loss\n", *(f"{step},{place}\n" for place, step in enumerate(steps))]
    log = tmp_path / "logs" / "log.csv"
    log.parent.mkdir()
    log.write_text("".join(lines))
    tbingest.convert(log.parent, tmp_path / "once", PLAIN)
    for cut in range(2, len(lines) + 1, 1 if len(lines) < 10 else 3):
        log.write_text("".join(lines[:cut]))
        tbingest.convert(log.parent, tmp_path / "grown", PLAIN)
    log.write_text("".join(lines))
    tbingest.convert(log.parent, tmp_path / "grown", PLAIN)
    assert shown(tmp_path / "grown") == shown(tmp_path / "once")


def shown(logdir: Path) -> dict[tuple[str, str], list[tuple[int, float]]]:
    """What TensorBoard shows of scalars."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = {}
    for folder in {path.parent for path in logdir.rglob("*tfevents*")}:
        loaded = EventAccumulator(str(folder), size_guidance={"scalars": 0})
        loaded.Reload()
        for tag in loaded.Tags()["scalars"]:
            key = (folder.relative_to(logdir).as_posix(), tag)
            found[key] = [(event.step, event.value) for event in loaded.Scalars(tag)]
    return found


def test_what_was_kept_of_a_course_does_not_change_as_it_goes_on() -> None:
    """It is no copy: a batch that is given again, with more, goes on from what was kept."""
    trainings = Trainings()
    trainings.arrange([points([0, 10, 20, 30, 33, 36])], close=False)
    kept = trainings.to_json()
    before = json.dumps(kept)
    again = Trainings.from_json(kept)
    again.arrange([points([39, 42, 20, 23, 26, 29, 32, 45], start=7)], close=False)
    again.arrange([points([39, 42, 20, 23, 26, 29, 32, 45], start=7)], close=True)
    assert json.dumps(kept) == before


def test_a_training_of_other_tags_does_not_touch_those_that_rest() -> None:
    """Nor what is kept of them."""
    trainings = Trainings()
    trainings.arrange([points([0, 1, 2]), points([0, 5], "acc")], close=False)
    kept = {tuple(one["tags"]): dict(one) for one in trainings.to_json()["r"]["counters"]}
    trainings.arrange([points([3, 4], start=4)], close=False)
    after = {tuple(one["tags"]): one for one in trainings.to_json()["r"]["counters"]}
    assert after["acc",] == kept["acc",]
    assert after["loss",]["last"] == 4
