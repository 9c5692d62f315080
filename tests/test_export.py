"""`tbingest export`: what stands, as tables that other programs read, and pictures as files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.event_files import logdir, shown

import tbingest
from tbingest import Options, UsageError
from tbingest.cli import run
from tbingest.options import Plots
from tbingest.pipeline.export import Asked, Pick, What, export
from tbingest.reading import standing

ROWS = [
    *((step, round(0.5 - step / 100, 4), step / 10 if step % 2 else "") for step in range(1, 9)),
    *((step, round(0.4 - step / 100, 4), step / 20 if step % 2 else "") for step in range(5, 11)),
]
ZIGZAG = "step,loss,acc\n" + "".join(f"{step},{loss},{acc}\n" for step, loss, acc in ROWS)
LOSS = [(step, round((0.5 if step < 5 else 0.4) - step / 100, 4)) for step in range(1, 11)]
ACC = [(step, step / (10 if step < 5 else 20)) for step in (1, 3, 5, 7, 9)]


def table(path: Path, **asked: object) -> pd.DataFrame:
    """The table that an export gives."""
    target = path.parent / "out.csv"
    export(path, str(target), Asked(**asked))  # type: ignore[arg-type]
    return pd.read_csv(target)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log that fell back once."""
    (tmp_path / "logs" / "a").mkdir(parents=True)
    path = tmp_path / "logs" / "a" / "train.csv"
    path.write_text(ZIGZAG)
    return path


def test_a_table_holds_what_stands_of_each_tag(log: Path) -> None:
    """A later value of an earlier step takes away those behind it, of its own tag only."""
    frame = table(log.parent.parent)
    assert list(frame.columns) == ["run", "tag", "step", "wall_time", "value"]
    loss = frame[frame.tag == "loss"]
    assert list(zip(loss.step, loss.value, strict=True)) == LOSS
    acc = frame[frame.tag == "acc"]
    assert list(zip(acc.step, acc.value, strict=True)) == ACC
    assert frame.dtypes.map(str).to_dict()["value"] == "float64"


