"""`serve` can be steered: whose logs share a logdir, and what TensorBoard is told."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from helpers import tbhttp
from helpers.command import LOG, tbingest_

import tbingest
from tbingest.cli.console import Talk
from tbingest.cli.serve import _are_logs, _of_its_own, _taken_apart
from tbingest.cli.tensorboard import unselected
from tbingest.logdir.tags import scalar_tags
from tbingest.series.metrics import first_look, headline, rises_by_name
from tbingest.serve import ServeOptions, command, pinned, side_by_side

NO_PLOTS = tbingest.Options(plots=tbingest.Plots.NONE)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two folders of logs."""
    for name in ("a", "b"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "train.jsonl").write_text(LOG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_other_logs_get_a_logdir_of_their_own(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`serve a`, then `serve b`: both in ./runs would be compared unasked. It is said."""
    assert _of_its_own(Talk(), ["a"], "runs") == "runs"
    tbingest.convert("a", "runs", NO_PLOTS)
    assert _of_its_own(Talk(), ["a"], "runs") == "runs"
    assert _of_its_own(Talk(), ["a/deep"], "runs") == "runs"
    assert capsys.readouterr().err == ""
    assert _of_its_own(Talk(), ["b"], "runs") == "runs-b"
    assert capsys.readouterr().err == (
        "note: runs/ holds other logs, so these go into runs-b/; --logdir runs puts them together\n"
    )


def test_flags_behind_two_dashes_are_those_of_tensorboard(place: Path) -> None:
    """They come last, so that they go before ours."""
    assert _taken_apart(["runs", "--path_prefix", "/x"]) == (["runs"], ["--path_prefix", "/x"])
    assert _taken_apart(["--path_prefix", "/x"]) == ([], ["--path_prefix", "/x"])
    assert _taken_apart([]) == ([], [])
    said = command(Path("runs"), ServeOptions(more=("--path_prefix", "/x")))
    assert said[-2:] == ["--path_prefix", "/x"]


def test_a_pattern_that_no_shell_expands_is_its_names(place: Path) -> None:
    """As on Windows, or in quotes."""
    assert _taken_apart(["?", "--", "x"]) == (["a", "b"], ["--", "x"])
    assert _taken_apart(["nowhere*"]) == (["nowhere*"], [])


def test_logs_and_logdirs_are_not_shown_together(place: Path) -> None:
    """Several logs are, and several logdirs."""
    tbingest.convert("a", "runs", NO_PLOTS)
    assert _are_logs(["a", "b"])
    assert not _are_logs(["runs", "runs"])
    assert not _are_logs([])
    done = tbingest_("serve", "a", "runs", cwd=place)
    assert (done.returncode, done.stderr) == (
        2,
        (
            "error: runs: is not a raw log, but a is\n"
            "hint: convert the logs first: tbingest convert LOGS --logdir runs\n"
        ),
    )


@pytest.mark.parametrize("load_fast", ["true", "false"])
def test_several_logdirs_are_shown_beside_each_other(load_fast: str, place: Path) -> None:
    """Each under its own name; what lies in another one is not shown twice."""
    for name in ("x/runs", "y/runs"):
        tbingest.convert("a", name, NO_PLOTS)
    several = [Path("x/runs"), Path("y/runs"), Path("y/runs/deep")]
    with side_by_side(several) as folder, tbhttp.tensorboard(folder, load_fast) as url:
        tbhttp.wait_for(lambda: len(tbhttp.runs(url)) > 1)
        assert sorted(tbhttp.runs(url)) == ["x/runs/deep", "y/runs/deep"]
    assert not folder.exists()
    assert Path("x/runs").is_dir()
    with side_by_side([Path("x/runs")]) as folder:
        assert folder == Path("x/runs")


def test_the_tags_of_a_folder_in_a_logdir_are_known(place: Path) -> None:
    """The state lies above it."""
    tbingest.convert("a", "runs", NO_PLOTS)
    Path("runs/other").mkdir()
    curves, _ = scalar_tags(["runs/deep"])
    assert curves["loss"] == 1
    assert scalar_tags(["runs"]) == scalar_tags(["runs/deep"])
    assert not scalar_tags(["runs/other"])[0]


def test_the_address_pins_what_people_look_for_first(place: Path) -> None:
    """The score, the losses and the learning rate: of tags that runs have, no counters."""
    log = place / "a" / "deep" / "train.jsonl"
    log.write_text(
        "".join(
            f'{{"step": {n}, "epoch": 1, "train_loss": 2, "val_loss": 3, "val_acc": {n}, '
            f'"lr": 0.1, "grad_norm": 2, "time": 3}}\n'
            for n in range(1, 4)
        )
    )
    tbingest.convert("a", "runs", NO_PLOTS)
    tags = first_look(*scalar_tags(["runs"]))
    assert tags == ["val/acc", "train/loss", "val/loss", "lr"]
    url = urlsplit(pinned("http://localhost:6006/", tags))
    assert url.fragment == "timeseries"
    [cards] = parse_qs(url.query)["pinnedCards"]
    assert json.loads(cards)[0] == {"plugin": "scalars", "tag": "val/acc"}
    assert pinned("http://localhost:6006/", []) == "http://localhost:6006/"


@pytest.mark.parametrize(
    ("tags", "first"),
    [
        (
            ["用时", "学习率", "轮次", "训练损失", "验证准确率"],
            ["验证准确率", "训练损失", "学习率"],
        ),
        (["époque", "durée", "perte", "val/précision"], ["val/précision", "perte"]),
        (["Epoche", "Lernrate", "Verlust", "expertes"], ["Verlust", "Lernrate"]),
    ],
)
def test_scores_and_losses_are_known_in_other_languages(tags: list[str], first: list[str]) -> None:
    """Before everything else; a word within another one is none."""
    assert headline(dict.fromkeys(tags, 1))[: len(first)] == first
    assert rises_by_name(first[0]) is ("率" in first[0] or "pr" in first[0])


def test_spreads_extremes_and_counters_are_no_headline() -> None:
    """They belong to their mean; the extremes are shown where nothing else is."""
    tags = "eval/std_reward eval/mean_reward eval/max_reward loss_std loss lr rollout/ep_rew_mean"
    found = headline(dict.fromkeys(tags.split(), 1))
    assert found == ["eval/mean_reward", "loss", "lr", "rollout/ep_rew_mean", "eval/max_reward"]
    assert headline({"logloss-mean": 1, "logloss-std": 1}) == ["logloss-mean"]
    assert headline({"Loss/G/loss": 1, "std/Loss/G/loss": 1, "num/Loss/G/loss": 1}) == [
        "Loss/G/loss"
    ]
    norms = ("optimizer_norm/a", "weights_norm/a")
    assert headline(dict.fromkeys(norms, 1)) == ["weights_norm/a", "optimizer_norm/a"]


def test_scores_of_one_value_are_shown_where_room_is_left() -> None:
    """A report of scikit-learn has no curve of them."""
    single = {"accuracy": 1, "1/f1-score": 1, "0/support": 1, "loss": 1}
    assert first_look({"loss_curve": 1}, single) == ["loss_curve", "accuracy", "1/f1-score"]
    assert first_look({}, single) == ["accuracy", "loss", "1/f1-score"]
    assert first_look(dict.fromkeys("abcdefgh", 1), single) == list("abcdef")


def test_tensorboards_own_limits_of_runs_are_said() -> None:
    """Over 40 runs its older tabs select none, over 500 Time Series neither."""
    assert [len(list(unselected(runs))) for runs in (40, 41, 500, 501)] == [0, 1, 1, 2]
    assert "press TOGGLE ALL RUNS" in next(iter(unselected(41)))
