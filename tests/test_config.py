"""The user's own rules: where a config is found, what it may say, and whose word goes first."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from helpers.command import LOG, tags_of, tbingest_, tree
from helpers.plugin import FORMAT
from helpers.plugin import LOG as AT_LOG
from typer.main import get_command

from tbingest import Options, SourceRule, UsageError
from tbingest.cli import app
from tbingest.config import FOLLOW, SETTINGS, load

if TYPE_CHECKING:
    from pathlib import Path

NAMED = ("--config", "tbingest.toml")
PROJECT = '[project]\nname = "x"\n\n'


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder with one log."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "train.jsonl").write_text(LOG)
    return tmp_path


def written(folder: Path, text: str, name: str = "tbingest.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def totals(folder: Path, *arguments: str, **env: str) -> dict[str, Any]:
    """Each run that a dry run would write, with its tags."""
    done = tbingest_("inspect", "logs", "--output-format", "json", *arguments, cwd=folder, env=env)
    assert done.returncode == 0, done.stderr
    return {
        run: sorted(tags)
        for one in json.loads(done.stdout)["sources"]
        for run, tags in one["tags"].items()
    }


# Where it is found


def test_the_nearest_config_above_the_working_directory_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project file without our table is passed over; paths in a config are relative to it."""
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    written(tmp_path, 'logdir = "tb"\n')
    written(below, PROJECT, "pyproject.toml")
    monkeypatch.chdir(below)
    config = load()
    assert config.path == os.path.join("..", "..", "tbingest.toml")  # noqa: PTH118
    assert config.settings == {"logdir": os.path.join("..", "..", "tb")}  # noqa: PTH118
    written(below, PROJECT + '[tool.tbingest]\nlogdir = "mine"\n', "pyproject.toml")
    assert load().settings == {"logdir": "mine"}
    written(below, 'logdir = "own"\n')
    assert load().settings == {"logdir": "own"}


def test_there_need_be_no_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor need a project file of another's be right."""
    written(tmp_path, "[project\n", "pyproject.toml")
    monkeypatch.chdir(tmp_path)
    assert load().settings == {}


def test_a_config_in_the_paths_to_be_read_is_not_sought(logs: Path) -> None:
    """A downloaded folder says nothing about how it is read."""
    written(logs / "logs", "no such thing\n")
    done = tbingest_("convert", "logs", "--no-plots", "--include", "*.jsonl", cwd=logs)
    assert done.returncode == 0, done.stderr
    assert tags_of(logs / "runs") >= {"loss", "val/loss"}


# What it may say


def test_every_setting_is_a_flag_and_every_flag_with_a_variable_is_a_setting() -> None:
    """Same names everywhere: `--wall-time`, `TBINGEST_WALL_TIME`, `wall-time`."""
    group: Any = get_command(app())
    variables = {}
    for command in group.commands.values():
        for option in command.params:
            if option.envvar:
                variables[max(option.opts, key=len).removeprefix("--")] = option.envvar
    assert variables.pop("config") == "TBINGEST_CONFIG"
    assert variables == {
        name: f"TBINGEST_{name.upper().replace('-', '_')}" for name in {**SETTINGS, **FOLLOW}
    }


def test_a_config_is_read_whole(tmp_path: Path) -> None:
    """Dashes or underscores, one text or a list of them, TOML's own times."""
    path = written(
        tmp_path,
        """\
on_restart = "keep-first"
include = "*.csv"
wall-time = 2026-11-23T04:14:00Z
strict = true
plugins = ["tools/own.py"]
[[source]]
match = "a-*"
pattern = ['(?P<step>\\d+)', '(?P<loss>\\S+)']
run = "a"
[[source]]
match = "*"
format = "table"
step = "it"
time = "at"
[[tag]]
match = "val_(.*)"
to = "val/\\\\1"
""",
    )
    config = load(str(path))
    assert config.settings == {
        "on-restart": "keep-first",
        "include": ["*.csv"],
        "wall-time": "2026-11-23T04:14:00+00:00",
        "strict": True,
    }
    assert config.sources == (
        SourceRule("a-*", run="a", pattern=(r"(?P<step>\d+)", r"(?P<loss>\S+)")),
        SourceRule("*", format="table", step="it", time="at"),
    )
    assert config.tags == (("val_(.*)", r"val/\1"),)
    assert config.plugins == (str(tmp_path / "tools" / "own.py"),)