def test_a_long_log_is_read_twice_and_gives_the_same(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is held of it is bounded."""
    held = table(log.parent.parent)
    monkeypatch.setattr(standing, "HELD", 1)
    pd.testing.assert_frame_equal(table(log.parent.parent), held)


def test_reading_gives_what_stands_or_all_that_was_logged(log: Path) -> None:
    """As asked."""
    kept = [points for points in tbingest.read(log) if "loss" in points.tags]
    assert sum(len(points) for points in kept) == 10
    every = [points for points in tbingest.read(log, superseded=True) if "loss" in points.tags]
    assert sum(len(points) for points in every) == 14


def test_a_log_and_its_run_give_the_same_table(log: Path, tmp_path: Path) -> None:
    """Decimals of up to seven digits are the same, though a run holds float32."""
    tbingest.convert(log.parent.parent, tmp_path / "runs", Options(plots=Plots.NONE))
    of_log = table(log.parent.parent).sort_values(["tag", "step"], ignore_index=True)
    of_run = table(tmp_path / "runs").sort_values(["tag", "step"], ignore_index=True)
    pd.testing.assert_frame_equal(of_log, of_run, check_exact=True)


def test_a_wide_table_has_no_value_where_there_was_none(log: Path) -> None:
    """A row for each step, a column for each tag."""
    frame = table(log.parent.parent, wide=True)
    assert list(frame.columns) == ["run", "step", "acc", "loss"]
    assert list(frame.step) == list(range(1, 11))
    assert list(frame.acc.isna()) == [step % 2 == 0 for step in range(1, 11)]
    assert list(frame.loss) == [loss for _, loss in LOSS]


def test_the_last_or_the_best_value_of_each_tag(log: Path) -> None:
    """With the step where it was."""
    last = table(log.parent.parent, pick=Pick.LAST).set_index("tag")
    assert (last.step["loss"], last.value["loss"]) == LOSS[-1]
    log.write_text("step,loss,acc,odd\n1,0.5,0.9,1\n2,0.1,0.2,2\n3,0.3,0.4,3\n")
    best = table(log.parent.parent, pick=Pick.BEST).set_index("tag")
    assert (best.step["loss"], best.step["acc"]) == (2, 1)
    assert "odd" not in best.index


def test_globs_say_which_tags_and_runs(log: Path) -> None:
    """Others are left out."""
    assert set(table(log.parent.parent, tags=("l*",)).tag) == {"loss"}
    assert len(table(log.parent.parent, runs=("b",))) == 0


def test_settings_of_several_files_of_a_run_are_exported(tmp_path: Path) -> None:
    """As a conversion puts them together: of one that two files say, the first is believed."""
    run = tmp_path / "logs" / "exp"
    run.mkdir(parents=True)
    (run / "args.json").write_text('{"lr": 0.1, "batch_size": 8}')
    (run / "config.yaml").write_text("lr: 0.2\noptimizer: adam\n")
    (run / "train.csv").write_text("step,loss\n1,0.5\n2,0.25\n")
    tbingest.convert(run.parent, tmp_path / "runs")
    for place, name in ((run.parent, "log.csv"), (tmp_path / "runs", "events.csv")):
        export(place, str(tmp_path / name), Asked(What.HPARAMS))
    told = [
        sorted(line.split(",", 1)[1] for line in (tmp_path / name).read_text().split())
        for name in ("log.csv", "events.csv")
    ]
    assert told[0] == told[1] == ["batch_size,8", "lr,0.1", "name,value", "optimizer,adam"]


def test_every_kind_of_an_event_file_has_its_table(tmp_path: Path) -> None:
    """Histograms as buckets, texts, hyperparameters; pictures and sounds as files."""
    folder = logdir(tmp_path / "logs")
    buckets = table(folder, what=What.HISTOGRAMS)
    found = shown(folder)["run"]["weights", 1]
    np.testing.assert_allclose(buckets[buckets.step == 1]["count"], found[:, 2])
    assert set(table(folder, what=What.TEXTS).text) == {"the same text"}
    hparams = table(folder, what=What.HPARAMS).set_index("name")
    assert hparams.value["name"] == "adam"
    wide = table(folder, what=What.HPARAMS, wide=True)
    assert list(wide.columns) == ["run", "fast", "lr", "name"]
    export(folder, str(tmp_path / "pictures"), Asked(What.IMAGES))
    [picture] = (tmp_path / "pictures").rglob("*.png")
    assert picture.relative_to(tmp_path).as_posix() == "pictures/run/picture/step_000001.png"
    export(folder, str(tmp_path / "sounds"), Asked(What.AUDIO))
    [sound] = (tmp_path / "sounds").rglob("*.wav")
    assert sound.read_bytes().startswith(b"RIFF")


def test_event_files_among_logs_are_exported_too(tmp_path: Path) -> None:
    """A tag of both is the log's, whose numbers are not rounded."""
    folder = logdir(tmp_path / "logs")
    (folder / "run" / "train.csv").write_text("step,train/loss,own\n1,0.123456789012,2\n")
    frame = table(folder)
    assert list(frame[frame.tag == "train/loss"].value) == [0.123456789012]
    assert {"own", "odd"} <= set(frame.tag)


@pytest.mark.parametrize("form", [".jsonl", ".csv.gz", ".parquet", ".feather"])
def test_other_forms_hold_the_same_numbers(log: Path, tmp_path: Path, form: str) -> None:
    """NaN is a value."""
    log.write_text("step,loss\n1,0.5\n2,nan\n")
    path = tmp_path / f"out{form}"
    if form in {".parquet", ".feather"}:
        pytest.importorskip("pyarrow")
    export(log.parent.parent, str(path))
    if form == ".jsonl":
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        assert [row["value"] for row in rows] == [0.5, "NaN"]
        return
    reader = {".csv.gz": pd.read_csv, ".parquet": pd.read_parquet, ".feather": pd.read_feather}
    frame = reader[form](path)
    assert frame.value[0] == 0.5
    assert np.isnan(frame.value[1])
    assert str(frame.step.dtype) == "int64"


def test_the_command_says_what_it_wrote(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr, since the table may go to stdout."""
    assert run(["export", str(log.parent.parent), "--to", "-", "--last"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "run,tag,step,wall_time,value"
    assert "2 values, 2 tags, 1 run → stdout" in err
    assert run(["export", str(log.parent.parent), "--to", str(tmp_path / "x.xlsx")]) == 2
    assert "no known kind of table" in capsys.readouterr().err
    assert not (tmp_path / "x.xlsx").exists()


def test_options_that_do_not_go_together_are_said(log: Path) -> None:
    """Before anything is read."""
    with pytest.raises(UsageError, match="--wide is for scalars and hparams"):
        export(log, "x.csv", Asked(What.TEXTS, wide=True))
    with pytest.raises(UsageError, match="go to a folder"):
        export(log, "-", Asked(What.IMAGES))


def test_the_python_of_the_page_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its commands are run with those of the other pages."""
    root = Path(__file__).resolve().parent.parent
    monkeypatch.chdir(root)
    text = (root / "docs" / "event-files.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(block, "event-files.md", "exec"), names)  # noqa: S102 - our own page
    assert len(names["frame"]) == 13
