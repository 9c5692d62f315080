"""What docs/plug-ins.md and CONTRIBUTING.md show is done literally."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from helpers.places import ROOT

from tbingest.formats import readers
from tbingest.testing import check_format

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs" / "plug-ins.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"## ([^\n]+)\n\n```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FILES = re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)```", CONTRIBUTING, re.DOTALL)
COMMANDS = re.findall(r"```sh\n(.*?)```", CONTRIBUTING, re.DOTALL)


def example(title: str, code: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The FORMAT of an example, in a module of its own."""
    module = type(sys)(f"example_{title.split(maxsplit=1)[0]}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(code, "docs/plug-ins.md", "exec"), vars(module))  # noqa: S102 - our own page
    return module.FORMAT  # type: ignore[attr-defined]


@pytest.mark.parametrize(("title", "code", "log"), EXAMPLES, ids=[name for name, *_ in EXAMPLES])
def test_every_example_of_a_plug_in_keeps_the_contract(
    title: str, code: str, log: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the log that stands below it, which is its own."""
    (tmp_path / "log").write_text(log)
    check_format(example(title, code, monkeypatch), tmp_path)


def test_every_part_of_a_reader_is_shown() -> None:
    """The names that plug-ins may use are those of the page, and they are there."""
    assert {title for title, *_ in EXAMPLES} == {"Lines", "Tables", "JSON lines", "Documents"}
    for name in readers.__all__:
        assert f"`{name}" in PAGE, name
        assert getattr(readers, name).__module__.startswith("tbingest.formats.readers.")
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = readers.nonsense


def test_a_format_is_added_as_contributing_says(tmp_path: Path) -> None:
    """In a copy of the repository: its files are written and its commands run, no more."""
    root = tmp_path / "repo"
    leave = shutil.ignore_patterns("__pycache__", ".*", "runs")
    for name in ("tbingest", "tests", "sample_logs", "docs"):
        shutil.copytree(ROOT / name, root / name, ignore=leave)
    for name in ("README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, root / name)
    for name, code in FILES:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(code)
    before = files_of(root)
    for line in "".join(COMMANDS).splitlines():
        command = [sys.executable, *shlex.split(line)[1:]]
        done = subprocess.run(
            command,
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root), "PYTEST_ADDOPTS": "-p no:cacheprovider"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout[-4000:]}{done.stderr[-2000:]}"
    assert "passed" in done.stdout
    assert files_of(root) - before == {
        "sample_logs/formats/ampere/ampere.csv",
        "sample_logs/formats/ampere/expected.json",
    }


def files_of(root: Path) -> set[str]:
    return {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and path.suffix != ".pyc" and ".hypothesis" not in path.parts
    }
