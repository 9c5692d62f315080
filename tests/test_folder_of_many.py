"""A folder as it grows on a desk: ten unlike logs, three that tell of one training, and a copy in
another form."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from helpers.command import tbingest_
from helpers.loaded import scalars

import tbingest
from tbingest.plan.planned import Planned

if TYPE_CHECKING:
    from pathlib import Path

NO_PLOTS = tbingest.Options(plots="none")
EPOCHS = range(1, 7)


def loss(training: int, epoch: int) -> float:
    """The loss of a training, of which each has its own."""
    return round((3 + training) / (epoch + training / 7), 6)


def table(training: int, mark: str = ",", step: str = "epoch") -> str:
    """A table of loss and accuracy."""
    rows = [(str(at), str(loss(training, at)), str(at / (9 + training))) for at in EPOCHS]
    return "".join(mark.join(row) + "\n" for row in [(step, "loss", "acc"), *rows])


def records(training: int) -> str:
    """The same as JSON lines."""
    found = ({"epoch": at, "loss": loss(training, at), "acc": at / (9 + training)} for at in EPOCHS)
    return "".join(json.dumps(one) + "\n" for one in found)


def lines(training: int) -> str:
    """JSON lines."""
    records = ({"step": 10 * at, "loss": loss(training, at)} for at in EPOCHS)
    return "".join(json.dumps(one) + "\n" for one in records)


def console(training: int) -> str:
    """What a loop prints, with four digits."""
    return "".join(
        f"Epoch {at}: loss {loss(training, at):.4f} acc {at / (9 + training):.4f}\n"
        for at in EPOCHS
    )


def lists(training: int) -> str:
    """A history of lists."""
    curves = {"epoch": list(EPOCHS), "loss": [loss(training, at) for at in EPOCHS]}
    return json.dumps({**curves, "acc": [at / (9 + training) for at in EPOCHS]})


UNLIKE = {
    "resnet50.csv": table(0),
    "vgg16.tsv": table(1, "\t"),
    "bert_base.jsonl": lines(2),
    "unet.log": console(3),
    "gpt2-small.json": lists(4),
    "yolo_v8.csv": table(5, ";"),
    "dqn.csv": table(6, step="iteration"),
    "mlp_baseline.txt": console(7),
    "vae.jsonl": lines(8),
    "gan.csv": table(9),
}
ALIKE = {"vit.csv": table(10), "vit.log": console(10), "vit_history.json": lists(10)}
COPY = {"resnet50_copy.jsonl": records(0)}
RUNS = {name.partition(".")[0] for name in UNLIKE} | {"vit"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder, `exp`."""
    exp = tmp_path / "exp"
    exp.mkdir()
    for name, text in {**UNLIKE, **ALIKE, **COPY}.items():
        (exp / name).write_text(text, encoding="utf-8")
    return exp


def test_eleven_runs_are_called_as_a_person_would_and_nothing_is_dropped(folder: Path) -> None:
    """Each of the eleven trainings is a run, whole, and what is told again is called so."""
    logdir = folder.parent / "runs"
    report = tbingest.convert(folder, logdir, NO_PLOTS)
    assert {run.removeprefix("exp/") for run in report.runs} == RUNS
    assert sum(one.superseded + one.reported + one.left_out for one in report.sources) == 0
    assert not report.ignored
    found = scalars(logdir)
    for place, name in enumerate([*UNLIKE, "vit.csv"]):
        run = f"exp/{name.partition('.')[0]}"
        curve = next(points for tag, points in found[run].items() if tag.endswith("loss"))
        wanted = [pytest.approx(loss(place, at), abs=1e-4) for at in EPOCHS]
        assert [value for _, value in curve] == wanted, run


SAID = """\
  jsonl  exp/bert_base.jsonl      6 scalars  1 tag
  table  exp/dqn.csv              12 scalars  2 tags
  table  exp/gan.csv              12 scalars  2 tags
  table  exp/resnet50.csv         12 scalars  2 tags
  jsonl  exp/resnet50_copy.jsonl  12 repeated
         └ 2 tags stand in table's log already
  jsonl  exp/vae.jsonl            6 scalars  1 tag
  table  exp/vgg16.tsv            12 scalars  2 tags
  table  exp/vit.csv              12 scalars  2 tags
  table  exp/yolo_v8.csv          12 scalars  2 tags
  json   exp/gpt2-small.json      12 scalars  2 tags
  json   exp/vit_history.json     12 repeated
         └ 2 tags stand in table's log already
  text   exp/mlp_baseline.txt     12 scalars  2 tags
  text   exp/unet.log             12 scalars  2 tags
  text   exp/vit.log              12 repeated
         └ 2 tags stand in table's log already
✓ 120 points, 11 runs → runs/
"""


def test_what_is_said_of_it_fits_80_columns(folder: Path) -> None:
    """A line a log, and what is told again below it."""
    said = tbingest_("convert", "exp", "--plots", "none", cwd=folder.parent, env={"COLUMNS": "80"})
    shown = said.stdout + said.stderr
    assert max(map(len, shown.splitlines())) <= 80
    assert re.sub(r"  \(.*? s\)", "", shown).startswith(SAID), shown


def test_the_logs_of_a_large_folder_are_not_compared_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 100,000 files that would be for ever."""
    for at in range(30):
        (tmp_path / f"run{at}.csv").write_text(table(at + 1))

    def compared(*_: object) -> bool:
        raise AssertionError("two logs are compared with each other")

    monkeypatch.setattr(Planned, "__eq__", compared)
    monkeypatch.setattr("tbingest.plan.several._tell_same", compared)
    plan = tbingest.inspect(tmp_path)
    assert len({one.run for job in plan.jobs for one in job.sources}) == 30
