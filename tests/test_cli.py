"""The command line as a user meets it: exit codes, streams, words, and names from files as data."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from helpers.command import LOG, RAW, tags_of, tbingest_, tree

import tbingest
from tbingest.formats.registry import formats, stores

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = ["convert", "serve", "inspect", "check", "formats"]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder with one log."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "train.jsonl").write_text(LOG)
    return tmp_path


# Exit codes and streams


def test_a_conversion_says_what_it_did(logs: Path) -> None:
    """Results on stdout, what to do next on stderr, exit code 0."""
    done = tbingest_("convert", "logs", "--no-plots", cwd=logs)
    assert done.returncode == 0
    assert re.fullmatch(
        r"  jsonl  logs/train\.jsonl  4 scalars  2 tags\n"
        r"✓ 4 points, 1 run → runs/  \(\d+\.\d s\)\n",
        done.stdout,
    )
    assert done.stderr == "next: tbingest serve\n"
    assert list((logs / "runs" / "logs").glob("events.out.tfevents.*.tbingest.*"))
    assert tags_of(logs / "runs") >= {"loss", "val/loss"}


def test_converting_again_changes_nothing(logs: Path) -> None:
    """Neither a byte nor the exit code."""
    tbingest_("convert", "logs", "--no-plots", cwd=logs)
    before = tree(logs / "runs")
    done = tbingest_("convert", "logs", "--no-plots", cwd=logs)
    assert done.returncode == 0
    assert "logs/train.jsonl  unchanged" in done.stdout
    assert "✓ nothing new → runs/" in done.stdout
    assert tree(logs / "runs") == before


def test_an_empty_folder_is_exit_code_1(tmp_path: Path) -> None:
    """A green run on no data is the worst outcome."""
    (tmp_path / "logs").mkdir()
    done = tbingest_("convert", "logs", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        "error: nothing was read\nhint: tbingest inspect says of every file what it is taken for\n"
    )
    assert not (tmp_path / "runs").exists()


def test_files_that_hold_no_numbers_are_named_with_the_reason(tmp_path: Path) -> None:
    """Exit code 1, and why for each file."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "x.bin").write_bytes(bytes(range(256)) * 9)
    (tmp_path / "logs" / "empty.csv").touch()
    done = tbingest_("convert", "logs", cwd=tmp_path)
    assert done.returncode == 1
    assert "logs/empty.csv: empty\n" in done.stdout
    assert "logs/x.bin: binary, of no known kind\n" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["convert", "nowhere"], "error: nowhere: no such file or folder\nhint: check the path\n"),
        (
            ["convert", "logs", "--tag-map", "("],
            (
                "error: --tag-map (: missing ), unterminated subpattern at position 0\n"
                "hint: write it as 'val_(.*)=val/\\1'\n"
            ),
        ),
        (
            ["convert", "logs", "--tag-map", "loss"],
            (
                "error: --tag-map loss: not PATTERN=REPLACEMENT\n"
                "hint: write it as 'val_(.*)=val/\\1'\n"
            ),
        ),
        (
            ["convert", "logs", "--on-restart", "lst"],
            "error: --on-restart lst: no such choice\nhint: did you mean last?\n",
        ),
        (
            ["convert", "logs", "--plots", "some"],
            "error: --plots some: no such choice\nhint: one of auto, all, none\n",
        ),
        (
            ["convert", "logs", "--output-format", "jsn"],
            "error: --output-format jsn: no such choice\nhint: did you mean json?\n",
        ),
        (
            ["convert", "logs", "--as", "nope"],
            "error: --as nope: no such format\nhint: did you mean notes?\n",
        ),
        (
            ["convert", "logs", "--wall-time", "soon"],
            (
                "error: --wall-time soon: is not a time\n"
                "hint: use mtime, unix seconds or 2026-11-23T04:14:00+00:00\n"
            ),
        ),
        (
            ["inspect", "nowhere"],
            "error: nowhere: no such file or folder\nhint: check the path\n",
        ),
    ],
)
def test_what_cannot_be_right_is_exit_code_2(
    arguments: list[str], message: str, logs: Path
) -> None:
    """With one line that says what, and one that says what to do; nothing is written."""
    done = tbingest_(*arguments, cwd=logs)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)
    assert not (logs / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (["convert", "logs", "--logdri", "x"], "--logdir"),
        (["convrt", "logs"], "convert"),
        (["convert"], "PATH"),
        (["inspect", "logs", "--tagmap", "x"], "--tag-map"),
    ],
)
def test_a_mistyped_command_or_option_is_answered_with_the_near_one(
    arguments: list[str], near: str, logs: Path
) -> None:
    """Exit code 2, on stderr."""
    done = tbingest_(*arguments, cwd=logs)
    assert done.returncode == 2
    assert done.stdout == ""
    assert near in done.stderr
    assert "Traceback" not in done.stderr


