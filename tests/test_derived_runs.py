"""What is worked out of a run: the same over another axis, and its best values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.loaded import shown

import tbingest
from tbingest.options import Options, Plots
from tbingest.pipeline.follow import Following
from tbingest.pipeline.verify import verify_logdir

if TYPE_CHECKING:
    from pathlib import Path


def log(folder: Path, name: str, header: str, rows: list[tuple[float, ...]]) -> Path:
    path = folder / name / "metrics.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header + "\n" + "".join(",".join(map(repr, row)) + "\n" for row in rows))
    return path


def converted(folder: Path, **options: object) -> tbingest.Report:
    wanted = Options(plots=Plots.NONE, wall_time="1780000000", **options)  # type: ignore[arg-type]
    return tbingest.convert(folder / "logs", folder / "runs", wanted)


def numbers(folder: Path, run: str) -> dict[str, list[tuple[int, float]]]:
    return {
        tag: [(step, float(value)) for step, value in points]
        for (of, tag), points in shown(folder / "runs").items()
        if of == run
    }


ROWS = [(10 * n, n / 4, 1 / 2**n) for n in range(9)]


def test_a_run_stands_once_more_over_its_epochs(tmp_path: Path) -> None:
    """Of several values within an epoch the last; the run itself stays as it is."""
    log(tmp_path / "logs", "a", "step,epoch,loss", ROWS)
    converted(tmp_path, also_by="epoch")
    assert numbers(tmp_path, "a@epoch")["loss"] == [(0, 2**-3), (1, 2**-7), (2, 2**-8)]
    assert [step for step, _ in numbers(tmp_path, "a")["loss"]] == [row[0] for row in ROWS]


def test_again_writes_nothing_and_a_longer_log_writes_it_anew(tmp_path: Path) -> None:
    """As the mean of seeds."""
    log(tmp_path / "logs", "a", "step,epoch,loss", ROWS[:6])
    converted(tmp_path, also_by="epoch")
    assert converted(tmp_path, also_by="epoch").bytes_written == 0
    log(tmp_path / "logs", "a", "step,epoch,loss", ROWS)
    converted(tmp_path, also_by="epoch")
    assert [step for step, _ in numbers(tmp_path, "a@epoch")["loss"]] == [0, 1, 2]


def test_a_run_without_the_axis_is_said(tmp_path: Path) -> None:
    """One whose counter falls has none either."""
    log(tmp_path / "logs", "a", "step,loss", [(1, 0.5), (2, 0.25)])
    log(tmp_path / "logs", "b", "step,tokens,loss", [(1, 50, 0.5), (2, 25, 0.25)])
    report = converted(tmp_path, also_by="tokens")
    assert "2 runs, as a: no rising 'tokens', so not shown by it" in report.notes
    assert not (tmp_path / "runs" / "b@tokens").exists()


def test_the_axis_may_be_the_time(tmp_path: Path) -> None:
    """Whole seconds since the run's first point."""
    rows = [(0, 1780000000.0, 1.0), (1, 1780000000.4, 0.5), (2, 1780000003.9, 0.25)]
    log(tmp_path / "logs", "a", "step,time,loss", rows)
    converted(tmp_path, also_by="time")
    assert numbers(tmp_path, "a@time")["loss"] == [(0, 0.5), (3, 0.25)]


def test_followed_logs_have_it_once_they_rest(tmp_path: Path) -> None:
    """As in a conversion."""
    log(tmp_path / "logs", "a", "step,epoch,loss", ROWS)
    options = Options(plots=Plots.NONE, also_by="epoch", best=True)
    how = Following(interval=0.01, until_idle=0.05)
    tbingest.follow(tmp_path / "logs", tmp_path / "runs", options, how)
    assert numbers(tmp_path, "a@epoch")["loss"] == [(0, 2**-3), (1, 2**-7), (2, 2**-8)]
    assert numbers(tmp_path, "a")["best/loss"][-1] == (80, 2**-8)


def test_the_best_values_so_far_are_a_curve(tmp_path: Path) -> None:
    """The lowest loss and the highest score, of what the name says which way is better."""
    rows = [(1, 0.5, 0.7, 3.0, 0.1), (2, 0.25, 0.9, 4.0, 0.1), (3, 0.75, 0.8, 5.0, 0.1)]
    log(tmp_path / "logs", "a", "step,loss,acc,things,lr", rows)
    converted(tmp_path, best=True)
    found = numbers(tmp_path, "a")
    assert found["best/loss"] == [(1, 0.5), (2, 0.25)]
    assert found["best/acc"] == [(1, pytest.approx(0.7)), (2, pytest.approx(0.9))]
    assert {tag for tag in found if tag.startswith("best/")} == {"best/loss", "best/acc"}


def test_best_values_do_not_depend_on_when_one_looked(tmp_path: Path) -> None:
    """Whether a log is read once or as it grows; nor is one the best that was corrected."""
    rows = [(1, 0.5), (2, 0.25), (3, 0.75), (4, 0.125)]
    for end, expected in ((2, rows[:2]), (3, rows[:2]), (4, [*rows[:2], rows[3]])):
        log(tmp_path / "logs", "a", "step,loss", rows[:end])
        converted(tmp_path, best=True)
        assert numbers(tmp_path, "a")["best/loss"] == expected
    assert converted(tmp_path, best=True).bytes_written == 0
    rows[1] = (2, 0.625)
    log(tmp_path / "logs", "a", "step,loss", rows)
    converted(tmp_path, best=True)
    assert numbers(tmp_path, "a")["best/loss"] == [rows[0], rows[3]]


def test_a_best_value_that_no_value_is_any_more_goes(tmp_path: Path) -> None:
    """Where a corrected log has no finite value at all, there is no best one."""
    log(tmp_path / "logs", "a", "step,loss,lr", [(1, 0.5, 0.1), (2, 0.25, 0.1)])
    converted(tmp_path, best=True)
    nothing = float("nan")
    log(tmp_path / "logs", "a", "step,loss,lr", [(1, nothing, 0.1), (2, nothing, 0.1)])
    converted(tmp_path, best=True)
    assert "best/loss" not in numbers(tmp_path, "a")
    assert len(list((tmp_path / "runs" / "a").glob("*tfevents*"))) == 1
    assert converted(tmp_path, best=True).bytes_written == 0


def test_verifying_finds_best_values_as_they_were_written(tmp_path: Path) -> None:
    """They are of the run, though no log says them."""
    log(tmp_path / "logs", "a", "step,epoch,loss", ROWS)
    options = Options(plots=Plots.NONE, best=True, also_by="epoch")
    tbingest.convert(tmp_path / "logs", tmp_path / "runs", options)
    found = verify_logdir(str(tmp_path / "runs"), options)
    assert (found.failed, found.values) == (False, 18)