ERRORS = [
    ('logdir = "x"\nplts = "all"\n', "2: plts: unknown key", "did you mean plots?"),
    ("tags = 1\n", "1: tags: unknown key", "did you mean tag?"),
    ("plots = 1\n", "1: plots: expected a string, got a whole number", ""),
    ("strict = 'no'\n", "1: strict: expected true or false, got a string", ""),
    ("port = true\n", "1: port: expected a whole number, got true or false", ""),
    ("include = [1]\n", "1: include: expected a string or a list of strings, got a list", ""),
    ("on-restart = 'sort'\non_restart = 'last'\n", "2: on_restart: given twice", "leave one out"),
    ("source = 1\n", "1: source: expected tables", "write it as [[source]]"),
    ("[source]\nmatch = '*'\n", "1: source: expected tables", "write it as [[source]]"),
    ("[[tag]]\nmatch = 'a'\n", "1: to: is missing in [[tag]]", "add it"),
    (
        "[[tag]]\nmatch = 'a'\nto = 'b'\n[[tag]]\nto = 'b'\nmatch = '('\n",
        "6: match: missing ), unterminated subpattern at position 0",
        r"write it as match = 'val_(.*)' and to = 'val/\1'",
    ),
    (
        "[[source]]\nmatch = '*'\n[[source]]\nmatch = '*'\npatern = 'x'\n",
        "5: patern: unknown key",
        "did you mean pattern?",
    ),
    (
        "[[source]]\nmatch = '*'\npattern = 'it (?P<step'\n",
        (
            "3: pattern: no regular expression: missing >, unterminated name at character 8: "
            "it (?P<step"
        ),
        "see https://docs.python.org/3/library/re.html",
    ),
    (
        "[[source]]\nmatch = '*'\npattern = 'it'\n",
        "3: pattern: no named group: it",
        r"write it as 'it (?P<step>\d+) loss (?P<loss>\S+)'",
    ),
    (
        "[[source]]\nmatch = '*'\nformat = 'table'\npattern = '(?P<a>.)'\n",
        "3: format: a source with patterns has no format 'table'",
        "leave one of them out",
    ),
    (
        "[[source]]\nmatch = '*'\nformat = 'pattern'\n",
        "3: format: there is no pattern",
        r"add pattern = 'it (?P<step>\d+) loss (?P<loss>\S+)'",
    ),
    ("a = \n", "1:5: not valid TOML: Invalid value", "see toml.io"),
]


@pytest.mark.parametrize(("text", "what", "hint"), ERRORS)
def test_what_is_wrong_is_said_with_its_line(
    tmp_path: Path, text: str, what: str, hint: str
) -> None:
    """File, line, key, what was expected, and what was probably meant."""
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        load(str(path))
    assert caught.value.message == f"{path}:{what}"
    assert caught.value.hint == hint


def test_lines_of_a_project_file_are_those_of_our_table(tmp_path: Path) -> None:
    """The same key in another tool's table is not meant."""
    text = '[tool.other]\nplts = 1\n\n[tool.tbingest]\nplts = "all"\n\n[[tool.tbingest.tag]]\nx=1\n'
    path = written(tmp_path, text, "pyproject.toml")
    with pytest.raises(UsageError) as caught:
        load(str(path))
    assert caught.value.message == f"{path}:5: plts: unknown key"


