"""What a check takes in: no run, and no file that should hold one, slips past it unseen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tensorboardX import SummaryWriter

from tbingest.cli import run

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = "step,train/loss,val/acc\n1,0.5,0.1\n2,0.3,0.6\n"


@pytest.fixture
def checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, list[str]]]:
    """`check` in a folder with one log in logs/a: the exit code and the lines of stdout."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "TBINGEST_OUTPUT_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    write("logs/a/log.csv", LOG)

    def check(*arguments: str) -> tuple[int, list[str]]:
        code = run(["check", *arguments])
        return code, [line.partition("  (")[0] for line in capsys.readouterr().out.splitlines()]

    return check


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def events(folder: str, values: dict[str, list[float]]) -> None:
    """An event file as torch writes it."""
    writer = SummaryWriter(folder)
    for tag, those in values.items():
        for step, value in enumerate(those):
            writer.add_scalar(tag, value, step)
    writer.close()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("log.csv", "", "no points: empty"),
        ("log.csv", "step,train/loss\n", "no points: only a header"),
        ("metrics.jsonl", "", "no points: empty"),
        ("history.json", '{"loss": []}', ""),
    ],
)
def test_a_log_without_points_fails_beside_others(
    checked: Callable[..., tuple[int, list[str]]], name: str, text: str, said: str
) -> None:
    """A job that ended before its first step must not pass."""
    write(f"logs/b/{name}", text)
    code, lines = checked("logs")
    if said:
        assert (code, lines[0]) == (1, f"✗ logs/b/{name}: {said}  [input]")
    else:
        assert any(f"logs/b/{name}" in line for line in lines)


def test_what_is_no_log_is_named_in_a_note(checked: Callable[..., tuple[int, list[str]]]) -> None:
    """An empty console log, a script; what the user left out is not."""
    for name in ("stderr.log", "train.py", "left.csv"):
        write(f"logs/a/{name}", "")
    code, lines = checked("logs", "--exclude", "left.csv")
    said = "logs/a/stderr.log, logs/a/train.py were not read: tbingest inspect says why"
    assert (code, lines[0]) == (0, f"note: {said}")


def test_an_empty_hparams_file_is_no_failure(
    checked: Callable[..., tuple[int, list[str]]],
) -> None:
    """Lightning writes one beside every log without hyperparameters."""
    write("lit/version_0/hparams.yaml", "{}\n")
    write("lit/version_0/metrics.csv", "epoch,step,train_loss\n0,1,0.5\n0,2,0.4\n")
    assert checked("lit")[0] == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "none: holds no files"), ("core.bin", "none/core.bin: binary, of no known kind"),
     ("events.csv", "none/events.csv: in --exclude")],
)  # fmt: skip
def test_a_path_that_gives_nothing_fails_beside_others(
    checked: Callable[..., tuple[int, list[str]]], name: str, said: str
) -> None:
    """A job that left an empty folder must not pass for the others' sake."""
    Path("none").mkdir()
    if name:
        Path("none", name).write_bytes(bytes(range(256)) * 40)
    code, lines = checked("logs", "none", "--exclude", "events.csv")
    assert (code, lines[0]) == (1, f"✗ {said}  [input]")


def test_a_log_that_is_named_twice_is_no_failure(
    checked: Callable[..., tuple[int, list[str]]],
) -> None:
    """As by a glob of the shell: it is read once."""
    said = ["✓ all checks passed: 1 run, 2 curves"]
    assert checked("logs", "logs/a", "logs/a/log.csv") == (0, said)


def test_notes_among_logs_are_no_runs_that_lack_a_tag(
    checked: Callable[..., tuple[int, list[str]]],
) -> None:
    """Nor in the logdir that is made of them."""
    write("logs/README.md", "# What was tried\n")
    assert run(["convert", "logs", "--no-plots", "-q"]) == 0
    assert Path("runs/logs").is_dir()
    said = ["✓ all checks passed: 1 run, 2 curves"]
    assert checked("logs", "--require", "val/acc") == checked("runs", "--require", "val/acc")
    assert checked("runs", "--require", "val/acc") == (0, said)


