r"""Lines that the user's own regular expressions match, and `inspect --pattern`."""

from __future__ import annotations

import json
import math
import tomllib
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from helpers.command import RAW, tbingest_
from helpers.loaded import scalars
from helpers.readers import records_of
from hypothesis import given, settings
from hypothesis import strategies as st

import tbingest
from tbingest import Options, Problem, Rows, SourceRule, UsageError
from tbingest.formats.generic.pattern import MAX_MATCHED, PatternReader
from tbingest.pipeline.try_pattern import toml_string

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

IT = r"it (?P<step>\S+)"
LOSS = r"loss (?P<loss>\S+)"
PAIR = r"(?P<key>\w+)=(?P<value>\S+)"


def read(
    patterns: Sequence[str], text: str, cuts: Sequence[int] = ()
) -> tuple[list[tuple[int, dict[str, Any]]], list[Problem]]:
    """(records by their line, problems) of a log that is fed in pieces."""
    reader = PatternReader(patterns=list(patterns))
    data = text.encode()
    found: list[Rows | Problem] = []
    for start, stop in pairwise([0, *sorted(cuts), len(data)]):
        found += reader.feed(data[start:stop])
    found += reader.close()
    return records_of(found), [item for item in found if isinstance(item, Problem)]


def of(*patterns: str, **more: Any) -> Options:
    """Options whose rule reads every source with these patterns."""
    rule = SourceRule("*", pattern=patterns, **more)
    return Options(sources=(rule,), plots=tbingest.options.Plots.NONE)


# What a line means


@pytest.mark.parametrize(
    ("patterns", "text", "records"),
    [
        ([rf"{IT} {LOSS}"], "it 3 loss 0.5\n", [(1, {"step": 3, "loss": 0.5})]),
        # A step that stands alone is that of the lines that follow.
        (
            [IT, LOSS],
            "it 3\n\nloss 1\nloss 2",
            [(3, {"step": 3, "loss": 1}), (4, {"step": 3, "loss": 2})],
        ),
        # The order of the patterns does not matter, nor that of the words in a line.
        (
            [LOSS, IT],
            "it 3 loss 1\nloss 2 it 4\n",
            [(1, {"step": 3, "loss": 1}), (2, {"step": 4, "loss": 2})],
        ),
        # Several matches in a line; values of one step are one record.
        ([PAIR], "a=1 b=2\n", [(1, {"a": 1, "b": 2})]),
        (
            [IT, PAIR],
            "it 1 a=1 it 2 a=2 b=3\n",
            [(1, {"step": 1, "a": 1}), (1, {"step": 2, "a": 2, "b": 3})],
        ),
        ([PAIR], "a=1 a=2\n", [(1, {"a": 1}), (1, {"a": 2})]),
        # Keys that are called step, time or run mean that.
        (
            [PAIR],
            "step=7 loss=1 time=5.5 run=b\n",
            [(1, {"step": 7, "time": 5.5, "run": "b", "loss": 1})],
        ),
        # What did not take part is missing.
        (
            [rf"{LOSS}(?: acc (?P<acc>\d+))?"],
            "loss 1\nloss 2 acc 3\n",
            [(1, {"loss": 1}), (2, {"loss": 2, "acc": 3})],
        ),
        ([r"(?P<val__loss>\d+)"], "1\n", [(1, {"val/loss": 1})]),
        # A progress bar's line.
        (
            [IT, LOSS],
            "it 1 loss 5\rit 2 loss 4\r\n",
            [(1, {"step": 1, "loss": 5}), (1, {"step": 2, "loss": 4})],
        ),
    ],
)
def test_named_groups_become_steps_and_tags(
    patterns: list[str], text: str, records: list[tuple[int, dict[str, Any]]]
) -> None:
    """Every pattern is tried everywhere in a line."""
    assert read(patterns, text)[0] == records


def test_times_may_be_iso_or_numbers() -> None:
    """With slashes and a comma, too; one that is none is said once, and the last one holds."""
    patterns = [r"^\[(?P<time>[^]]+)\]", LOSS]
    records, problems = read(
        patterns,
        "[2026/11/23 04:14:00,250] loss 1\n[04:15] loss 2\n[17.5] loss 3\n[x] loss 4\n",
    )
    assert records == [
        (1, {"time": "2026-11-23 04:14:00.250", "loss": 1}),
        (2, {"time": "2026-11-23 04:14:00.250", "loss": 2}),
        (3, {"time": 17.5, "loss": 3}),
        (4, {"time": 17.5, "loss": 4}),
    ]
    hint = "ISO 8601, unix or elapsed seconds are"
    what = "2 times cannot be read, the first is '04:15'"
    assert problems == [Problem("", None, None, what, hint)]