def test_a_wrong_config_is_exit_code_2(logs: Path) -> None:
    """Before anything is read or written; a config that is named must be there."""
    written(logs, "logdirs = 'x'\n")
    done = tbingest_("convert", "logs", cwd=logs)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: tbingest.toml:1: logdirs: unknown key\nhint: did you mean logdir?\n"
    )
    done = tbingest_("convert", "logs", "--config", "my.toml", cwd=logs)
    assert done.returncode == 2
    assert done.stderr == (
        "error: my.toml: cannot be read: No such file or directory\nhint: see --config\n"
    )
    assert not (logs / "runs").exists()


@pytest.mark.parametrize("command", ["inspect", "convert", "formats"])
def test_a_format_that_is_none_is_a_usage_error(logs: Path, command: str) -> None:
    """Named with the rule in which it stands."""
    written(logs, "[[source]]\nmatch = '*.jsonl'\nformat = 'jsnl'\n")
    done = tbingest_(command, "logs", cwd=logs)
    assert done.returncode == 2
    assert "error: [[source]] '*.jsonl': format jsnl: no such format\n" in done.stderr


# Whose word goes first


def test_a_flag_goes_before_a_variable_and_that_before_the_config(logs: Path) -> None:
    """And the config before the default."""
    assert list(totals(logs)) == ["logs"]
    written(logs, "run = 'of-config'\n")
    assert list(totals(logs)) == ["of-config"]
    assert list(totals(logs, TBINGEST_RUN="of-variable")) == ["of-variable"]
    assert list(totals(logs, "--run", "of-flag", TBINGEST_RUN="of-variable")) == ["of-flag"]


def test_a_rule_goes_before_the_setting_for_all_and_a_flag_before_the_rule(logs: Path) -> None:
    """The more special word counts, but the command line counts most."""
    written(logs, "run = 'all'\n[[source]]\nmatch = 'train.*'\nrun = 'some'\n")
    assert list(totals(logs)) == ["some"]
    assert list(totals(logs, "--run", "of-flag")) == ["of-flag"]


def test_a_format_that_is_asked_for_goes_before_a_rule_with_patterns(logs: Path) -> None:
    """The rule is left out, as if it said nothing of formats."""
    written(logs, "[[source]]\nmatch = '*'\npattern = '\"(?P<key>loss)\": (?P<value>[^,]+)'\n")
    assert totals(logs) == {"logs": ["loss"]}
    assert totals(logs, "--as", "jsonl") == {"logs": ["loss", "val/loss"]}
    assert totals(logs, TBINGEST_AS="jsonl") == {"logs": ["loss", "val/loss"]}
    [look] = json.loads(tbingest_("inspect", "logs", "--output-format", "json", cwd=logs).stdout)[
        "sources"
    ]
    assert look["evidence"] == [
        {"format": "pattern", "confidence": 1.0, "reason": "as [[source]] '*' says"}
    ]


def test_tag_rules_join_those_of_the_command_line(logs: Path) -> None:
    """The flag's are tried first."""
    written(logs, "[[tag]]\nmatch='loss'\nto='no'\n[[tag]]\nmatch = 'val_(.*)'\nto = 'v/\\1'\n")
    assert totals(logs, "--tag-map", "loss=yes") == {"logs": ["v/loss", "yes"]}


def test_the_first_rule_that_matches_wins(logs: Path) -> None:
    """A glob matches as that of --include does: the name, its end or its last part."""
    (logs / "logs" / "deep").mkdir()
    (logs / "logs" / "deep" / "other.jsonl").write_text(LOG)
    rules = [("none-*", "no"), ("deep/*.jsonl", "one"), ("*.jsonl", "two")]
    written(logs, "".join(f"[[source]]\nmatch = '{m}'\nrun = '{r}'\n" for m, r in rules))
    assert sorted(totals(logs)) == ["one/deep", "two"]


def test_a_step_that_a_rule_names_must_be_in_a_log(logs: Path) -> None:
    """Of those that it matches."""
    written(logs, "[[source]]\nmatch = '*.jsonl'\nstep = 'stp'\n")
    done = tbingest_("convert", "logs", cwd=logs)
    assert (done.returncode, done.stderr) == (
        2,
        "error: [[source]] '*.jsonl': step stp: no log has this field\nhint: did you mean step?\n",
    )


