"""A log's life: what a run shows depends on its sources, never on when tbingest looked."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers.death import killed
from helpers.storm import hparams_shown

import tbingest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OPTIONS = tbingest.Options(plots="none")


def shown(logdir: Path, run: str = "exp", tag: str = "loss") -> dict[int, float]:
    """What TensorBoard's own loader shows of a tag."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    loaded = EventAccumulator(str(logdir / run), size_guidance={"scalars": 0, "tensors": 0})
    loaded.Reload()
    points = [(one.step, one.value) for one in loaded.Scalars(tag)]
    assert len(dict(points)) == len(points)
    return dict(points)


def lines(first: int, stop: int, more: float = 0.5) -> str:
    return "".join(json.dumps({"step": n, "loss": n + more}) + "\n" for n in range(first, stop))


def rows(first: int, stop: int) -> str:
    return "".join(f"{n},{n + 0.5}\n" for n in range(first, stop))


def values(first: int, stop: int, more: float = 0.5) -> dict[int, float]:
    return {n: n + more for n in range(first, stop)}


def convert(folder: Path) -> tbingest.Report:
    return tbingest.convert(folder / "logs", folder / "runs", OPTIONS)


def put(folder: Path, **files: str | bytes) -> None:
    for name, text in files.items():
        path = folder / "logs" / "exp" / name.replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def test_older_parts_that_come_later_take_nothing_away(tmp_path: Path) -> None:
    """Two at once, one of them packed; then the log goes on."""
    put(tmp_path, t_jsonl=lines(200, 300))
    convert(tmp_path)
    put(tmp_path, t_jsonl_1=lines(100, 200), t_jsonl_2_gz=gzip.compress(lines(0, 100).encode()))
    convert(tmp_path)
    assert shown(tmp_path / "runs") == values(0, 300)
    put(tmp_path, t_jsonl=lines(200, 320))
    convert(tmp_path)
    assert shown(tmp_path / "runs") == values(0, 320)


def test_two_loggers_of_one_training_are_a_union_by_step(tmp_path: Path) -> None:
    """The better one's value where both have the step."""
    put(tmp_path, metrics_csv="step,loss\n" + rows(0, 50))
    put(tmp_path, train_log="".join(f"step {n}: loss={n}.5\n" for n in range(200)))
    convert(tmp_path)
    assert shown(tmp_path / "runs") == values(0, 200)


def test_a_table_that_was_rotated_goes_on_without_its_header(tmp_path: Path) -> None:
    """The header of the older part holds."""
    put(tmp_path, m_csv="step,loss\n" + rows(0, 100))
    convert(tmp_path)
    (tmp_path / "logs/exp/m.csv").rename(tmp_path / "logs/exp/m.csv.1")
    put(tmp_path, m_csv=rows(100, 150))
    convert(tmp_path)
    put(tmp_path, m_csv=rows(100, 180))
    convert(tmp_path)
    assert shown(tmp_path / "runs") == values(0, 180)


def test_force_keeps_points_whose_source_is_gone_and_says_how_many(tmp_path: Path) -> None:
    """The log was cut, and its first part exists in our event file only."""
    put(tmp_path, t_jsonl=lines(0, 100))
    convert(tmp_path)
    put(tmp_path, t_jsonl=lines(100, 200))
    convert(tmp_path)
    options = tbingest.Options(plots="none", force=True)
    report = tbingest.convert(tmp_path / "logs", tmp_path / "runs", options)
    assert report.notes == ["exp: 100 points whose source is gone stay"]
    assert shown(tmp_path / "runs") == values(0, 200)


def test_discard_drops_what_stands_in_no_log(tmp_path: Path) -> None:
    """And nothing else does."""
    put(tmp_path, t_jsonl=lines(0, 100))
    convert(tmp_path)
    put(tmp_path, t_jsonl=lines(100, 200))
    convert(tmp_path)
    options = tbingest.Options(plots="none", force=True, discard=True)
    report = tbingest.convert(tmp_path / "logs", tmp_path / "runs", options)
    assert report.points == 100
    assert shown(tmp_path / "runs") == values(100, 200)
    assert convert(tmp_path).bytes_written == 0


def test_what_more_of_a_log_decides_otherwise_is_read_again(tmp_path: Path) -> None:
    """The same file gives the same run, whether read once or twice."""
    begin = '{"loss": 9.5}\n'
    put(tmp_path, t_jsonl=begin)
    convert(tmp_path)
    put(tmp_path, t_jsonl=begin + lines(10, 40))
    convert(tmp_path)
    tbingest.convert(tmp_path / "logs", tmp_path / "once", OPTIONS)
    assert shown(tmp_path / "runs") == shown(tmp_path / "once")