def test_a_tag_of_another_kind_is_said_to_be_one(
    checked: Callable[..., tuple[int, list[str]]],
) -> None:
    """Of event files and of logs; it was not mistyped."""
    with SummaryWriter("runs/a") as writer:
        writer.add_scalar("loss", 1.0, 0)
        writer.add_histogram("weights", [1.0, 2.0], 0)
        writer.add_text("note", "hello", 0)
    for tag in ("weights", "note/text_summary"):
        code, lines = checked("runs", "--max", f"{tag}=1")
        assert (code, lines[0]) == (
            1,
            f"✗ the tag {tag!r} holds no scalars  [--max {tag}=1@last]",
        )
    np.save("logs/a/weights.npy", np.arange(9.0))
    code, lines = checked("logs", "--require", tag := "weights/weights")
    assert (code, lines[0]) == (1, f"✗ the tag {tag!r} holds no scalars  [--require {tag}]")


def test_a_run_without_points_fails_in_a_logdir(
    checked: Callable[..., tuple[int, list[str]]],
) -> None:
    """Its writer was opened, and nothing else; histograms are points."""
    events("runs/good", {"loss": [1.0, 0.5]})
    writer = SummaryWriter("runs/weights")
    writer.add_histogram("w", [1.0, 2.0], 0)
    writer.close()
    assert checked("runs") == (
        0,
        ["note: without scalars: weights", "✓ all checks passed: 1 run, 1 curve"],
    )
    events("runs/none", {})
    code, lines = checked("runs")
    assert (code, lines[0]) == (1, "✗ runs/none: a run without points  [input]")


@pytest.mark.parametrize(
    ("asked", "rule"), [("--require train*loss", "--require train*loss"), ("--min-steps 1",) * 2]
)
def test_a_run_that_logged_its_options_only_lacks_what_every_run_has(
    checked: Callable[..., tuple[int, list[str]]], asked: str, rule: str
) -> None:
    """As of a job that ended before its first step, in logs and in a logdir."""
    write("lit/version_0/hparams.yaml", "lr: 0.1\n")
    write("lit/version_0/metrics.csv", "epoch,step,train_loss\n0,1,0.5\n0,2,0.4\n")
    write("lit/version_1/hparams.yaml", "lr: 0.2\n")
    assert run(["convert", "lit", "--no-plots", "-q"]) == 0
    for path in ("lit", "runs"):
        assert checked(path)[:2] == (
            0,
            ["note: without scalars: version_1", "✓ all checks passed: 1 run, 2 curves"],
        )
        code, lines = checked(path, *asked.split())
        assert (code, lines[0]) == (1, f"✗ version_1: has no scalars  [{rule}]")


def test_event_files_among_logs_are_judged(
    checked: Callable[..., tuple[int, list[str]]],
) -> None:
    """Those of other writers; a log goes before an event file of the same run."""
    events("logs/b", {"train/loss": [0.5, 0.9]})
    events("logs/a", {"train/loss": [9.0], "more": [1.0]})
    code, lines = checked("logs", "--max", "train/loss=0.4", "-v")
    assert code == 1
    assert lines[0].startswith("✗ logs/b/events.out.tfevents.")
    assert lines[0].endswith(
        ": b train/loss at step 1: last 0.9 is above 0.4  [--max train/loss=0.4@last]"
    )
    assert sorted(line.split()[:3] for line in lines if line.startswith("  a")) == [
        ["a", "more", "1"],
        ["a", "train/loss", "0.3"],
        ["a", "val/acc", "0.6"],
    ]


def test_runs_of_one_name_in_two_logdirs_stay_apart(
    checked: Callable[..., tuple[int, list[str]]],
) -> None:
    """Their logdirs are in their names; a logdir named twice is read once."""
    events("one/x", {"loss": [1.0]})
    events("two/x", {"loss": [2.0]})
    code, lines = checked("one", "two", "./two/", "--max", "loss=1", "--metrics", "m.json")
    assert code == 1
    assert lines[0].partition(": ")[2].startswith("two/x loss at step 0: last 2 is above 1")
    assert json.loads(Path("m.json").read_text()) == {"one/x": {"loss": 1.0}, "two/x": {"loss": 2}}


