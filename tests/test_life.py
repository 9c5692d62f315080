"""A log's life: what a run shows depends on its sources, never on when tbingest looked."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import tbingest

if TYPE_CHECKING:
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