def test_an_edit_in_the_middle_changes_what_was_edited(tmp_path: Path) -> None:
    """Of the same length, with the same beginning and end."""
    text = lines(0, 1000)
    put(tmp_path, t_jsonl=text)
    convert(tmp_path)
    put(tmp_path, t_jsonl=text.replace('"loss": 500.5', '"loss": 999.5'))
    convert(tmp_path)
    assert shown(tmp_path / "runs") == {**values(0, 1000), 500: 999.5}


def test_a_last_line_without_an_end_takes_nothing_away(tmp_path: Path) -> None:
    """Its step may be cut off: it is held back, and named."""
    text = "loss,step\n" + "".join(f"{n + 0.5},{n}\n" for n in range(200))
    put(tmp_path, m_csv=text + "200.5,2")
    report = convert(tmp_path)
    assert [one.problems[0].values for one in report.sources] == [1]
    assert shown(tmp_path / "runs") == values(0, 200)
    put(tmp_path, m_csv=text + "200.5,200\n")
    convert(tmp_path)
    assert shown(tmp_path / "runs") == values(0, 201)


def test_a_step_that_was_cut_goes_once_its_line_is_whole(tmp_path: Path) -> None:
    """It rose, so nothing told that it was cut; what was corrected alone stays as it is."""
    text = "loss,step\n0.5,0\n1.5,1\n"
    put(tmp_path, m_csv=text + "20.5,2")
    convert(tmp_path)
    assert shown(tmp_path / "runs") == {0: 0.5, 1: 1.5, 2: 20.5}
    put(tmp_path, m_csv=text + "20.5,20\n21.5,21\n")
    report = convert(tmp_path)
    assert [one.read for one in report.sources] == [2]
    assert shown(tmp_path / "runs") == {0: 0.5, 1: 1.5, 20: 20.5, 21: 21.5}
    put(tmp_path, m_csv=text + "20.5,20\n21.5,21\n22.5,22")
    convert(tmp_path)
    put(tmp_path, m_csv=text + "20.5,20\n21.5,21\n22.5,22\n")
    assert convert(tmp_path).points == 0
    assert shown(tmp_path / "runs") == {0: 0.5, 1: 1.5, 20: 20.5, 21: 21.5, 22: 22.5}


def force(folder: Path) -> tbingest.Report:
    options = tbingest.Options(plots="none", force=True)
    return tbingest.convert(folder / "logs", folder / "runs", options)


def rotate(folder: Path, name: str, *, parts: int = 1) -> Path:
    """`.1` becomes `.2`, and the log `.1`."""
    log = folder / "logs" / "exp" / name
    for number in range(parts, 0, -1):
        old = log.with_name(f"{name}.{number - 1}") if number > 1 else log
        old.rename(log.with_name(f"{name}.{number}"))
    return log


def test_the_parts_of_a_log_are_one_run_though_the_log_itself_is_empty(tmp_path: Path) -> None:
    """The writer has opened the new file, and said nothing yet; a table's header is in the old."""
    put(tmp_path, m_csv="step,loss\n" + rows(0, 10))
    rotate(tmp_path, "m.csv")
    put(tmp_path, m_csv=rows(10, 20))
    rotate(tmp_path, "m.csv", parts=2)
    put(tmp_path, m_csv="")
    convert(tmp_path)
    assert shown(tmp_path / "runs") == values(0, 20)


@pytest.mark.parametrize("look", [convert, force])
def test_a_part_that_was_read_and_rotated_away_does_not_hide_those_after_it(
    tmp_path: Path, look: Callable[[Path], tbingest.Report]
) -> None:
    """Two rotations between two looks, and only one older part is kept."""
    put(tmp_path, t_jsonl=lines(0, 10))
    convert(tmp_path)
    put(tmp_path, t_jsonl_1=lines(10, 20), t_jsonl=lines(20, 30))
    look(tmp_path)
    assert shown(tmp_path / "runs") == values(0, 30)


def test_what_was_corrected_before_the_log_was_rotated_is_shown(tmp_path: Path) -> None:
    """Nobody looked in between, so the older part is not known again."""
    put(tmp_path, t_jsonl=lines(0, 10))
    convert(tmp_path)
    put(tmp_path, t_jsonl_1=lines(0, 1, 0.75) + lines(1, 10), t_jsonl=lines(10, 20))
    convert(tmp_path)
    assert shown(tmp_path / "runs") == {**values(0, 20), 0: 0.75}