@pytest.mark.parametrize("text", ["1,024", "3.5ms", "1_000", "0x1F", "٣", "50%", "1" * 201])
def test_what_is_no_plain_number_is_a_problem(text: str) -> None:
    """With its place and what to do; never a guess."""
    records, problems = read([LOSS], f"loss 1 loss {text}\n")
    assert records == [(1, {"loss": 1})]
    what = f"loss is not a plain number: {text[:200]!r}"
    hint = "let the group match the digits only, without units or thousands separators"
    assert problems == [Problem("", 1, 13, what, hint, values=1)]


def test_values_of_a_step_that_cannot_be_read_are_not_given_to_another(tmp_path: Path) -> None:
    """They are reported; the next good step goes on."""
    (tmp_path / "a.log").write_text("it 1 loss 1\nit 2k loss 2\nloss 3\nit 3 loss 4\n")
    report = tbingest.convert(tmp_path / "a.log", tmp_path / "runs", of(IT, LOSS))
    assert scalars(tmp_path / "runs") == {"a": {"loss": [(1, 1.0), (3, 4.0)]}}
    [entry] = report.sources
    assert (entry.read, entry.reported) == (4, 2)
    assert "step is not a plain number: '2k'" in [problem.what for problem in entry.problems]


def test_lines_without_a_match_are_counted_once() -> None:
    """As a remark, which costs no value."""
    _, problems = read([LOSS], "hello\n\nloss 1\nworld")
    hint = "tbingest inspect --pattern shows them"
    assert problems == [Problem("", None, None, "2 lines match no pattern", hint)]


def test_a_line_that_is_too_long_for_patterns_is_reported() -> None:
    """A pattern may take a time that grows with the square of the line, or worse."""
    text = "loss 1\n" + "x" * (MAX_MATCHED + 1) + "\nloss 2\n"
    records, problems = read([LOSS, r"(x+x+)+(?P<y>\d)"], text)
    assert records == [(1, {"loss": 1}), (3, {"loss": 2})]
    what = "a line of 16,385 characters is too long for patterns"
    assert problems == [Problem("", 2, None, what, "up to 16,384 are matched")]


@pytest.mark.parametrize("pattern", ["(", "x", "(?P<a>x){99999999999999}", "(?P<step>"])
def test_a_pattern_that_is_none_is_a_usage_error(tmp_path: Path, pattern: str) -> None:
    """Also from Python."""
    (tmp_path / "a.log").write_text("loss 1\n")
    with pytest.raises(UsageError, match=r"no (regular expression|named group): "):
        tbingest.convert(tmp_path, tmp_path / "runs", of(pattern))


# However the log comes

WORDS = ["it 1", "it 2", "it x", "loss 1", "loss 2", "loss", "a=1", "b=x", "acc 3", "step=5"]
WORDS += ["run=é", "run=o", "time=1", "time=?", " ", "\n", "\n", "\r", "\r\n", "ü", "\0", "\x85"]
PIECES = st.lists(st.sampled_from(WORDS), max_size=40).map("".join)
PATTERNS = [IT, LOSS, PAIR, r"(?P<val__acc>acc) (?P<n>\d)"]


def normal(found: Any) -> Any:
    """Comparable: NaN equals itself, and the dtype of a block does not matter."""
    records, problems = found
    plain = [
        (place, {k: repr(v if isinstance(v, str) else float(v)) for k, v in fields.items()})
        for place, fields in records
    ]
    return plain, problems


@settings(max_examples=300, deadline=None)
@given(PIECES, st.lists(st.integers(0, 200), max_size=6))
def test_any_cutting_of_the_bytes_gives_the_same_rows(text: str, cuts: list[int]) -> None:
    """In the same order, even those of one line."""
    size = len(text.encode())
    cuts = [cut % (size + 1) for cut in cuts]
    assert normal(read(PATTERNS, text, cuts)) == normal(read(PATTERNS, text))


@settings(max_examples=100, deadline=None)
@given(PIECES, st.integers(0, 200))
def test_reading_that_was_interrupted_goes_on(text: str, cut: int) -> None:
    """From the reader's fields as JSON, at the place that they say."""
    data = text.encode()
    cut %= len(data) + 1
    first = PatternReader(patterns=PATTERNS)
    found = list(first.feed(data[:cut]))
    saved = {name: value for name, value in vars(first).items() if not name.startswith("_")}
    second = PatternReader(**json.loads(json.dumps(saved)))
    found += [*second.feed(data[second.consumed :]), *second.close()]
    problems = [item for item in found if isinstance(item, Problem)]
    assert normal((records_of(found), problems)) == normal(read(PATTERNS, text))


