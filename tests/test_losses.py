"""What a reading left out is counted, said, and the same in every report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers.command import tbingest_

import tbingest
from tbingest.cli.console import Talk
from tbingest.cli.text import News
from tbingest.formats.textlog.reader import TextLogReader, plan_of
from tbingest.formats.textlog.suggest import pattern_of
from tbingest.logdir.lock import locked
from tbingest.model.accounts import MOST_KINDS, Account, LineKind
from tbingest.pipeline.follow import Follower
from tbingest.report.conversion import problems

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_PLOTS = tbingest.Options(plots=tbingest.Plots.NONE)
EPOCHS = 20
LOG = "batch_size: 32\n" + "".join(
    f"[host {n}] quality score: 0.{n:02} accuracy: 0.5 in part {n % 3} of it all\n"
    f"saved {n} files\n"
    f"epoch {n} loss {1 / n:.4f}\n"
    f"1.5 2.5 and so on\n"
    for n in range(1, EPOCHS + 1)
)
"""The counter of a host is no step; what has a name and a measure is missed."""
MISSED = "".join(
    f"epoch {n} loss {1 / n:.4f}\n"
    + "".join(f"case has accuracy=0.{k}{n % 2} f1=0.25\n" for k in range(n * 7 % 9))
    for n in range(1, EPOCHS + 1)
)
"""After an epoch come some cases, or none: which of them is that of the epoch, nobody says."""


def account_of(log: str, size: int = 1 << 20, enough: int | None = None) -> Account:
    """What becomes of the numbers of a log, fed in pieces."""
    data = log.encode()
    reader = TextLogReader(plan=plan_of([data]).saved())
    if enough is not None:
        reader._quick.enough = enough
    account = Account()
    for start in range(0, len(data), size):
        list(reader.feed(data[start : start + size]))
        account.add(reader.account())
    list(reader.close())
    account.add(reader.account())
    return account


def told(account: Account) -> list[dict[str, Any]]:
    """All kinds, as plain data."""
    document = account.to_dict(everything=True)
    return list(document["lines"])


def test_every_line_is_counted_with_its_first_and_why() -> None:
    """Taken, set aside and not taken; a number without a name, and one that is said once."""
    kinds = {one.sample: one for one in account_of(LOG).by_line}
    epoch = kinds["epoch 1 loss 1.0000"]
    assert (epoch.lines, epoch.numbers, epoch.taken, epoch.counter) == (20, 20, 20, "epoch")
    bare = kinds["1.5 2.5 and so on"]
    assert (bare.lines, bare.left, bare.line) == (20, 40, 5)
    assert bare.why == "no name stands beside its numbers"
    setting = kinds["batch_size: 32"]
    assert (setting.lines, setting.left, setting.is_missed) == (1, 1, False)


@pytest.mark.parametrize("log", [LOG, MISSED])
@pytest.mark.parametrize(("size", "enough"), [(1, 8), (97, 8), (1 << 20, 1), (1 << 20, 1 << 30)])
def test_the_account_is_the_same_however_the_log_is_cut_and_read(
    log: str, size: int, enough: int
) -> None:
    """By templates or line by line, in pieces or whole."""
    assert told(account_of(log, size, enough)) == told(account_of(log))


def test_kinds_are_told_apart_up_to_a_limit() -> None:
    """Memory is bounded; nothing is lost of the sums."""
    account = Account()
    account.add(LineKind(str(n), f"line {n}", n, 3, 3) for n in range(2 * MOST_KINDS))
    assert len(account.kinds) == MOST_KINDS + 1
    assert sum(one.left for one in account.not_taken) == 6 * MOST_KINDS


@pytest.fixture
def missed(tmp_path: Path) -> Path:
    (tmp_path / "train.log").write_text(MISSED)
    return tmp_path


def test_convert_says_in_one_line_what_was_not_taken(missed: Path) -> None:
    """With the share, a sample, its line, and where the rest is shown."""
    done = tbingest_("convert", "train.log", "--no-plots", cwd=missed)
    assert done.returncode == 0
    said = [line for line in done.stdout.splitlines() if "not taken" in line]
    what = "train.log: 168 of 188 numbers were not taken, such as in line 2"
    sample = "'case has accuracy=0.01 f1=0.25' (tbingest inspect shows them)"
    assert [line.strip() for line in said] == [f"missed  {what}: {sample}"]


def test_many_logs_are_few_lines(missed: Path) -> None:
    """-v names each of them."""
    (missed / "logs").mkdir()
    for n in range(5):
        (missed / "logs" / f"{n}.log").write_text(MISSED + "\n" * n)  # no copies
    plain = tbingest_("convert", "logs", "--dry-run", cwd=missed).stdout
    assert plain.count("not taken") == 3
    assert "2 losses more like these (-v shows all)" in plain
    assert tbingest_("convert", "logs", "--dry-run", "-v", cwd=missed).stdout.count("taken") == 5


def test_verbose_counts_also_the_few_that_were_not_taken(tmp_path: Path) -> None:
    """A title, a sentence: too few for a warning."""
    (tmp_path / "a.log").write_text(
        "best of 7 rounds\n" + "".join(f"epoch {at} loss 0.{at}\n" for at in range(1, 9))
    )
    said = tbingest_("convert", "a.log", "--dry-run", "-v", cwd=tmp_path).stdout
    assert "1 number not taken (tbingest inspect shows which)" in said
    assert "not taken" not in tbingest_("convert", "a.log", "--dry-run", cwd=tmp_path).stdout


def test_strict_fails_where_much_was_not_taken(missed: Path) -> None:
    """And not where little was."""
    (missed / "good.log").write_text(LOG.replace("score", "total").replace("accuracy", "number"))
    arguments = ("--strict", "--no-plots", "--logdir", "out")
    assert tbingest_("convert", "train.log", *arguments, cwd=missed).returncode == 1
    assert tbingest_("convert", "good.log", *arguments, cwd=missed).returncode == 0


def test_the_json_report_holds_the_same_numbers(missed: Path) -> None:
    """Of `convert`, of a dry run, and of `inspect`."""
    asked = ("train.log", "--output-format", "json")
    documents = [
        json.loads(tbingest_(*command, *asked, cwd=missed).stdout)
        for command in (
            ["convert", "--no-plots", "--dry-run"],
            ["convert", "--no-plots"],
            ["inspect"],
        )
    ]
    accounts = [document["sources"][0]["account"] for document in documents]
    for account in accounts:
        assert (account["taken"], account["missed"], account["not_taken"]) == (20, 168, 168)
    (kind,) = accounts[0]["lines"]
    assert kind == accounts[1]["lines"][0]
    assert kind in accounts[2]["lines"]
    assert (kind["sample"], kind["line"], kind["lines"]) == (
        "case has accuracy=0.01 f1=0.25",
        2,
        84,
    )
    assert kind["missed"]
    assert [one["sample"] for one in accounts[2]["lines"]] == [
        "epoch 1 loss 1.0000",
        kind["sample"],
    ]


def test_a_log_that_is_read_in_two_pieces_has_the_account_of_the_whole(tmp_path: Path) -> None:
    """The second conversion counts what is new, and no line twice."""
    log = tmp_path / "train.log"
    half = len(MISSED) // 2
    accounts = []
    for text in (MISSED[:half], MISSED):
        log.write_text(text)
        report = tbingest.convert(log, tmp_path / "runs", NO_PLOTS)
        accounts.append(report.sources[0].account)
    assert sum(one.missed for one in accounts) == 168
    assert sum(one.taken for one in accounts) == 20


def blocks(text: str) -> Iterator[str]:
    """The rule that `inspect` shows."""
    lines = [line.strip() for line in text.splitlines()]
    start = lines.index("[[source]]")
    yield from lines[start : lines.index("a log with a rule is read by its patterns alone")]


def test_inspect_shows_the_kinds_of_lines_and_a_rule_that_takes_the_missed(missed: Path) -> None:
    """Pasted into tbingest.toml the rule gives what it says: its last values stand."""
    done = tbingest_("inspect", "train.log", cwd=missed)
    lines = [line.strip() for line in done.stdout.splitlines()]
    at = lines.index("lines")
    assert lines[at : at + 4] == [
        "lines",
        "20 like line 1: epoch 1 loss 1.0000  step: epoch",
        "not taken: 168 of 188 numbers",
        "84 like line 2: case has accuracy=0.01 f1=0.25  168 numbers, no counter that moves",
    ]
    (missed / "tbingest.toml").write_text("\n".join(blocks(done.stdout)))
    tbingest_("convert", "train.log", "--no-plots", cwd=missed)
    frame = tbingest.read(missed / "runs").to_pandas()
    found = frame[frame.tag == "case_has_accuracy"]
    assert found.step.tolist() == [n for n in range(1, EPOCHS + 1) if n * 7 % 9]
    assert found.value.tolist()[:2] == pytest.approx([0.61, 0.40])


@pytest.mark.parametrize(
    ("sample", "groups"),
    [
        ("step 5: loss=0.5, acc 12%", {"step": "5", "loss": "0.5", "acc": "12"}),
        ("1.5 2.5 and so on", {"value_1": "1.5", "value_2": "2.5"}),
        ("2026-01-02 03:04:05 - INFO - f1@5 = 0.5", {"f1_5": "0.5"}),
        ("epoch 3 | a/b: 0.25", {"step": "3", "a__b": "0.25"}),
    ],
)
def test_a_pattern_takes_the_numbers_of_its_sample(sample: str, groups: dict[str, str]) -> None:
    """Names become groups; a counter is the step."""
    import re

    found = re.search(pattern_of(sample), sample)
    assert found
    assert found.groupdict() == groups


def test_what_has_no_number_has_no_pattern() -> None:
    """Nothing is shown to paste."""
    assert pattern_of("nothing here") == ""


def table(*rows: tuple[object, ...]) -> str:
    """A CSV of step, loss and acc."""
    return "step,loss,acc\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)


RESUMED = table(*((n, 1 / n, 0.5) for n in range(1, 21)), *((n, 2 / n, 0.5) for n in range(11, 31)))


def converted(path: Path, text: str, **options: Any) -> tbingest.Report:
    """One log, converted beside itself."""
    path.write_text(text)
    return tbingest.convert(path, path.parent / "runs", tbingest.Options(**options))


def test_only_what_differs_is_superseded(tmp_path: Path) -> None:
    """A resumed training tells acc again as it was: those values are repeated."""
    (source,) = converted(tmp_path / "a.csv", RESUMED, plots="none").sources
    assert (source.read, source.superseded, source.repeated) == (80, 10, 10)
    (one,) = source.account.superseded.values()
    assert (one.values, one.tags, one.first, one.last) == (10, {"loss": 10}, 12, 22)


def test_values_that_are_not_told_again_are_superseded(tmp_path: Path) -> None:
    """The resumed training ended earlier than the first one."""
    rows = [(n, 1 / n, 0.5) for n in [*range(1, 21), *range(5, 15)]]
    (source,) = converted(tmp_path / "a.csv", table(*rows), plots="none").sources
    assert (source.superseded, source.repeated) == (12, 20)
    assert source.read == sum(source.written.values()) + 32


def test_the_same_values_are_lost_in_blocks_of_any_size(tmp_path: Path) -> None:
    """As long as a block holds what falls and what it falls from."""
    told = []
    for size in (400, 1 << 20):
        (tmp_path / str(size)).mkdir()
        log = tmp_path / str(size) / "a.csv"
        (source,) = converted(log, RESUMED, plots="none", block_bytes=size).sources
        told.append(source.superseded + source.repeated)
    assert told == [20, 20]


def test_convert_says_of_which_tags_values_gave_way_and_where(tmp_path: Path) -> None:
    """And what to type if that is wrong."""
    rows = [(n // 4, 1 / (n + 1), 0.5) for n in range(40)]
    (tmp_path / "a.csv").write_text(table(*rows))
    (tmp_path / "b.csv").write_text(RESUMED)
    done = tbingest_("convert", "a.csv", "b.csv", "--no-plots", "--step", "step", cwd=tmp_path)
    said = [line.strip() for line in done.stdout.splitlines() if "lost" in line]
    same = "30 values gave way to others of the same step (loss, lines 2 to 41)"
    fell = "10 values gave way to those after the step fell back (loss, lines 12 to 22)"
    assert said == [
        f"lost    a.csv: {same}: --step NAME counts by another field",
        f"lost    b.csv: {fell}: --on-restart sub-run keeps both",
    ]


def test_strict_fails_where_more_than_a_few_values_differ(tmp_path: Path) -> None:
    """Two values that are told again otherwise are no loss to speak of."""
    (tmp_path / "a.csv").write_text(RESUMED)
    few = [(n, 1 / n, 0.5) for n in range(1, 21)]
    (tmp_path / "b.csv").write_text(table(*few, (20, 0.25, 0.5)))
    arguments = ("--strict", "--no-plots")
    assert tbingest_("convert", "a.csv", *arguments, cwd=tmp_path).returncode == 1
    assert tbingest_("convert", "b.csv", *arguments, cwd=tmp_path).returncode == 0


def test_the_json_report_says_what_gave_way(tmp_path: Path) -> None:
    """As plain data."""
    (tmp_path / "a.csv").write_text(RESUMED)
    asked = ("convert", "a.csv", "--no-plots", "--output-format", "json")
    document = json.loads(tbingest_(*asked, cwd=tmp_path).stdout)
    assert document["sources"][0]["account"]["superseded"] == [
        {
            "why": "those after the step fell back",
            "values": 10,
            "tags": {"loss": 10},
            "first": 12,
            "last": 22,
        }
    ]


def test_another_log_of_the_run_is_named_where_its_values_stand(tmp_path: Path) -> None:
    """Values that are the same but for their digits are repeated; so is one that is equal."""
    (tmp_path / "logs").mkdir()
    history = {"val_loss": [0.5, 0.4, 0.3, 0.2, 0.1, 0.05], "loss": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]}
    (tmp_path / "logs" / "history.json").write_text(json.dumps(history))
    rows = [f"{n},{0.9 - n / 10},{1.01 * loss}\n" for n, loss in enumerate(history["val_loss"])]
    (tmp_path / "logs" / "training.log").write_text("epoch,loss,val_loss\n" + "".join(rows))
    report = tbingest.convert(tmp_path / "logs", tmp_path / "runs", NO_PLOTS)
    told = {one.format: one for one in report.sources}
    (one,) = told["keras-history"].account.superseded.values()
    assert (one.why, one.tags) == ("those of keras-csv", {"epoch_loss": 5})
    assert told["keras-history"].repeated == 7


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "a.csv",
            "step,iter,loss\n" + "".join(f"1,{n},{1 / (n + 1)}\n" for n in range(20)),
            ["'iter' keeps 100%", "'step' keeps 0%"],
        ),
        (
            "b.csv",
            "algo,seed,step,ret\n"
            + "".join(f"{algo},{n // 6},{n % 6},{n}\n" for algo in "ab" for n in range(12)),
            [
                "step by algo and seed: 100% kept",
                "step: 100% kept",
                "step by algo: 100% kept",
                "step by seed: 100% kept",
            ],
        ),
        (
            "c.json",
            '{"lr": 0.1, "train": {"loss": [3, 2, 1], "epoch": [1, 2, 3]}}',
            ["epoch: 100% kept"],
        ),
    ],
)
def test_inspect_says_which_steps_were_looked_at(
    tmp_path: Path, name: str, text: str, said: list[str]
) -> None:
    """The chosen one, the runner-up, and the share of the values that each keeps apart."""
    (tmp_path / name).write_text(text)
    done = tbingest_("inspect", name, cwd=tmp_path)
    line = f"    steps looked at: {'; '.join(said)}\n"
    assert (line in done.stdout) == (len(said) > 1)
    asked = ("inspect", name, "--output-format", "json")
    (source,) = json.loads(tbingest_(*asked, cwd=tmp_path).stdout)["sources"]
    assert source["tried"] == said


def test_a_dry_run_gives_the_report_of_the_conversion(tmp_path: Path) -> None:
    """What is superseded, repeated, left out; runs and tags: into an empty logdir or a full one."""
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.csv").write_text(RESUMED)
    (logs / "b.csv").write_text(table(*[(n, n, n) for n in [1, 2, 3, 4, 1, 2, 3, 4, 5]]))
    (logs / "train.log").write_text(MISSED)
    options = tbingest.Options(plots=tbingest.Plots.NONE, drop_tags=("*acc*",))
    for more in ("", "31,0.5,0.5\n"):
        (logs / "a.csv").write_text(RESUMED + more)
        dry, real = (
            tbingest.convert(logs, tmp_path / "runs", options, dry_run=dry_run).to_dict()
            for dry_run in (True, False)
        )
        assert (dry.pop("dry_run"), real.pop("dry_run")) == (True, False)
        for document in (dry, real):
            del document["seconds"], document["bytes_written"]
        assert dry == real
        assert real["totals"]["left_out"] > 0
    assert not list(tmp_path.glob("tbingest-*"))


def test_tags_are_counted_once_in_however_many_runs(tmp_path: Path) -> None:
    """Of two trainings in one file, and of two files of one run."""
    (tmp_path / "a.csv").write_text(table(*[(n, n, n) for n in [1, 2, 3, 4, 1, 2, 3, 4, 5]]))
    (tmp_path / "b.csv").write_text("step,f1\n1,0.5\n")
    done = tbingest_("convert", "a.csv", "b.csv", "--no-plots", "--run", "x", cwd=tmp_path)
    assert "18 scalars  2 tags" in done.stdout
    report = tbingest.convert(tmp_path / "a.csv", tmp_path / "out", NO_PLOTS)
    assert report.sources[0].tags == 2


def test_a_conversion_without_a_curve_warns(tmp_path: Path) -> None:
    """Notes and settings alone are not what anyone converts logs for."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "notes.md").write_text("# A run")
    (tmp_path / "logs" / "config.json").write_text('{"lr": 0.1, "batch_size": 32}')
    what = "no curve was read, just 1 hparams and 2 texts"
    for arguments in (["--dry-run"], ["--no-plots"]):
        done = tbingest_("convert", "logs", *arguments, cwd=tmp_path)
        assert what in done.stdout
        assert done.returncode == 0
    (tmp_path / "logs" / "a.csv").write_text(RESUMED)
    assert "no curve" not in tbingest_("convert", "logs", "--no-plots", cwd=tmp_path).stdout