def test_a_step_field_that_no_log_has_is_said(logs: Path) -> None:
    """A mistyped `--step` must not silently give another axis."""
    done = tbingest_("convert", "logs", "--dry-run", "--step", "iteraton", cwd=logs)
    assert "iteraton" in done.stdout + done.stderr


def test_a_logdir_that_is_a_file_is_exit_code_3(logs: Path) -> None:
    """The error names it as what it is; the file stays as it was."""
    (logs / "runs").write_text("a file")
    done = tbingest_("convert", "logs", cwd=logs)
    assert done.returncode == 3
    assert done.stderr.startswith("error: runs")
    assert "earlier conversion" not in done.stderr
    assert "hint: " in done.stderr
    assert (logs / "runs").read_text() == "a file"


def test_a_logdir_below_a_file_is_exit_code_3(logs: Path) -> None:
    """Also where the file is only on the way."""
    (logs / "file").write_text("a file")
    done = tbingest_("convert", "logs", "--logdir", "file/runs", cwd=logs)
    assert done.returncode == 3
    assert done.stderr.startswith("error: file/runs")
    assert "earlier conversion" not in done.stderr


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")  # noqa: PTH112
def test_a_logdir_that_cannot_be_made_is_exit_code_3(logs: Path) -> None:
    """Even root makes no folder in /proc: that is no bug of ours."""
    done = tbingest_("convert", "logs", "--logdir", "/proc/tbingest", cwd=logs)
    assert done.returncode == 3
    assert done.stderr.startswith("error: /proc/tbingest: cannot be written: ")


@pytest.mark.skipif(not os.path.isdir("/sys/kernel"), reason="needs /sys")  # noqa: PTH112
def test_a_logdir_that_is_read_only_is_exit_code_3(logs: Path) -> None:
    """With the reason that the system gives."""
    done = tbingest_("convert", "logs", "--logdir", "/sys/kernel/tbingest", cwd=logs)
    assert done.returncode == 3
    assert done.stderr.startswith("error: /sys/kernel/tbingest: cannot be written: ")


def test_a_report_that_cannot_be_written_is_exit_code_3(logs: Path) -> None:
    """Its path is named."""
    done = tbingest_("convert", "logs", "--dry-run", "--report", "no/where/report.json", cwd=logs)
    assert done.returncode == 3
    assert done.stderr.startswith("error: no/where/report.json: cannot be written: ")


# What is asked for


def test_the_json_report_is_one_document_on_stdout(logs: Path) -> None:
    """Its schema is named, and its counts add up."""
    done = tbingest_("convert", "logs", "--output-format", "json", "--no-plots", cwd=logs)
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert done.stderr == ""
    assert report["schema"] == "tbingest.report/1"
    assert report["runs"] == {"logs": 4}
    totals = report["totals"]
    parts = ("written", "superseded", "reported", "repeated")
    assert totals["read"] == sum(totals[part] for part in parts) == 4
    assert [(entry["source"], entry["format"]) for entry in report["sources"]] == [
        ("logs/train.jsonl", "jsonl")
    ]


def test_the_json_report_of_nothing_has_all_its_totals(tmp_path: Path) -> None:
    """A script that adds them up needs no special case."""
    (tmp_path / "logs").mkdir()
    done = tbingest_("convert", "logs", "--output-format", "json", cwd=tmp_path)
    totals = json.loads(done.stdout)["totals"]
    assert totals["read"] == totals["written"] == totals["superseded"] == 0


def test_a_report_goes_to_a_file_beside_the_text(logs: Path) -> None:
    """`--report FILE` writes what `--output-format json` prints."""
    done = tbingest_("convert", "logs", "--no-plots", "--report", "report.json", cwd=logs)
    report = json.loads((logs / "report.json").read_text())
    assert report["schema"] == "tbingest.report/1"
    assert report["runs"] == {"logs": 4}
    assert "✓ 4 points" in done.stdout