def test_of_a_part_that_was_corrected_while_the_log_was_rotated_again(tmp_path: Path) -> None:
    """Its name is that of a newer part now."""
    put(tmp_path, t_jsonl_1=lines(0, 10), t_jsonl=lines(10, 20))
    convert(tmp_path)
    log = rotate(tmp_path, "t.jsonl", parts=2)
    log.with_name("t.jsonl.2").write_text(lines(0, 5) + lines(5, 6, 0.75) + lines(6, 10))
    put(tmp_path, t_jsonl=lines(20, 30))
    convert(tmp_path)
    assert shown(tmp_path / "runs") == {**values(0, 30), 5: 5.75}


def test_a_table_keeps_the_header_that_only_a_deleted_part_had(tmp_path: Path) -> None:
    """Also where it is read anew, is rotated itself, or lies elsewhere."""
    put(tmp_path, m_csv_1="step,loss\n" + rows(0, 10), m_csv=rows(10, 20))
    convert(tmp_path)
    (tmp_path / "logs" / "exp" / "m.csv.1").unlink()
    put(tmp_path, m_csv=rows(10, 22))
    force(tmp_path)
    rotate(tmp_path, "m.csv")
    put(tmp_path, m_csv=rows(22, 30))
    convert(tmp_path)
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("logs", "runs"):
        (tmp_path / name).rename(moved / name)
    put(moved, m_csv=rows(22, 40))
    convert(moved)
    assert shown(moved / "runs") == values(0, 40)


def test_a_folder_that_was_moved_is_known_once_it_was_seen(tmp_path: Path) -> None:
    """Though its log has another beginning afterwards."""
    put(tmp_path, t_jsonl=lines(0, 10))
    convert(tmp_path)
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("logs", "runs"):
        (tmp_path / name).rename(moved / name)
    convert(moved)
    put(moved, t_jsonl=lines(10, 20))
    convert(moved)
    assert shown(moved / "runs") == values(0, 20)


def test_a_document_that_lost_its_last_records_shows_what_it_says(tmp_path: Path) -> None:
    """They were all that had another shape."""
    records = [{"step": n, "loss": n + 0.5} for n in range(6)]
    records.append({"step": 6, "loss": 6.5, "val": 1.0})
    put(tmp_path, history_json=json.dumps(records))
    convert(tmp_path)
    put(tmp_path, history_json=json.dumps(records[:6]))
    convert(tmp_path)
    assert shown(tmp_path / "runs") == values(0, 6)


def test_force_keeps_what_a_document_dropped_since_it_was_read(tmp_path: Path) -> None:
    """A window over the last records."""
    records = [{"step": n, "loss": n + 0.5} for n in range(20)]
    put(tmp_path, history_json=json.dumps(records[:12]))
    convert(tmp_path)
    put(tmp_path, history_json=json.dumps(records[6:]))
    force(tmp_path)
    assert shown(tmp_path / "runs") == values(0, 20)


def dump(folder: Path, step: int, value: float, name: str = "model_step_{}.npz") -> None:
    path = folder / "logs" / "exp" / name.format(step)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, w=np.full(4, value))
    os.utime(path, (1.7e9 + value, 1.7e9 + value))


def test_what_changed_since_the_dump_before_is_said_of_a_late_one_too(tmp_path: Path) -> None:
    """And of the one after it: a dump came between, and the first is written once more."""
    dump(tmp_path, 10, 1.0)
    dump(tmp_path, 30, 4.0)
    convert(tmp_path)
    assert shown(tmp_path / "runs", tag="weights_update/w") == {30: 3.0}
    dump(tmp_path, 20, 2.0)
    convert(tmp_path)
    assert shown(tmp_path / "runs", tag="weights_update/w") == {20: 1.0, 30: 1.0}
    dump(tmp_path, 10, 0.5)
    convert(tmp_path)
    assert shown(tmp_path / "runs", tag="weights_update/w") == {20: 3.0, 30: 1.0}
    (tmp_path / "logs" / "exp" / "model_step_20.npz").unlink()
    convert(tmp_path)
    assert shown(tmp_path / "runs", tag="weights_update/w") == {20: 3.0, 30: 1.0}


def test_an_event_file_that_was_cut_beside_a_newer_one_ends_nothing(tmp_path: Path) -> None:
    """As a crash leaves them, after event files were deleted by hand."""
    put(tmp_path, t_jsonl=lines(0, 10))
    convert(tmp_path)
    (file,) = (tmp_path / "runs" / "exp").iterdir()
    shutil.copy(file, file.with_name(f"{file.name[:-3]}001"))
    file.write_bytes(file.read_bytes()[:60])
    put(tmp_path, t_jsonl=lines(0, 20))
    convert(tmp_path)
    assert shown(tmp_path / "runs") == values(0, 20)