def test_a_log_that_grew_goes_on_with_the_step_it_had(tmp_path: Path) -> None:
    """In the middle of a line, and after a line that only says the step."""
    log = tmp_path / "a.log"
    options = of(IT, LOSS)
    for text in ("it 1\nloss 1\nit 2\n", "loss 2\nit 3 lo", "ss 3\n"):
        with log.open("a") as stream:
            stream.write(text)
        tbingest.convert(log, tmp_path / "runs", options)
    assert scalars(tmp_path / "runs") == {"a": {"loss": [(1, 1.0), (2, 2.0), (3, 3.0)]}}


@pytest.mark.parametrize("block", [1, 7, 64])
def test_the_size_of_blocks_changes_no_point(tmp_path: Path, block: int) -> None:
    """Though records of one line have different fields."""
    text = "it 1 loss 1 acc 1\rit 2 loss 2\rit 3 loss 3 acc 2\nit 4 loss 5\nit 5 acc 7 loss 1\n"
    (tmp_path / "a.log").write_text(text * 3)
    patterns = (IT, LOSS, r"acc (?P<acc>\d)")
    trees = []
    for size in (block, 1 << 20):
        options = Options(sources=of(*patterns).sources, block_bytes=size)
        logdir = tmp_path / f"runs-{size}"
        tbingest.convert(tmp_path / "a.log", logdir, options)
        trees.append(scalars(logdir))
    assert trees[0] == trees[1] != {}


def test_a_long_banner_hides_neither_step_nor_time(tmp_path: Path) -> None:
    """The roles are those of the first matches, far below the first 64 KiB."""
    banner = "loading shard 12 of 99\n" * 5000
    (tmp_path / "a.log").write_text(banner + "lr 0.1\n" + banner + "it 5 at 1700000000 loss 1\n")
    patterns = (r"it (?P<step>\d+) at (?P<time>\d+)", LOSS, r"^lr (?P<lr>\S+)")
    [job] = tbingest.inspect(tmp_path / "a.log", "", of(*patterns)).jobs
    [planned] = job.sources
    assert (planned.roles.step, planned.roles.time, planned.roles.unit) == ("step", "time", "s")
    tbingest.convert(tmp_path / "a.log", tmp_path / "runs", of(*patterns))
    assert scalars(tmp_path / "runs")["a"]["loss"] == [(5, 1.0)]


def test_a_group_called_run_names_runs_below_that_of_the_file(tmp_path: Path) -> None:
    """It holds for the lines that follow, even where it first comes far below."""
    text = "it 1 loss 1\n" + "idle\n" * 20_000 + "fold 1\nit 1 loss 2\nfold 2\nit 1 loss 3\n"
    (tmp_path / "a.log").write_text(text)
    options = of(IT, LOSS, r"fold (?P<run>\d)")
    for _ in range(2):
        tbingest.convert(tmp_path / "a.log", tmp_path / "runs", options)
    assert scalars(tmp_path / "runs") == {
        "a": {"loss": [(1, 1.0)]},
        "a/1": {"loss": [(1, 2.0)]},
        "a/2": {"loss": [(1, 3.0)]},
    }


def test_a_rule_whose_patterns_match_nothing_says_so(tmp_path: Path) -> None:
    """The file is not read as something else."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.csv").write_text("step,loss\n1,0.5\n")
    plan = tbingest.inspect(tmp_path / "logs", "", of(LOSS))
    assert [entry.reason for entry in plan.ignored] == [
        "no line matches a pattern of [[source]] '*'"
    ]
    assert not plan.jobs


def test_no_value_is_lost(tmp_path: Path) -> None:
    """Read is written, superseded, reported or repeated."""
    (tmp_path / "a.log").write_text(
        "it 1 loss 1 a=1 b=1k\nit 1 loss nan\nit 0 loss inf\nx\nit z a=1"
    )
    report = tbingest.convert(tmp_path / "a.log", tmp_path / "runs", of(IT, LOSS, PAIR))
    [entry] = report.sources
    assert entry.read == 6
    assert entry.read == sum(entry.written.values()) + entry.superseded + entry.reported
    [first, late] = scalars(tmp_path / "runs")["a"]["loss"]
    assert first == (0, math.inf)
    assert late[0] == 1
    assert math.isnan(late[1])


# inspect --pattern


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with lines that match, and others."""
    path = tmp_path / "slurm-1[a].out"
    path.write_text("started\x1b[2J\nit 10 loss 0.91\nit 20 loss 1,5\x1b[31m\nend\n")
    return path