def test_a_dry_run_writes_nothing_at_all(logs: Path) -> None:
    """And says what it would write."""
    before = tree(logs)
    done = tbingest_("convert", "logs", "--dry-run", "--logdir", "out", cwd=logs)
    assert done.returncode == 0
    assert "4 points, 1 run would go to out/" in done.stdout
    assert tree(logs) == before


def test_a_dry_run_and_a_conversion_say_the_same_numbers(logs: Path) -> None:
    """Values and tags of each source."""
    dry = tbingest_("convert", "logs", "--dry-run", cwd=logs).stdout.splitlines()
    real = tbingest_("convert", "logs", "--no-plots", cwd=logs).stdout.splitlines()
    assert dry[0] == real[0] == "  jsonl  logs/train.jsonl  4 scalars  2 tags"


def test_strict_fails_where_a_line_was_skipped(logs: Path) -> None:
    """Without it, a skipped line is reported with its place and the exit code is 0."""
    assert tbingest_("convert", "logs", "--dry-run", "--strict", cwd=logs).returncode == 0
    (logs / "logs" / "train.jsonl").write_text(LOG + "3\n" + LOG)
    plain = tbingest_("convert", "logs", "--dry-run", cwd=logs)
    strict = tbingest_("convert", "logs", "--dry-run", "--strict", cwd=logs)
    assert (plain.returncode, strict.returncode) == (0, 1)
    place = "logs/train.jsonl:3:1: expected an object, got int\n"
    assert place in plain.stdout
    assert place in strict.stdout


def look(*arguments: str, cwd: Path) -> list[dict[str, Any]]:
    done = tbingest_("inspect", *arguments, "--output-format", "json", cwd=cwd)
    document = json.loads(done.stdout)
    assert document["schema"] == "tbingest.inspect/1"
    sources: list[dict[str, Any]] = document["sources"]
    return sources


def test_include_and_exclude_choose_files(logs: Path) -> None:
    """By the names below the folder."""
    (logs / "logs" / "val.jsonl").write_text(LOG)
    for arguments in (["--include", "val*"], ["--exclude", "train*"]):
        found = look("logs", *arguments, cwd=logs)
        assert [entry["source"] for entry in found] == ["logs/val.jsonl"]


def test_as_decides_the_format(logs: Path) -> None:
    """Where detection would say otherwise."""
    assert [entry["format"] for entry in look("logs", cwd=logs)] == ["jsonl"]
    assert [entry["format"] for entry in look("logs", "--as", "notes", cwd=logs)] == ["notes"]


def test_run_names_the_run(logs: Path) -> None:
    """Of a file, or before the names of folders."""
    (logs / "logs" / "b").mkdir()
    (logs / "logs" / "b" / "x.jsonl").write_text(LOG)
    assert [entry["run"] for entry in look("logs/train.jsonl", "--run", "mine", cwd=logs)] == [
        "mine"
    ]
    assert [entry["run"] for entry in look("logs", "--run", "mine", cwd=logs)] == ["mine", "mine/b"]


def test_step_and_time_name_fields(tmp_path: Path) -> None:
    """Any field may be the step or the time."""
    (tmp_path / "a.csv").write_text(
        "step,tokens,when,loss\n1,100,1700000000,3\n2,300,1700000060,2\n"
    )
    [entry] = look("a.csv", "--step", "tokens", "--time", "when", cwd=tmp_path)
    assert entry["steps"] == [100, 300]
    assert entry["time"] == "when"
    assert entry["wall_time"]["base"] == 1_700_000_000
    assert set(entry["tags"]["a"]) == {"step", "loss"}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1700000000", 1.7e9), ("2026-11-23T04:14:00+00:00", 1_795_407_240.0), ("mtime", 1.6e9)],
)
def test_wall_time_is_for_logs_without_times(text: str, seconds: float, logs: Path) -> None:
    """Unix seconds, an ISO time, or the file's own."""
    os.utime(logs / "logs" / "train.jsonl", (1.6e9, 1.6e9))
    [entry] = look("logs", "--wall-time", text, cwd=logs)
    assert entry["wall_time"]["base"] == seconds