def test_settings_that_changed_are_shown(tmp_path: Path) -> None:
    """Those of a second file too; unchanged ones cost nothing."""
    put(tmp_path, t_jsonl=lines(0, 10), config_json='{"lr": 0.5, "width": 8}')
    convert(tmp_path)
    put(tmp_path, config_json='{"lr": 0.25, "width": 8}')
    convert(tmp_path)
    assert hparams_shown(tmp_path / "runs") == {"exp": {"lr": 0.25, "width": 8}}
    put(tmp_path, params_yaml="depth: 3\nlr: 7\n")
    report = convert(tmp_path)
    assert "a new event file took the place of the old ones" in report.notes[0]
    assert hparams_shown(tmp_path / "runs") == {"exp": {"lr": 0.25, "width": 8, "depth": 3}}
    assert shown(tmp_path / "runs") == values(0, 10)
    assert convert(tmp_path).bytes_written == 0
    for path in (tmp_path / "runs" / ".tbingest").glob("*.json"):
        path.unlink()
    put(tmp_path, config_json='{"lr": 0.75, "width": 8}')
    convert(tmp_path)
    assert hparams_shown(tmp_path / "runs") == {"exp": {"lr": 0.75, "width": 8, "depth": 3}}


def test_an_event_file_that_was_to_go_goes_after_a_crash(tmp_path: Path) -> None:
    """Killed anywhere: what must vanish does, though nothing else is new."""
    for place in range(1, 40):
        folder = tmp_path / str(place)
        put(folder, config_json='{"lr": 0.5}', t_jsonl=lines(0, 3))
        convert(folder)
        put(folder, config_json='{"lr": 0.25}')
        if not killed(partial(convert, folder), place, half=False):
            break
        convert(folder)
        assert hparams_shown(folder / "runs") == {"exp": {"lr": 0.25}}, place
    assert place > 10


def test_a_logger_that_goes_on_where_a_better_one_fell_silent_is_believed(tmp_path: Path) -> None:
    """However far it is by then from the last step that both had."""
    put(tmp_path, m_csv="step,loss\n" + rows(0, 9), t_jsonl=lines(0, 13))
    convert(tmp_path)
    put(tmp_path, t_jsonl=lines(0, 30))
    convert(tmp_path)
    assert shown(tmp_path / "runs") == values(0, 30)


def said(first: int, stop: int, more: float = 0.5) -> str:
    return "".join(f"step {n}: loss={n + more}\n" for n in range(first, stop))


@pytest.mark.parametrize("look", [convert, force])
def test_a_logger_that_goes_on_where_two_others_fell_silent_is_believed(
    tmp_path: Path, look: Callable[[Path], tbingest.Report]
) -> None:
    """Though none of its own points stood, and the first one fell silent long ago."""
    put(tmp_path, m_csv="step,loss\n" + rows(0, 9), t_jsonl=lines(0, 9), t_log=said(0, 9))
    look(tmp_path)
    put(tmp_path, t_jsonl=lines(0, 20), t_log=said(0, 20))
    look(tmp_path)
    put(tmp_path, t_log=said(0, 40))
    convert(tmp_path)
    assert shown(tmp_path / "runs") == values(0, 40)


def test_a_logger_of_which_no_point_stood_is_believed_once_the_run_was_lost(tmp_path: Path) -> None:
    """It said nothing new since, so that only the others would be read again."""
    put(tmp_path, m_csv="step,loss\n" + rows(0, 9), t_jsonl=lines(0, 20), t_log=said(0, 20))
    convert(tmp_path)
    shutil.rmtree(tmp_path / "runs" / "exp")
    convert(tmp_path)
    put(tmp_path, t_log=said(0, 40))
    convert(tmp_path)
    assert shown(tmp_path / "runs") == values(0, 40)


def test_a_logger_that_was_rotated_since_it_was_compared_is_believed(tmp_path: Path) -> None:
    """Its new part shares no step with the one that fell silent."""
    put(tmp_path, m_csv="step,loss\n" + rows(0, 9), t_log=said(0, 9))
    convert(tmp_path)
    put(tmp_path, t_log=said(0, 20))
    convert(tmp_path)
    rotate(tmp_path, "t.log")
    put(tmp_path, t_log=said(30, 40))
    convert(tmp_path)
    assert shown(tmp_path / "runs") == {**values(0, 20), **values(30, 40)}


