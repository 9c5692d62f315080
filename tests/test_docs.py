"""The README says what the code does: its table is written here, its examples are run."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from helpers.command import tbingest_
from helpers.loaded import accumulated

from tbingest.cli import app
from tbingest.formats.registry import formats, modules

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
TABLE = re.compile(r"(<!-- formats:.*?-->\n)(.*?)(<!-- end of formats -->)", re.DOTALL)
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)


def test_the_table_of_formats_is_what_the_registry_holds() -> None:
    """A stale table is written anew, and the test fails once."""
    known = list(formats().values())[: len(modules()["FORMAT"])]
    rows = [f"| `{entry.name}` | {entry.about} |" for entry in sorted(known, key=lambda e: e.name)]
    table = "\n".join(["| format | what it is |", "|---|---|", *rows, ""])
    text = README.read_text(encoding="utf-8")
    fresh = TABLE.sub(lambda match: match[1] + table + match[3], text)
    if fresh != text:
        README.write_text(fresh, encoding="utf-8")
    assert fresh == text, "README.md was stale: its table was written anew"


def test_every_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python of the README is executed, one block after the other."""
    (tmp_path / "sample_logs").symlink_to(ROOT / "sample_logs")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "readme"}
    monkeypatch.setitem(sys.modules, "readme", type(sys)("readme"))
    for block in CODE.findall(README.read_text(encoding="utf-8")):
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102 - our own README
    assert len(names["frame"]) == 3 * 91
    assert list(names["frame"].columns) == ["run", "tag", "step", "wall_time", "value"]
    rows = list(names["FORMAT"].reader(None).feed(b"@12 loss=0.5\n"))
    assert rows[0].columns["loss"][0] == 0.5


def test_the_rules_of_the_readme_read_the_log_of_the_readme(tmp_path: Path) -> None:
    """Steps and tags are what the text says."""
    text = README.read_text(encoding="utf-8")
    [rules], [log] = (
        re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL) for kind in ("toml", "text")
    )
    (tmp_path / "tbingest.toml").write_text(rules, encoding="utf-8")
    (tmp_path / "slurm-1.out").write_text(log, encoding="utf-8")
    done = tbingest_("convert", ".", "--no-plots", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    [loaded] = [loaded for _, loaded in accumulated(tmp_path / "runs")]
    assert {
        tag: [(event.step, round(event.value, 2)) for event in loaded.Scalars(tag)]
        for tag in loaded.Tags()["scalars"]
    } == {"train/loss": [(10, 0.91), (20, 0.43)], "val/acc": [(10, 0.55), (20, 0.71)]}


def test_every_option_of_the_readme_exists() -> None:
    """No flag is promised that the command line does not know."""
    top: Any = typer.main.get_command(app())
    parameters = [one for command in (top, *top.commands.values()) for one in command.params]
    known = {flag for one in parameters for flag in (*one.opts, *one.secondary_opts)}
    promised = set(re.findall(r"--[a-z][a-z-]+", README.read_text(encoding="utf-8")))
    assert promised
    assert promised <= known
