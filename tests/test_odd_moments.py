"""Looks at odd moments: amid a line, before a log says much, after the state was lost."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from helpers.death import killed
from helpers.growing import events
from helpers.storm import python_shows
from hypothesis import example, given, settings
from hypothesis import strategies as st

import tbingest
from tbingest.logdir.lock import locked
from tbingest.pipeline.follow import Follower

pytestmark = pytest.mark.filterwarnings("ignore:.*fork")

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONS = tbingest.Options(plots="none", processes=1)


def put(folder: Path, name: str, text: str, mode: str = "w") -> None:
    path = folder / "logs" / "exp" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open(mode, newline="") as stream:
        stream.write(text)


def convert(folder: Path) -> tbingest.Report:
    return tbingest.convert(folder / "logs", folder / "runs", OPTIONS)


@contextmanager
def follower(folder: Path) -> Iterator[Follower]:
    with locked(str(folder / "runs")):
        yield Follower([str(folder / "logs")], str(folder / "runs"), OPTIONS)


def lines(first: int, stop: int, more: float = 0.5) -> str:
    return "".join(json.dumps({"step": n, "loss": n + more}) + "\n" for n in range(first, stop))


def rows(first: int, stop: int) -> str:
    return "".join(f"{n},{n + 0.5}\n" for n in range(first, stop))


def values(first: int, stop: int, more: float = 0.5) -> dict[int, float]:
    return {n: n + more for n in range(first, stop)}


def shown(folder: Path, tag: str = "loss") -> dict[str, dict[int, float]]:
    """What TensorBoard shows of a tag, by run."""
    found = python_shows(folder / "runs")
    return {run: curve for (run, name), curve in found.items() if name == tag}


def test_a_bar_that_is_drawn_over_itself_may_be_looked_at_anywhere(tmp_path: Path) -> None:
    """Its line holds many records, and has no end yet: they are no training that begins again."""
    text = "".join(f"\rstep {n}: loss={n}.5" for n in range(40)) + "\n"
    for cut in (300, 303, 310, 311, 400, len(text)):
        put(tmp_path, "t.log", text[:cut])
        convert(tmp_path)
    assert shown(tmp_path) == {"exp": values(0, 40)}


BARS = {
    "keras": "\r{at}/40 [====>.....] - ETA: 1s - loss: 0.{at:04d}",
    "tqdm": "\r {at}%|##   | {at}/40 [00:01<00:02, 1.2it/s, loss=0.{at:04d}]",
    "step": "\rstep {at}: loss: 0.{at:04d}",
}


@pytest.mark.parametrize("bar", BARS)
@given(cuts=st.lists(st.integers(1, 2_000), min_size=1, max_size=5))
@example(cuts=[300, 301])
@settings(max_examples=15, deadline=None)
def test_any_looks_at_a_bar_show_what_one_shows(bar: str, cuts: list[int]) -> None:
    """And a state that stands is written once: a bar may be looked at each second, for hours."""
    states = "".join(BARS[bar].format(at=at) for at in range(1, 41))
    text = f"Epoch 1/1\n{states}\nval_loss: 0.5\n"
    with TemporaryDirectory() as one, TemporaryDirectory() as many:
        for cut in sorted(cut % len(text) for cut in cuts):
            put(Path(many), "t.log", text[:cut])
            convert(Path(many))
        for folder in (one, many):
            put(Path(folder), "t.log", text)
            convert(Path(folder))
        assert shown(Path(many)) == shown(Path(one))
        written = sum(1 for _, tag, *_ in events(Path(many) / "runs") if tag == "loss")
        assert written <= 40 + 2 * len(cuts)


def test_what_the_first_record_of_a_followed_log_decides_may_change(tmp_path: Path) -> None:
    """The first one counts epochs, those that follow have steps."""
    put(tmp_path, "t.jsonl", '{"epoch": 0, "v_loss": 9.5}\n')
    more = [{"epoch": n // 9, "global_step": n * 10, "v_loss": n / 2} for n in range(1, 20)]
    with follower(tmp_path) as live:
        live.sweep()
        put(tmp_path, "t.jsonl", "".join(json.dumps(one) + "\n" for one in more), "a")
        live.sweep()
    assert shown(tmp_path, "v_loss")["exp"].keys() == {10 * n for n in range(20)}


def test_a_log_keeps_its_run_beside_logs_of_other_kinds_without_a_state(tmp_path: Path) -> None:
    """Though a sister came, and a log of another kind was never but in that run."""
    put(tmp_path, "a.jsonl", lines(0, 9))
    put(tmp_path, "t.csv", "step,acc\n" + rows(0, 9))
    convert(tmp_path)
    put(tmp_path, "b.jsonl", lines(0, 9, 0.25))
    convert(tmp_path)
    shutil.rmtree(tmp_path / "runs" / ".tbingest")
    with follower(tmp_path) as live:
        live.sweep()
    convert(tmp_path)
    assert shown(tmp_path) == {"exp": values(0, 9), "exp/b": values(0, 9, 0.25)}
    assert shown(tmp_path, "acc") == {"exp": values(0, 9)}


@pytest.mark.parametrize("place", [12, 20])
def test_what_a_crash_interrupted_keeps_its_place_among_rotated_parts(
    place: int, tmp_path: Path
) -> None:
    """Parts are read in the order that they have now; an older one has another name by then."""
    put(tmp_path, "t.csv", "step,loss,acc\n" + table(0, 8))
    convert(tmp_path)
    rotate(tmp_path, table(8, 30))
    convert(tmp_path)
    away = tmp_path / "logs" / "exp" / "t.csv.1"
    text = away.read_text()
    away.unlink()
    rotate(tmp_path, table(30, 34))
    rotate(tmp_path, table(34, 38))
    assert killed(partial(convert, tmp_path), place, half=True)
    put(tmp_path, "t.csv.3", text)
    convert(tmp_path)
    assert shown(tmp_path) == {"exp": values(0, 38)}


def rotate(folder: Path, text: str) -> None:
    """Each part gets the next number, and the log goes on without its header."""
    for part in sorted((folder / "logs" / "exp").iterdir(), reverse=True):
        number = int(part.suffix[1:]) if part.suffix[1:].isdigit() else 0
        part.rename(part.with_name(f"t.csv.{number + 1}"))
    put(folder, "t.csv", text)


def table(first: int, stop: int) -> str:
    return "".join(f"{n},{n + 0.5},{'' if n % 3 else n}\n" for n in range(first, stop))


@pytest.mark.parametrize("order", ["abc", "cba", "bac"])
def test_three_loggers_of_one_training_may_take_turns(order: str, tmp_path: Path) -> None:
    """Whichever is read first: each goes on where one of the others ends."""
    texts = {
        "a": ("t.csv", "step,loss\n" + rows(0, 50)),
        "b": ("t.jsonl", lines(50, 100)),
        "c": ("t.log", "".join(f"step {n}: loss={n}.5\n" for n in range(100, 150))),
    }
    for name in order:
        put(tmp_path, *texts[name])
        if order != "cba":
            convert(tmp_path)
    convert(tmp_path)
    assert shown(tmp_path) == {"exp": values(0, 150)}


def test_two_loggers_may_take_turns_again_and_again(tmp_path: Path) -> None:
    """As a training that was resumed with one, then with the other."""
    put(tmp_path, "t.csv", "step,loss\n" + rows(0, 50) + rows(100, 150))
    put(tmp_path, "t.jsonl", lines(50, 100) + lines(150, 200))
    convert(tmp_path)
    assert shown(tmp_path) == {"exp": values(0, 200)}


@pytest.mark.parametrize("how", ["rotated", "cut", "copied"])
def test_a_log_goes_on_in_its_run_though_a_sister_came(how: str, tmp_path: Path) -> None:
    """The sister may be its copy, which is no part of it."""
    first = table(0, 50)
    put(tmp_path, "t.csv", "step,loss,acc\n" + first)
    convert(tmp_path)
    sister = table(0, 40).replace(".5", ".25") if how != "copied" else first
    put(tmp_path, "u.csv", "step,loss,acc\n" + sister)
    convert(tmp_path)
    log = tmp_path / "logs" / "exp" / "t.csv"
    if how != "cut":
        log.rename(log.with_name("t.csv.1"))
    put(tmp_path, "t.csv", "step,loss,acc\n" + table(50, 60))
    convert(tmp_path)
    copy = values(0, 50) if how == "copied" else values(0, 40, 0.25)
    assert shown(tmp_path) == {"exp": values(0, 60), "exp/u": copy}


def looks(folder: Path, name: str, text: str, *cuts: int) -> None:
    """Looks at a file while it grows are what one look at it shows."""
    for cut in (*cuts, len(text)):
        put(folder, name, text[:cut])
        with suppress(tbingest.UsageError):
            convert(folder)
    put(folder / "once", name, text)
    convert(folder / "once")
    assert python_shows(folder / "runs").keys() == python_shows(folder / "once" / "runs").keys()


def test_a_header_that_was_cut_is_read_again(tmp_path: Path) -> None:
    text = "epoch,step,train/entropy,train/loss,train/reward\n"
    text += "".join(f"{n // 2},{n * 50 + 49},{n}.5,0.{n},1.{n}\n" for n in range(9))
    looks(tmp_path, "metrics.csv", text, text.index("/reward"), 90)


def test_rows_that_name_other_runs_once_there_are_more_leave_none_behind(tmp_path: Path) -> None:
    """Rows are trainings: what tells them apart is known when all are there."""
    rows = [
        f"{sweep},{size},{kind},{size * 262},{2 + 1 / size:.4f},{size * 3}.5\n"
        for sweep in ("d_model", "batch")
        for size in (16, 32, 64)
        for kind in ("scalar", "vector")
    ]
    text = "sweep,value,backend,params,final_loss,us_per_step\n" + "".join(rows)
    looks(tmp_path, "sweep_results.csv", text, 100, len(text) // 4, len(text) // 4 + 40)


def test_half_a_line_that_takes_a_tag_gives_it_back(tmp_path: Path) -> None:
    """It is of no kind that the log has, and would have the name of the whole lines."""
    text = "".join(
        f" Batch=1000 samples=128000 AvgCost=9.{n} CurrentCost=9.{n} Eval: error=0.{n}1\n"
        f" Pass={n} Batch=1472 samples=188399 AvgCost=8.{n} Eval: error=0.{n}2\n"
        for n in range(9)
    )
    looks(tmp_path, "t.log", text, text.rindex(" Eval", 0, text.rindex("Pass=")) - 1)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "step,loss\n" + "".join(f"{n},{n}.5\n" for n in range(9))),
        ("t.log", "".join(f"step {n} loss {n}.5\n" for n in range(9))),
        ("t.log", "".join(f"step {n}: loss={n}5e-1\n" for n in range(9))),
    ],
)
def test_a_number_that_is_still_written_is_none(name: str, text: str, tmp_path: Path) -> None:
    """`7.` and `75e-` are no values; once the line is whole, they are."""
    put(tmp_path, name, text[: len(text.rstrip("15\n"))])
    convert(tmp_path)
    assert shown(tmp_path) == {"exp": values(0, 8)}
    put(tmp_path, name, text)
    convert(tmp_path)
    assert shown(tmp_path) == {"exp": values(0, 9)}


def test_half_a_row_whose_step_is_yet_to_come_takes_no_point_away(tmp_path: Path) -> None:
    text = "loss,lr,steps\n" + "".join(f"{n}.5,0.{n + 1},{n}\n" for n in range(9))
    for cut in (text.index(",5\n") + 1, len(text)):
        put(tmp_path, "progress.csv", text[:cut])
        convert(tmp_path)
    assert shown(tmp_path) == {"exp": values(0, 9)}