@pytest.mark.parametrize("bound", ["0.3@last", "0.3@best", "0.3@at(2)", "0.4@mean(2)"])
def test_a_logdir_passes_where_its_logs_do(
    checked: Callable[..., tuple[int, list[str]]], bound: str
) -> None:
    """An event file holds float32: 0.3 is 0.30000001192 there, and is not above 0.3."""
    assert run(["convert", "logs", "--no-plots", "-q"]) == 0
    for path in ("logs", "runs"):
        assert checked(path, "--max", f"train/loss={bound}")[0] == 0
        assert checked(path, "--baseline", "logs", "--max-regression", "0")[0] == 0
    said = [
        checked(path, "--max", "train/loss=0.2")[1][0].partition(": ")[2]
        for path in ("logs", "runs")
    ]
    assert said[0] == said[1]


CONFIGS = [
    ('run = "zzz*"\nmin-steps = 1', "✗ no run matches 'zzz*'  [--min-steps 1 (runs zzz*)]"),
    ('run = "zzz*"\nno-restart = true', "✗ no run matches 'zzz*'  [--no-restart (runs zzz*)]"),
    ('run = "zzz*"\nno-nan = true', "✗ no run matches 'zzz*'  [--no-nan (runs zzz*)]"),
    (
        'tag = "val/acc"\nmin-steps = 3',
        (
            "✗ logs/a/log.csv:3: a val/acc at step 2: 2 points in its longest curve, expected 3"
            "  [--min-steps 3 (tags val/acc)]"
        ),
    ),
    ('tag = "val/f1"\nmin-steps = 3', "✗ no run has a tag 'val/f1'  [--min-steps 3 (tags val/f1)]"),
    ('tag = "train/*"\nmonotonic = true', ""),
    (
        'tag = "train/*"\nmonotonic = true\ndirection = "up"',
        "✗ logs/a/log.csv:3: a train/loss at step 2: falls from 0.5 to 0.3  [--monotonic train/*]",
    ),
    (
        'tag = "train/loss"\nmin = 0.31\nat = "mean(1)"',
        (
            "✗ logs/a/log.csv:3: a train/loss at step 2: mean of last 1 0.3 is below 0.31"
            "  [--min train/loss=0.31@mean(1)]"
        ),
    ),
    ('tag = "val/f1"\nrequire = true', "✗ no run has a tag 'val/f1'  [--require val/f1]"),
    (
        'tag = "val/*"\nno-divergence = 1.5\ndirection = "down"',
        (
            "✗ logs/a/log.csv:3: a val/acc at step 2: last 0.6 is more than 1.5 times worse"
            " than best 0.1  [--no-divergence val/*=1.5]"
        ),
    ),
]


@pytest.mark.parametrize(("table", "said"), CONFIGS)
def test_rules_of_a_config_mean_what_the_flags_do(
    checked: Callable[..., tuple[int, list[str]]], table: str, said: str
) -> None:
    """For the runs and tags that they name."""
    write("tbingest.toml", f"[[check]]\n{table}\n")
    code, lines = checked("logs")
    assert (code, lines[0] if code else "") == (bool(said), said)


@pytest.mark.parametrize(
    "table",
    ["min-steps = 0", 'direction = "left"', 'max-regression = "x"', 'at = "best"', "no-spike = -1",
     'max = 1\nat = "mean(0)"'],
)  # fmt: skip
def test_a_config_that_cannot_be_right_is_a_usage_error(
    checked: Callable[..., tuple[int, list[str]]], table: str
) -> None:
    """Exit code 2."""
    write("tbingest.toml", f"[[check]]\n{table}\n")
    assert checked("logs")[0] == 2