def test_serve_and_formats_read_as_convert_does(logs: Path) -> None:
    """One logdir is never converted in two ways because of the command."""
    written(logs, "[[tag]]\nmatch = 'loss'\nto = 'renamed'\n")
    assert "tags: val/loss  renamed\n" in tbingest_("formats", "logs", cwd=logs).stdout


def test_with_another_rule_a_log_is_read_anew(logs: Path) -> None:
    """A rule for other logs does not concern it."""
    assert tbingest_("convert", "logs", "--no-plots", cwd=logs).returncode == 0
    written(logs, "[[source]]\nmatch = '*.csv'\nstep = 'it'\n")
    assert tbingest_("convert", "logs", "--no-plots", cwd=logs).returncode == 0
    written(logs, "[[source]]\nmatch = '*.jsonl'\nstep = 'loss'\n")
    done = tbingest_("convert", "logs", "--no-plots", cwd=logs)
    assert done.returncode == 0
    assert "nothing new" not in done.stdout
    assert "nothing new" in tbingest_("convert", "logs", "--no-plots", cwd=logs).stdout


def test_the_digest_of_a_rule_leaves_out_which_names_it_matches() -> None:
    """A wider glob changes nothing for a log that was converted."""
    assert SourceRule("a", step="it").digest == SourceRule("*", step="it").digest
    assert SourceRule("a", step="it").digest != SourceRule("a", time="it").digest
    assert SourceRule("a").digest == ""
    assert Options(sources=(SourceRule("a", step="it"),)).digest == Options().digest


# Plug-ins


@pytest.fixture
def plugged(tmp_path: Path) -> Path:
    """A config with a plug-in, and a log for it in a folder of its own."""
    folder = tmp_path / "project"
    (folder / "tools").mkdir(parents=True)
    (folder / "tools" / "at.py").write_text(FORMAT + "MARK = open('loaded', 'w').close()\n")
    (folder / "logs").mkdir()
    (folder / "logs" / "run.at").write_text(AT_LOG)
    # What was written within two seconds of a look is looked at again.
    os.utime(folder / "logs" / "run.at", (1_700_000_000, 1_700_000_000))
    written(folder, 'plugins = ["tools/at.py"]\nplots = "none"\n')
    return folder


def test_a_plug_in_file_is_a_format_like_our_own(plugged: Path) -> None:
    """It is listed, sure of its log, and what it reads is written; again adds nothing."""
    assert "at-lines" in tbingest_("formats", *NAMED, cwd=plugged).stdout
    done = tbingest_("convert", "logs", *NAMED, cwd=plugged)
    assert done.returncode == 0, done.stderr
    assert tags_of(plugged / "runs") >= {"loss", "acc"}
    before = tree(plugged / "runs")
    assert "unchanged" in tbingest_("convert", "logs", *NAMED, cwd=plugged).stdout
    assert tree(plugged / "runs") == before


@pytest.mark.parametrize("way", ["own folder", "above", "link", "linked folder", "config link"])
def test_code_from_the_paths_to_be_read_is_refused(plugged: Path, way: str) -> None:
    """Whether the folder is the config's own, or one above it, or is reached through links."""
    if way == "link":
        (plugged.parent / "outside").symlink_to(plugged)
        path, extra = "../outside", NAMED
    elif way == "linked folder":
        (plugged.parent / "elsewhere").mkdir()
        (plugged.parent / "elsewhere" / "here").symlink_to(plugged)
        path, extra = ".", ("--config", "../elsewhere/here/tbingest.toml")
    elif way == "config link":
        (plugged / "tbingest.toml").rename(plugged / "logs" / "c.toml")
        (plugged / "tbingest.toml").symlink_to("logs/c.toml")
        path, extra = "logs", NAMED
    else:
        path, extra = {"own folder": ".", "above": ".."}[way], NAMED
    shown = extra[1]
    done = tbingest_("convert", path, "--logdir", "../out", *extra, cwd=plugged)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: {shown}: plugins are not loaded: {shown} lies in {path}, which is to be read\n"
        "hint: logs must not bring code: keep it elsewhere, and name the config with --config\n"
    )
    assert not (plugged / "loaded").exists()


