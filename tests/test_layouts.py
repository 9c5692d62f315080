"""Tags that belong together share a chart of the Custom Scalars tab."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from helpers import tbhttp
from tensorboardX import summary
from tensorboardX.proto import layout_pb2, summary_pb2

import tbingest
from tbingest import config
from tbingest.errors import UsageError
from tbingest.events.summaries import serialize
from tbingest.model.charts import Chart, Charted, Layout
from tbingest.pipeline.verify import verify
from tbingest.plan.planner import plan
from tbingest.series.splits import pattern_of, split_of
from tbingest.write.custom_scalars import LAYOUT_TAG, layout

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "epoch,loss,val_loss,reward_min,reward_mean,reward_max,lr\n"
EPOCHS = "0,1.0,1.5,-2,0.5,3,0.1\n1,0.5,1.0,-1,1.5,4,0.1\n"


def titles(found: Layout | None) -> dict[str, tuple[str, ...]]:
    return {chart.title: chart.tags for chart in found.charts} if found else {}


def written(logdir: Path) -> list[dict[str, list[str]]]:
    """The layouts of a logdir as they follow each other: patterns and tags by title."""
    return [
        charts_of(value)
        for path in sorted(logdir.rglob("*tfevents*"))
        for event in read_events(path)
        for value in event.summary.value
        if value.tag == LAYOUT_TAG
    ]


def read_events(path: Path) -> list[Any]:
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    return [event for event in EventFileLoader(str(path)).Load() if event.HasField("summary")]


def charts_of(value: Any) -> dict[str, list[str]]:
    parsed = layout_pb2.Layout.FromString(value.tensor.string_val[0])
    (category,) = parsed.category
    return {
        chart.title: list(chart.multiline.tag)
        or [name for one in chart.margin.series for name in (one.value, one.lower, one.upper)]
        for chart in category.chart
    }


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("train/loss", "loss"),
        ("loss/val", "loss"),
        ("metrics/test/acc", "metrics/acc"),
        ("val_loss", "loss"),
        ("loss_valid", "loss"),
        ("Loss/train_total", "Loss/total"),
        ("train", "train"),
        ("trainer/step", "trainer/step"),
        ("evaluated", "evaluated"),
        ("loss", "loss"),
    ],
)
def test_a_quantity_is_its_tag_without_the_split(tag: str, name: str) -> None:
    assert split_of(tag)[1] == name
    assert re.match(pattern_of(name), tag)
    assert not re.match(pattern_of(name), f"{tag} (mean)")
    assert not re.match(pattern_of("other"), tag)


def test_splits_of_one_quantity_share_a_chart() -> None:
    found = layout(["train/loss", "val/loss", "test/loss", "val/acc", "acc", "lr"])
    assert titles(found) == {
        "acc": ("acc", "val/acc"),
        "loss": ("test/loss", "train/loss", "val/loss"),
    }


@pytest.mark.parametrize(
    ("tags", "band"),
    [
        (("r_mean", "r_min", "r_max"), ("r range", "r_mean", "r_min", "r_max")),
        (("x", "x_min", "x_max"), ("x range", "x", "x_min", "x_max")),
        (
            ("a/loss", "a/loss/lower", "a/loss/upper"),
            ("a/loss range", "a/loss", "a/loss/lower", "a/loss/upper"),
        ),
        (
            ("E/AverageReturn", "E/MinReturn", "E/MaxReturn"),
            ("E/Return range", "E/AverageReturn", "E/MinReturn", "E/MaxReturn"),
        ),
    ],
)
def test_a_mean_with_its_extremes_is_a_band(tags: tuple[str, ...], band: tuple[str, ...]) -> None:
    assert layout(tags) == Layout((Chart(band[0], band[1:], band=True),))


def test_tags_that_are_alone_have_no_layout() -> None:
    assert layout(["train/loss", "val/acc", "r_min", "r_max", "min", "_min"]) is None


def test_a_tag_that_leaves_its_chart_empty_is_kept_out() -> None:
    assert layout(["train/loss (mean)", "val/loss (mean)"]) is None


def test_charts_that_the_user_wants_go_first() -> None:
    found = layout(
        ["train/a", "val/a", "b"], [Charted("mine", ("val/*", "b")), Charted("none", ("c*",))]
    )
    assert titles(found) == {"mine": ("b", "val/a"), "a": ("train/a", "val/a")}


def test_there_are_at_most_200_charts_of_our_own() -> None:
    tags = [f"{split}/x{number}" for number in range(5000) for split in ("train", "val")]
    assert len(titles(layout(tags))) == 200


def test_tags_are_no_patterns() -> None:
    tags = ("train/a.b+c[0]", "val/a.b+c[0]")
    data = serialize("layout", (LAYOUT_TAG,), [Layout((Chart("a", tags),))])
    charts = charts_of(summary_pb2.Summary.FromString(data).value[0])
    assert [re.match(one, tag) is not None for one, tag in zip(charts["a"], tags, strict=True)]
    assert not re.match(charts["a"][0], "train/aXb+c[0]")
    assert not re.match(charts["a"][0], "train/a.b+c[0]/more")


def test_the_bytes_are_those_of_tensorboardx() -> None:
    made = Layout((Chart("a", ("x", "y")), Chart("b", ("m", "l", "u"), band=True)))
    theirs = summary.custom_scalars(
        {"charts": {"a": ["Multiline", ["^x$", "^y$"]], "b": ["Margin", ["m", "l", "u"]]}}
    )
    assert serialize("layout", (LAYOUT_TAG,), [made]) == theirs.SerializeToString()


def test_a_layout_is_written_once_and_again_where_tags_came(tmp_path: Path) -> None:
    logs, logdir = tmp_path / "logs", tmp_path / "runs"
    logs.mkdir()
    log = logs / "a.csv"
    options = tbingest.Options(plots="none")
    log.write_text(HEADER + EPOCHS)
    tbingest.convert(logs, logdir, options)
    assert [sorted(one) for one in written(logdir)] == [["loss", "reward range"]]
    tbingest.convert(logs, logdir, options)
    log.write_text(HEADER + EPOCHS + "2,0.4,0.9,-1,1,4,0.1\n")
    tbingest.convert(logs, logdir, options)
    assert len(written(logdir)) == 1
    (logs / "b.jsonl").write_text('{"epoch": 0, "train_f1": 0.1, "val_f1": 0.2}\n' * 2)
    tbingest.convert(logs, logdir, options)
    assert len(written(logdir)) == 2


@pytest.mark.parametrize("load_fast", ["true", "false"])
def test_both_loaders_show_the_newest_layout_and_its_lines(tmp_path: Path, load_fast: str) -> None:
    logs, logdir = tmp_path / "logs", tmp_path / "runs"
    (logs / "one").mkdir(parents=True)
    (logs / "two").mkdir()
    options = tbingest.Options(plots="none", layouts=(Charted("rates", ("lr",)),))
    log = logs / "one" / "metrics.jsonl"
    log.write_text('{"step": 1, "lr": 0.1, "train/loss": 2, "val/loss": 3}\n')
    (logs / "two" / "metrics.csv").write_text(HEADER + EPOCHS)
    tbingest.convert(logs, logdir, options)
    with log.open("a") as stream:
        stream.write('{"step": 2, "train/acc": 0.5, "val/acc": 0.25}\n')
    tbingest.convert(logs, logdir, options)
    with tbhttp.tensorboard(logdir, load_fast) as url:
        tbhttp.wait_for(lambda: len(tbhttp.all_scalars(url)) >= 11, 60)
        answer = tbhttp.get_json(url, "/data/plugin/custom_scalars/layout")
        (category,) = answer["category"]
        by_title = {chart["title"]: chart for chart in category["chart"]}
        patterns = by_title["acc"]["multiline"]["tag"]
        asked = {"run": "one", "tag": "|".join(f"({one})" for one in patterns)}
        lines = tbhttp.get_json(url, "/data/plugin/custom_scalars/scalars", **asked)
    assert category["title"] == "charts"
    charts = sorted(chart["title"] for chart in category["chart"])
    assert charts == ["acc", "loss", "rates", "reward range"]  # one `loss`, though its tags differ
    (band,) = by_title["reward range"]["margin"]["series"]
    assert band == {"value": "reward_mean", "lower": "reward_min", "upper": "reward_max"}
    shown = {tag: [row[1:] for row in rows] for tag, rows in lines["tag_to_events"].items()}
    assert shown == {"train/acc": [[2, 0.5]], "val/acc": [[2, 0.25]]}


def test_a_config_names_charts(tmp_path: Path) -> None:
    path = tmp_path / "tbingest.toml"
    path.write_text('[[layout]]\nname = "rates"\ntags = ["lr*", "optim/*"]\n')
    assert config.load(str(path)).layouts == (Charted("rates", ("lr*", "optim/*")),)
    path.write_text('[[layout]]\nname = "r"\ntags = "*_mean"\nband = true\n')
    assert config.load(str(path)).layouts == (Charted("r", ("*_mean",), band=True),)


def test_a_band_of_a_deviation_is_made_where_it_is_wanted(tmp_path: Path) -> None:
    """Its edges are points of their own, at the steps of the mean: once, and they count."""
    log = tmp_path / "logs" / "a.csv"
    log.parent.mkdir()
    log.write_text("step,r_mean,r_std,loss,loss_std\n1,2,0.5,3,1\n2,4,,3,1\n3,inf,inf,3,1\n")
    plain, wanted = tmp_path / "plain", tmp_path / "runs"
    options = tbingest.Options(plots="none")
    assert tbingest.convert(log.parent, plain, options).points == 11
    options = tbingest.Options(plots="none", layouts=(Charted("reward", ("r_*",), band=True),))
    report = tbingest.convert(log.parent, wanted, options)
    (source,) = report.sources
    assert (source.read, source.written.total(), report.points) == (15, 15, 15)
    assert tbingest.convert(log.parent, wanted, options).bytes_written == 0
    assert verify(plan([log.parent], wanted, options), str(wanted)).findings == []
    (path,) = wanted.rglob("*tfevents*")
    found: dict[str, list[Any]] = {}
    for event in read_events(path):
        for value in event.summary.value:
            number = value.tensor.float_val[0] if value.tensor.float_val else value.simple_value
            found.setdefault(value.tag, []).append((event.step, str(number)))
    assert found["r_mean/lower"] == [(1, "1.5"), (3, "nan")]
    assert found["r_mean/upper"] == [(1, "2.5"), (3, "inf")]
    assert "loss/lower" not in found
    assert written(wanted) == [{"reward": ["r_mean", "r_mean/lower", "r_mean/upper"]}]
    assert written(plain) == []


def test_several_bands_of_a_name_are_charts_of_their_own() -> None:
    tags = [f"{name}{end}" for name in ("a", "b") for end in ("", "/lower", "/upper")]
    found = layout(tags, [Charted("mine", ("*",), band=True)])
    assert list(titles(found)) == ["mine: a", "mine: b"]


def test_a_chart_without_tags_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "tbingest.toml"
    path.write_text('[[layout]]\nname = "rates"\n')
    with pytest.raises(UsageError) as caught:
        config.load(str(path))
    assert caught.value.message == f"{path}:1: tags: is missing in [[layout]]"


def test_the_mean_of_sister_runs_has_bands(tmp_path: Path) -> None:
    for seed in (1, 2):
        folder = tmp_path / "logs" / f"seed{seed}"
        folder.mkdir(parents=True)
        (folder / "metrics.csv").write_text(f"step,score\n1,{seed}\n2,{seed * 2}\n")
    options = tbingest.Options(plots="none", aggregate="mean±std")
    tbingest.convert(tmp_path / "logs", tmp_path / "runs", options)
    bands = [["score", "score/lower", "score/upper"]]
    assert [one["score range"] for one in written(tmp_path / "runs" / "seed-mean")] == bands