def test_what_few_steps_told_of_two_loggers_more_of_them_may_tell_otherwise(
    tmp_path: Path,
) -> None:
    """They seemed to say the same: the one of them is a run of its own then."""
    put(tmp_path, m_csv="step,loss\n" + rows(0, 2), t_log=said(0, 3))
    convert(tmp_path)
    assert shown(tmp_path / "runs") == values(0, 3)
    put(tmp_path, m_csv="step,loss\n" + rows(0, 30), t_log=said(0, 3) + said(3, 40, 70.5))
    convert(tmp_path)
    assert shown(tmp_path / "runs") == values(0, 30)
    assert shown(tmp_path / "runs", "exp/t") == {**values(0, 3), **values(3, 40, 70.5)}
    assert convert(tmp_path).bytes_written == 0


def test_a_log_keeps_its_run_though_a_sister_came_and_the_state_is_gone(tmp_path: Path) -> None:
    """It was alone in its folder, and had the folder's run; the event file tells that."""
    put(tmp_path, a_jsonl=lines(0, 20))
    convert(tmp_path)
    put(tmp_path, a_jsonl=lines(0, 30), b_jsonl=lines(0, 8, 0.25))
    shutil.rmtree(tmp_path / "runs" / ".tbingest")
    convert(tmp_path)
    there = {path.parent for path in (tmp_path / "runs").rglob("*tfevents*")}
    assert there == {tmp_path / "runs" / "exp", tmp_path / "runs" / "exp" / "b"}
    assert shown(tmp_path / "runs") == values(0, 30)


@pytest.mark.parametrize("more", [{}, {"force": True}, {"drop_tags": ("none",)}])
def test_a_log_keeps_its_run_though_a_sister_came_and_its_event_file_is_gone(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    """By the state; what is left of the file is of the same run."""
    put(tmp_path, a_jsonl=lines(0, 20))
    convert(tmp_path)
    (file,) = (tmp_path / "runs" / "exp").iterdir()
    file.write_bytes(file.read_bytes()[:-9])
    put(tmp_path, b_jsonl=lines(0, 8, 0.25))
    options = tbingest.Options(plots="none", **more)
    tbingest.convert(tmp_path / "logs", tmp_path / "runs", options)
    there = {path.parent for path in (tmp_path / "runs").rglob("*tfevents*")}
    assert there == {tmp_path / "runs" / "exp", tmp_path / "runs" / "exp" / "b"}
    assert shown(tmp_path / "runs") == values(0, 20)


def test_what_is_left_behind_what_the_logs_say_stays_without_a_state(tmp_path: Path) -> None:
    """The last ones of some documents are gone; the event file goes on behind the others."""
    folder = tmp_path / "logs" / "exp"
    folder.mkdir(parents=True)
    for epoch in (3, 5, 7):
        said = {"epoch": epoch, "training_loss": epoch + 0.5, "validation_loss": 1.0}
        (folder / f"metrics_epoch_{epoch}.json").write_text(json.dumps(said))
    convert(tmp_path)
    (folder / "metrics_epoch_7.json").unlink()
    shutil.rmtree(tmp_path / "runs" / ".tbingest")
    convert(tmp_path)
    assert convert(tmp_path).bytes_written == 0
    force(tmp_path)
    assert shown(tmp_path / "runs", "exp/train", "train/loss") == {4: 3.5, 6: 5.5, 8: 7.5}


def test_a_console_that_counts_otherwise_adds_no_points_to_a_curve(tmp_path: Path) -> None:
    """Its dicts say no step: they are numbered. What the trainer itself kept has the steps."""
    history = [
        {"step": 5 * n, "epoch": n / 4, "loss": 0.7 / n + 0.001234, "learning_rate": 0.003 / n}
        for n in range(1, 13)
    ]
    evaluated = [{"step": 20 * n, "epoch": n, "eval_loss": 0.6 / n + 0.00123} for n in (1, 2, 3)]
    told = sorted([*history, *evaluated], key=lambda one: (one["step"], len(one)))
    console = [{k: f"{v:.4g}" for k, v in one.items() if k != "step"} for one in told]
    put(
        tmp_path,
        trainer__state_json=json.dumps({"log_history": told, "global_step": 60}),
        console_log="".join(f"{one}\n" for one in console),
    )
    state = tmp_path / "logs" / "exp" / "trainer..state.json"
    state.rename(state.with_name("trainer_state.json"))
    convert(tmp_path)
    assert [*shown(tmp_path / "runs", tag="eval/loss")] == [20, 40, 60]
    assert [*shown(tmp_path / "runs", tag="train/learning_rate")] == [5 * n for n in range(1, 13)]