def test_what_is_lost_is_said_while_logs_are_followed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once a source, as it comes: `serve` shows no table at its end."""
    report = converted(tmp_path / "a.csv", RESUMED, plots="none")
    news = News(Talk(), lambda _: None)
    news.tell(report)
    news.tell(report)
    said = capsys.readouterr().err
    assert said.count("10 values gave way to those after the step fell back") == 1


BARS = "".join(
    f"\rEpoch {epoch}: {part}0%|██████████| {part}/10 [00:02<00:00, 20.13it/s, loss=0.{epoch}]"
    + "\n" * (part == 10)
    for epoch in range(1, 6)
    for part in (5, 10)
)


def test_what_a_reader_holds_is_given_out_where_nothing_more_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last bar of a log that was followed, once, though the log is looked at again."""
    monkeypatch.setattr("tbingest.pipeline.follow._PATIENCE", 0.0)
    (tmp_path / "logs").mkdir()
    log = tmp_path / "logs" / "train.log"
    logdir = str(tmp_path / "runs")
    with locked(logdir):
        follower = Follower([str(log.parent)], logdir, NO_PLOTS)
        for size in (len(BARS) // 2, len(BARS)):
            log.write_text(BARS[:size])
            follower.sweep()
        follower.finish()
    frame = tbingest.read(logdir).to_pandas()
    assert frame.step.tolist() == [1, 2, 3, 4, 5]
    again = tbingest.convert(log.parent, logdir, NO_PLOTS)
    assert again.bytes_written == 0


def test_the_pages_of_a_conversion_say_what_is_lost(tmp_path: Path) -> None:
    """In the table of what could not be read."""
    report = converted(tmp_path / "a.csv", RESUMED, plots="none")
    (row,) = problems(report)
    assert Path(row[0]).name == "a.csv"
    assert row[1].startswith("10 values gave way to those after the step fell back (loss, lines")