def test_tag_map_renames_fields_and_the_first_match_wins(logs: Path) -> None:
    """Patterns match whole field names."""
    rules = ["--tag-map", r"val_(.*)=validate/\1", "--tag-map", "v.*=never"]
    [entry] = look("logs", *rules, cwd=logs)
    assert set(entry["tags"]["logs"]) == {"loss", "validate/loss"}


def test_with_other_options_runs_are_written_anew(logs: Path) -> None:
    """Runs of two minds would be wrong; it is said."""
    tbingest_("convert", "logs", "--no-plots", cwd=logs)
    mapped = ["convert", "logs", "--no-plots", "--tag-map", "loss=x"]
    done = tbingest_(*mapped, cwd=logs)
    assert done.returncode == 0
    assert "the options are not those of before: it is read anew" in done.stdout + done.stderr
    assert tags_of(logs / "runs") >= {"x", "val/loss"}
    assert "loss" not in tags_of(logs / "runs")


def test_force_leaves_the_event_files_of_others(logs: Path) -> None:
    """Only what tbingest wrote is rebuilt."""
    tbingest_("convert", "logs", "--no-plots", cwd=logs)
    other = logs / "runs" / "logs" / "events.out.tfevents.1.host.1.0"
    other.write_bytes(b"not ours")
    assert tbingest_("convert", "logs", "--no-plots", "--force", cwd=logs).returncode == 0
    assert other.read_bytes() == b"not ours"


def test_stdin_is_read_as_a_run(tmp_path: Path) -> None:
    """`-` with a name."""
    done = tbingest_("convert", "-", "--run", "piped", "--no-plots", cwd=tmp_path, stdin=LOG)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 scalars" in done.stdout
    assert list((tmp_path / "runs" / "piped").glob("*tfevents*"))


def test_quiet_says_nothing_but_errors(logs: Path) -> None:
    """The exit code says the rest."""
    done = tbingest_("convert", "logs", "-q", "--no-plots", cwd=logs)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = tbingest_("convert", "nowhere", "-q", cwd=logs)
    assert done.returncode == 2
    assert done.stderr.startswith("error: nowhere")