def test_a_config_that_was_merely_found_runs_no_code(plugged: Path) -> None:
    """`tbingest inspect logs` in a folder from a stranger must not run what lies there."""
    for command in (["inspect", "logs"], ["convert", "logs"], ["formats"]):
        done = tbingest_(*command, cwd=plugged)
        assert done.returncode == 2
        assert done.stderr == (
            "error: tbingest.toml:1: plugins: a config that was found, not named, runs no "
            "plug-ins\nhint: name the config with --config if you trust it\n"
        )
    assert not (plugged / "loaded").exists()
    done = tbingest_("convert", "logs", cwd=plugged, env={"TBINGEST_CONFIG": "tbingest.toml"})
    assert done.returncode == 0
    assert (plugged / "loaded").exists()


@pytest.mark.parametrize(
    "text", ['report = "../mine.json"', 'logdir = "/x"', 'report = "out.json"']
)
def test_a_config_that_was_merely_found_writes_only_in_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Wherever a link leads; named, it may."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "out.json").symlink_to("../mine.json")
    monkeypatch.chdir(tmp_path / "here")
    written(tmp_path / "here", text + "\n")
    with pytest.raises(UsageError, match="writes only in its own folder"):
        load()
    assert load("tbingest.toml").settings
    written(tmp_path / "here", 'report = "a/mine.json"\nlogdir = "."\n')
    assert load().settings == {"report": "a/mine.json", "logdir": "."}


def test_the_persons_own_config_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below XDG_CONFIG_HOME; one that is nearer goes before it."""
    (tmp_path / "mine" / "tbingest").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    written(tmp_path / "mine" / "tbingest", 'plugins = ["f.py"]\nlogdir = "/tb"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "mine"))
    monkeypatch.chdir(tmp_path / "here")
    assert load().settings == {"logdir": "/tb"}
    assert load().plugins == (str(tmp_path / "mine" / "tbingest" / "f.py"),)
    written(tmp_path / "here", 'run = "a"\n')
    assert load().settings == {"run": "a"}


def test_a_plug_in_in_the_paths_to_be_read_is_refused(plugged: Path) -> None:
    """Though the config is the user's own: whoever brings the logs could bring that file."""
    (plugged / "tools" / "at.py").rename(plugged / "logs" / "at.py")
    written(plugged, 'plugins = ["logs/at.py"]\n')
    done = tbingest_("convert", "logs", *NAMED, cwd=plugged)
    assert done.returncode == 2
    assert f"plugins are not loaded: {plugged / 'logs' / 'at.py'} lies in logs" in done.stderr
    assert not (plugged / "loaded").exists()


def test_other_keys_of_a_config_among_the_logs_still_count(logs: Path) -> None:
    """Where the working directory is itself to be read."""
    written(logs, "run = 'mine'\ninclude = '*.jsonl'\nplots = 'none'\n")
    done = tbingest_("convert", ".", cwd=logs)
    assert done.returncode == 0, done.stderr
    assert (logs / "runs" / "mine").is_dir() or (logs / "runs" / "mine" / "logs").is_dir()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("import no_such_module\n", "cannot be loaded: ModuleNotFoundError: "),
        ("FORMAT = 1\n", "holds no tbingest.Format\n"),
        ("def\n", "cannot be loaded: SyntaxError: "),
    ],
)
def test_a_plug_in_that_is_none_is_named(plugged: Path, text: str, what: str) -> None:
    """With the file, and exit code 2."""
    path = written(plugged, text, "tools/at.py")
    done = tbingest_("convert", "logs", *NAMED, cwd=plugged)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: plug-in {path} {what}")
    path.unlink()
    assert "No such file or directory" in tbingest_("convert", "logs", *NAMED, cwd=plugged).stderr