def test_inspect_shows_what_a_pattern_matches(log: Path) -> None:
    """The spans and values of every group, the other lines, and the rule to paste."""
    done = tbingest_("inspect", log.name, "--pattern", rf"{IT} {LOSS}", cwd=log.parent)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "slurm-1[a].out  4 lines: 2 matches in 2 of them\n"
        "  2: it 10 loss 0.91\n"
        "      step  4-5  '10'\n"
        "      loss  12-15  '0.91'\n"
        "  3: it 20 loss 1,5\\x1b[31m\n"
        "      step  4-5  '20'\n"
        "      loss  12-19  '1,5\\x1b[31m'  (no number)\n"
        "not matched: 2 lines\n"
        "  1: started\\x1b[2J\n"
        "  4: end\n"
        "for tbingest.toml:\n"
        "\n"
        "[[source]]\n"
        "match = 'slurm-1[[]a].out'\n"
        "pattern = 'it (?P<step>\\S+) loss (?P<loss>\\S+)'\n"
    )


def test_the_rule_that_inspect_prints_reads_the_file(log: Path) -> None:
    """Pasted as it is, whatever stands in the patterns."""
    patterns = [rf"{IT} ", r"""(?P<key>[^ '"\\]+) (?P<value>\d\.\d+)(?# ' " \\ é )"""]
    flags = [text for pattern in patterns for text in ("--pattern", pattern)]
    done = tbingest_("inspect", log.name, *flags, cwd=log.parent)
    rule = done.stdout.partition("for tbingest.toml:\n")[2]
    [source] = tomllib.loads(rule)["source"]
    assert source == {"match": "slurm-1[[]a].out", "pattern": patterns}
    (log.parent / "tbingest.toml").write_text(rule, encoding="utf-8")
    done = tbingest_("convert", log.name, "--no-plots", cwd=log.parent)
    assert done.returncode == 0, done.stderr
    [values] = scalars(log.parent / "runs").values()
    assert list(values) == ["loss"]
    assert [step for step, _ in values["loss"]] == [10]


@given(st.text())
def test_any_text_is_written_as_toml_that_means_it_and_is_safe_to_show(text: str) -> None:
    """Also with quotes, line ends and control characters."""
    written = toml_string(text)
    assert tomllib.loads(f"x = {written}") == {"x": text}
    assert not RAW.search(written)
    assert "\n" not in written


def test_inspect_shows_twenty_matches_and_five_other_lines(tmp_path: Path) -> None:
    """And says how many there are in all; as JSON, too."""
    (tmp_path / "a.log").write_text("".join(f"loss {n}\nx{n}\n" for n in range(30)))
    done = tbingest_("inspect", "a.log", "--pattern", LOSS, cwd=tmp_path)
    assert "a.log  60 lines: 30 matches in 30 of them\n" in done.stdout
    assert "\n  39: loss 19\n      loss  6-7  '19'\n  and 10 more\nnot matched: 30 lines\n" in (
        done.stdout
    )
    assert "\n  10: x4\n  and 25 more\n" in done.stdout
    done = tbingest_("inspect", "a.log", "--pattern", LOSS, "--output-format", "json", cwd=tmp_path)
    document = json.loads(done.stdout)
    assert document["schema"] == "tbingest.pattern/1"
    assert (document["count"], document["matched_lines"], document["lines"]) == (30, 30, 60)
    assert (len(document["matches"]), len(document["misses"])) == (20, 5)
    group = {"name": "loss", "tag": "loss", "start": 6, "stop": 6, "text": "0", "number": True}
    assert document["matches"][0] == {"line": 1, "text": "loss 0", "groups": [group]}


@pytest.mark.parametrize(
    ("pattern", "error"),
    [
        (
            "it (?P<step",
            (
                "error: --pattern: no regular expression: missing >, unterminated name "
                "at character 8: it (?P<step\n"
                "hint: see https://docs.python.org/3/library/re.html\n"
            ),
        ),
        (
            r"it (\d+)",
            (
                "error: --pattern: no named group: it (\\d+)\n"
                "hint: write it as 'it (?P<step>\\d+) loss (?P<loss>\\S+)'\n"
            ),
        ),
    ],
)
def test_a_bad_pattern_is_exit_code_2_with_its_place(log: Path, pattern: str, error: str) -> None:
    """And what to write instead."""
    done = tbingest_("inspect", log.name, "--pattern", pattern, cwd=log.parent)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", error)


def test_patterns_are_tried_on_one_file(log: Path) -> None:
    """Not on a folder; one that matches nothing is exit code 1."""
    (log.parent / "other.log").write_text("x\n")
    done = tbingest_("inspect", ".", "--pattern", LOSS, cwd=log.parent)
    assert (done.returncode, done.stderr) == (
        2,
        "error: --pattern looks at one file, not at 2\nhint: name one file\n",
    )
    done = tbingest_("inspect", "other.log", "--pattern", LOSS, cwd=log.parent)
    assert done.returncode == 1
    assert done.stdout == (
        "other.log  1 line: 0 matches in 0 of them\nnot matched: 1 line\n  1: x\n"
    )