def test_verbose_shows_every_ignored_file(logs: Path) -> None:
    """Five are shown without it."""
    for number in range(8):
        (logs / "logs" / f"{number}.bin").write_bytes(bytes(range(256)) + bytes([number]))
    plain = tbingest_("convert", "logs", "--dry-run", cwd=logs).stdout
    assert "8 files" in plain
    assert "and 3 more (-v shows all)" in plain
    assert "7.bin" not in plain
    assert "7.bin" in tbingest_("convert", "logs", "--dry-run", "-v", cwd=logs).stdout


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    """On stdout."""
    done = tbingest_("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"tbingest {tbingest.__version__}\n")


# Colour, width, pipes


@pytest.mark.parametrize(
    ("arguments", "env", "coloured"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_is_for_terminals_or_who_asks(
    arguments: list[str],
    env: dict[str, str],
    coloured: bool,  # noqa: FBT001
    logs: Path,
) -> None:
    """A pipe gets none; NO_COLOR takes the colours away even where they are forced."""
    done = tbingest_(
        *arguments, "convert", "logs", "--dry-run", cwd=logs, env={"TERM": "xterm-256color", **env}
    )
    assert bool(re.search(r"\x1b\[[0-9;]*3\d", done.stdout)) == coloured


def test_a_colour_that_is_none_is_refused(logs: Path) -> None:
    """As any other choice."""
    assert tbingest_("--color", "sometimes", "formats", cwd=logs).returncode == 2


def test_nothing_is_cut_or_wrapped_in_a_pipe(tmp_path: Path) -> None:
    """Scripts read whole lines."""
    name = "x" * 200
    (tmp_path / f"{name}.log").write_text(f'{{"step": 1, "{"y" * 150}": 2}}\n{{"step": 2}}\n3\n')
    for command in (["convert", "--dry-run"], ["inspect"]):
        done = tbingest_(*command, f"{name}.log", cwd=tmp_path, env={"COLUMNS": "80"})
        assert done.returncode == 0, done.stderr
        assert any(line.count("x") >= 200 for line in done.stdout.splitlines())
        assert f"{name}.log:3:1: " in done.stdout
        assert "…" not in done.stdout
    assert any("y" * 150 in line for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    "arguments", [["formats"], ["inspect", "logs"], ["convert", "logs", "--dry-run", "-v"]]
)
def test_a_reader_that_goes_away_gets_no_traceback(arguments: list[str], logs: Path) -> None:
    """As in `tbingest formats | head -1`."""
    for number in range(200):
        (logs / "logs" / f"{number}.bin").write_bytes(bytes(range(256)) + bytes([number]))
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [sys.executable, "-m", "tbingest", *arguments],
        cwd=logs,
        stdout=writing,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(writing)
        _, errors = process.communicate(timeout=60)
    text = errors.decode()
    assert "Traceback" not in text
    assert "Exception ignored" not in text
    assert "a bug in tbingest" not in text


# Names from files are data

HOSTILE_NAMES = [
    "\x1b[31mred\x1b[0m.log",
    "\x1b]52;c;aGk=\x07.log",
    "a\u202egpj.log",
    "[red]x[/red].log",
    "[/].log",
    "a\nb.log",
    "a\x9b31m.log",
    ":smile: $(x) `y`.log",
]


@pytest.mark.parametrize("command", [["convert", "--dry-run"], ["inspect"]])
@pytest.mark.parametrize("named", [True, False])
def test_hostile_file_names_are_shown_escaped(
    command: list[str],
    named: bool,  # noqa: FBT001
    tmp_path: Path,
) -> None:
    """No control or direction character reaches the terminal, and no markup is taken for any."""
    for number, name in enumerate(HOSTILE_NAMES):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(LOG + f'{{"step": {number}}}\n')
    done = tbingest_(*command, *(HOSTILE_NAMES if named else ["."]), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not RAW.search(done.stdout)
    assert not RAW.search(done.stderr)
    for name in HOSTILE_NAMES:
        assert name.encode("unicode_escape").decode("ascii") in done.stdout


@pytest.mark.parametrize("color", ["never", "always"])
def test_hostile_tags_cells_and_options_are_shown_escaped(color: str, tmp_path: Path) -> None:
    """Also in colour: only our own colours are there."""
    evil = "\x1b[31mevil\x1b]52;c;aGk=\x07\u202e[red]x[/]"
    (tmp_path / "a.csv").write_text(f"step,{evil},b\n1,0.5,1\n2,{evil},2\n3,0.25,3\n")
    (tmp_path / "b.jsonl").write_text(
        json.dumps({"step": 1, evil: 1.0, "odd" + evil: [[], {}]}) + "\n" + '{"step": 2}\n' * 2
    )
    for arguments in (
        ["convert", "."],
        ["inspect", "."],
        *([["convert", evil], ["convert", ".", "--as", evil]] if color == "never" else []),
    ):
        done = tbingest_("--color", color, *arguments, cwd=tmp_path)
        texts = (done.stdout, done.stderr) if color == "never" else (done.stdout,)
        for text in texts:
            bare = re.sub(r"\x1b\[[0-9;]*m", "", text) if color == "always" else text
            assert not RAW.search(bare), arguments
            assert "\x1b[31mevil" not in text
        if arguments[0] == "convert":
            assert "[red]x[/]" in done.stdout + done.stderr


def test_nothing_is_animated_where_there_is_no_terminal(logs: Path) -> None:
    """Colours may be asked for in a pipe; a progress bar is for eyes only."""
    done = tbingest_("--color", "always", "convert", "logs", "--dry-run", cwd=logs)
    assert "\x1b[?25l" not in done.stderr
    assert "reading" not in done.stderr


def test_hostile_names_are_escaped_in_json(tmp_path: Path) -> None:
    """The document is ASCII, and gives back the very name."""
    name = "\x1b[31m\u202e[red].log"
    (tmp_path / name).write_text(LOG)
    done = tbingest_("convert", name, "--dry-run", "--output-format", "json", cwd=tmp_path)
    assert done.stdout.isascii()
    assert not RAW.search(done.stdout)
    assert [entry["source"] for entry in json.loads(done.stdout)["sources"]] == [name]


@pytest.mark.parametrize(
    "arguments",
    [["convert", "--dry-run"], ["inspect"], ["convert", "--no-plots", "--output-format=json"]],
)
def test_a_file_name_that_is_no_utf8_can_be_said(arguments: list[str], tmp_path: Path) -> None:
    """Though it cannot be printed as it is."""
    name = os.fsdecode(b"caf\xe9.log")
    with open(os.path.join(tmp_path, name), "w") as stream:  # noqa: PTH118, PTH123
        stream.write(LOG)
    done = tbingest_(*arguments, ".", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "caf\\udce9" in done.stdout


# inspect, formats, help


def test_inspect_says_what_a_file_is_taken_for_and_why(logs: Path) -> None:
    """Format, reasons, run, step, tags and wall time."""
    (logs / "logs" / "train.jsonl").unlink()
    (logs / "logs" / "train.csv").write_text("step,loss,val_loss\n1,0.5,0.75\n2,0.25,0.5\n")
    os.utime(logs / "logs" / "train.csv", (1.6e9, 1.6e9))
    done = tbingest_("inspect", "logs", cwd=logs)
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout == (
        "logs/train.csv  table 0.85  3 columns separated by comma in 100% of the rows\n"
        "    run logs   4 scalars   step: 'step' (1 to 2)\n"
        "    tags: loss  val/loss\n"
        "    wall time: 2020-09-13 12:26:40 UTC for all, from the file's mtime\n"
    )


def test_inspect_of_nothing_readable_is_exit_code_1(tmp_path: Path) -> None:
    """With the reason."""
    (tmp_path / "x.bin").write_bytes(bytes(range(256)) * 9)
    done = tbingest_("inspect", "x.bin", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (
        1,
        "x.bin  not read: binary, of no known kind\n",
    )


def test_formats_lists_every_format_with_its_sample(tmp_path: Path) -> None:
    """As text and as JSON."""
    text = tbingest_("formats", cwd=tmp_path).stdout
    document = json.loads(tbingest_("formats", "--output-format", "json", cwd=tmp_path).stdout)
    assert document["schema"] == "tbingest.formats/1"
    assert [entry["name"] for entry in document["formats"]] == list(formats())
    for entry in formats().values():
        assert f"{entry.name}  {entry.about}\n" in text
        for line in entry.sample.expandtabs(4).split("\n"):
            assert f"    {line}\n" in text


def test_formats_lists_every_store_with_its_layout(tmp_path: Path) -> None:
    """Folders are recognised too, as text and as JSON."""
    text = tbingest_("formats", cwd=tmp_path).stdout
    document = json.loads(tbingest_("formats", "--output-format", "json", cwd=tmp_path).stdout)
    assert [entry["name"] for entry in document["stores"]] == list(stores())
    for entry in stores().values():
        assert f"{entry.name}  {entry.about}\n" in text
        for line in entry.layout.split("\n"):
            assert f"    {line}\n" in text


def test_formats_of_a_name_shows_that_one(tmp_path: Path) -> None:
    """Or those of a framework; other names that people use stand for one."""
    one = tbingest_("formats", "lightning", cwd=tmp_path)
    assert (one.returncode, one.stdout.split("\n")[0]) == (
        0,
        "lightning  Lightning CSVLogger's metrics.csv",
    )
    assert "jsonl" not in one.stdout
    names = re.findall(
        r"^(\S+)  ", tbingest_("formats", "mlflow", cwd=tmp_path).stdout, re.MULTILINE
    )
    assert names == ["mlflow-db", "mlflow-metric", "mlflow-param", "mlflow-run", "mlflow"]
    assert tbingest_("formats", "csv", cwd=tmp_path).stdout.startswith("table  ")
    done = tbingest_("formats", "lihgtning", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        "error: lihgtning: no such format, file or folder\nhint: did you mean lightning?\n",
    )


def test_formats_of_a_file_is_short_for_inspect(logs: Path) -> None:
    """The same words; neither writes anything."""
    before = tree(logs)
    one = tbingest_("formats", "logs/train.jsonl", cwd=logs)
    other = tbingest_("inspect", "logs/train.jsonl", cwd=logs)
    assert one.returncode == other.returncode == 0
    assert one.stdout == other.stdout
    assert tree(logs) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_has_an_example(command: str, tmp_path: Path) -> None:
    """One that can be copied, and no option without words."""
    done = tbingest_(command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert f"tbingest {command} " in done.stdout.partition("Usage:")[2].partition("\n")[2]
    assert "Example" in done.stdout


def test_the_help_lists_every_command(tmp_path: Path) -> None:
    """And says where to start."""
    done = tbingest_("--help", cwd=tmp_path)
    assert done.returncode == 0
    for command in COMMANDS:
        assert re.search(rf"^\W*{command} ", done.stdout, re.MULTILINE)
    assert "tbingest serve logs/" in done.stdout