def test_a_config_allows_nan_in_some_tags(checked: Callable[..., tuple[int, list[str]]]) -> None:
    """And in no others."""
    write("logs/a/log.csv", "step,train/loss,grad\n1,0.5,nan\n2,0.4,nan\n")
    assert checked("logs")[0] == 1
    write("tbingest.toml", '[[check]]\ntag = "grad"\nno-nan = false\n')
    assert checked("logs")[0] == 0
    write("logs/a/log.csv", "step,train/loss,grad\n1,0.5,nan\n2,nan,nan\n")
    assert "a train/loss at step 2: nan is not a number" in checked("logs")[1][0]


def test_a_config_gives_a_tag_its_own_room(checked: Callable[..., tuple[int, list[str]]]) -> None:
    """The flag is for all others."""
    write("base/a/log.csv", "step,train/loss,val/acc\n2,0.2,0.61\n")
    assert checked("logs", "--baseline", "base", "--max-regression", "5%")[0] == 1
    write("tbingest.toml", '[[check]]\ntag = "*loss"\nmax-regression = "50%"\n')
    assert checked("logs", "--baseline", "base", "--max-regression", "5%")[0] == 0
    assert checked("logs", "--baseline", "base", "--max-regression", "1%")[1][0] == (
        "✗ logs/a/log.csv:3: a val/acc at step 2: 0.6 is below 0.6039: baseline 0.61, -1.639%"
        "  [--max-regression 1%]"
    )


def test_seeds_in_folders_of_one_name_are_compared_by_their_means(
    checked: Callable[..., tuple[int, list[str]]],
) -> None:
    """One that is worse by itself is no failure; two trainings are not mixed."""
    for folder, values in (("old", (0.50, 0.52, 0.48)), ("new", (0.48, 0.51, 0.54))):
        for seed, value in enumerate(values):
            for training, more in (("mlp", 0.0), ("cnn", 1.0)):
                path = f"{folder}/{training}/seed_{seed}/log.csv"
                write(path, f"step,val/loss\n1,{value + more}\n")
    assert checked("new", "--baseline", "old")[0] == 0
    for seed in range(3):
        write(f"new/cnn/seed_{seed}/log.csv", f"step,val/loss\n1,{1.8 + seed / 100}\n")
    code, lines = checked("new", "--baseline", "old")
    assert code == 1
    assert lines[0] == (
        "✗ new/cnn/seed_0/log.csv:2: cnn/seed_* val/loss at step 1: mean of 3 1.81 ± 0.01"
        " is above 1.5258199: baseline mean of 3 1.5 ± 0.02, +20.67%  [--max-regression 0%]"
    )


def test_verifying_is_not_mixed_with_rules(
    checked: Callable[..., tuple[int, list[str]]],
) -> None:
    """A rule beside --verify would not be looked at; a default of `convert` does not hide rules."""
    assert run(["convert", "logs", "--no-plots", "-q"]) == 0
    assert checked("runs", "--verify", "--max", "train/loss=0.1")[0] == 2
    write("tbingest.toml", "verify = true\n")
    assert checked("runs", "--max", "train/loss=0.1")[0] == 1


@pytest.mark.parametrize("policy", ["keep-first", "renumber", "sub-run", "last"])
def test_logs_are_judged_as_their_runs_are(
    checked: Callable[..., tuple[int, list[str]]], policy: str
) -> None:
    """The policy for restarts decides which points stand, before a rule looks at them."""
    write("fallen/a.csv", "step,loss\n1,0.9\n2,0.8\n3,0.7\n2,0.1\n")
    write("tbingest.toml", f'on-restart = "{policy}"\n')
    assert run(["convert", "fallen", "--no-plots", "-q"]) == 0
    for rules in (["--max", "loss=0.5"], ["--max", "loss=0.5@first"], ["--min-steps", "4"]):
        logs, there = checked("fallen", *rules), checked("runs", *rules)
        assert logs[0] == there[0]
    expected = {"keep-first": 1, "renumber": 0, "sub-run": 1, "last": 0}[policy]
    assert checked("fallen", "--max", "loss=0.5")[0] == expected
