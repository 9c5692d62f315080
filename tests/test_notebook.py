"""Notebooks: a magic that converts and shows, and tables of what was read."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers.command import LOG

import tbingest
from tbingest.cli import notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "example.ipynb"


class Shell:
    """What of IPython the extension uses."""

    def __init__(self) -> None:
        self.magics: dict[str, Callable[[str], None]] = {}
        self.ran: list[tuple[str, str]] = []

    def register_magic_function(self, function: Any, kind: str, name: str) -> None:
        assert kind == "line"
        self.magics[name] = function

    def run_line_magic(self, name: str, line: str) -> None:
        self.ran.append((name, line))


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "<b>.jsonl").write_text(LOG + '{"step": 3, "loss": 0.1}\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_magic_converts_and_shows_the_logdir(logs: Path) -> None:
    """`%load_ext tbingest`, then `%tbingest logs/`; the kernel's signal handlers stay."""
    shell, before = Shell(), signal.getsignal(signal.SIGTERM)
    tbingest.load_ipython_extension(shell)
    shell.magics["tbingest"]("logs --logdir 'my runs' --no-plots")
    assert list((logs / "my runs").rglob("*tfevents*"))
    assert shell.ran == [("load_ext", "tensorboard"), ("tensorboard", "--logdir 'my runs'")]
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_magic_shows_nothing_after_a_mistake(logs: Path) -> None:
    """The message says what to type."""
    shell = Shell()
    tbingest.load_ipython_extension(shell)
    shell.magics["tbingest"]("nowhere")
    assert shell.ran == []


def test_a_report_is_a_table_of_runs(logs: Path) -> None:
    """With the points of each; names are data."""
    report = tbingest.convert("logs", "runs", tbingest.Options(plots=tbingest.Plots.NONE))
    shown = report._repr_html_()
    assert "5 points" in shown
    assert "<td>logs</td><td>5</td>" in shown


def test_a_report_shows_the_first_curve_of_each_run_that_is_drawn(logs: Path) -> None:
    """With its last value and a line; one that is not drawn has none."""
    shown = tbingest.convert("logs", "runs")._repr_html_()
    assert re.search(r"<td>logs</td><td>5</td><td>loss</td><td>0.1</td><td><svg", shown)
    (logs / "logs" / "more.csv").write_text("step,acc\n1,0.1\n2,0.2\n")
    undrawn = tbingest.convert("logs", "other", tbingest.Options(plots=tbingest.Plots.NONE))
    assert "<svg" not in undrawn._repr_html_()


def test_a_reading_is_a_table_of_tags_with_curves(logs: Path) -> None:
    """Last, lowest and highest value, and a line."""
    (logs / "logs" / "more.jsonl").write_text('{"step": 1, "<i>x": 1}\n{"step": 2, "<i>x": 2}\n')
    shown = tbingest.read("logs")._repr_html_()
    assert "&lt;i&gt;x" in shown
    assert "<i>" not in shown
    assert re.search(r"<td>loss</td><td>3</td><td>0.1</td><td>0.1</td><td>0.5</td><td><svg", shown)


class Clock:
    """Each look at it is a second later."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        self.now += 1
        return self.now


class Display:
    """What of IPython.display is used: a line that changes in place."""

    Pretty = str

    def __init__(self) -> None:
        self.shown: list[str] = []

    def display(self, text: str, *, display_id: bool) -> Display:
        assert display_id
        self.shown.append(text)
        return self

    def update(self, text: str) -> None:
        self.shown.append(text)


def test_long_work_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that changes, and goes in the end; short work shows none."""
    display = Display()
    monkeypatch.setattr("tbingest.cli.notebook.import_module", lambda _: display)
    with notebook.progress(lambda *counts: str(counts)) as (told, _):
        told(1, 1)
    assert display.shown == []
    monkeypatch.setattr("tbingest.cli.notebook.time", Clock())
    with notebook.progress(lambda *counts: str(counts)) as (told, expect):
        expect(30)
        told(10, 2)
        told(20, 3)
        told(0, 0, 1)
    assert display.shown == ["reading (10, 30, 2)", "reading (30, 30, 5)", "drawing", ""]


def test_the_notebook_of_the_docs_shows_what_its_cells_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a kernel; a stale one is written anew, and the test fails once."""
    pytest.importorskip("ipykernel", reason="pip install -e '.[dev]' brings it")
    nbformat: Any = pytest.importorskip("nbformat")
    client: Any = pytest.importorskip("nbclient")
    (tmp_path / "sample_logs").symlink_to(ROOT / "sample_logs")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    own = ("TMPDIR", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR")
    env = {"PATH": path, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    for name, value in {**dict.fromkeys(own, str(tmp_path)), **env}.items():
        monkeypatch.setenv(name, value)
    book = nbformat.read(PAGE, 4)
    where = {"metadata": {"path": str(tmp_path)}}
    client.NotebookClient(book, timeout=120, kernel_name="python3", resources=where).execute()
    for cell in book.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = [nbformat.from_dict(one) for one in told(cell.outputs)]
    tensorboard, report = book.cells[3], book.cells[5]
    assert "273 points, 1 run" in tensorboard.outputs[0]["text"]
    assert "<svg" in report.outputs[0]["data"]["text/html"]
    fresh = json.dumps(book, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    before = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(fresh, encoding="utf-8")
    assert before == fresh, "docs/example.ipynb was stale: it was written anew"


def told(outputs: list[Any]) -> Iterator[dict[str, Any]]:
    """Outputs without what differs each time: durations, and TensorBoard with its port."""
    text = "".join(one["text"] for one in outputs if one["output_type"] == "stream")
    if text:
        plain = re.sub(r"\(\d+\.\d s\)", "(1.0 s)", text)
        yield {"output_type": "stream", "name": "stdout", "text": plain}
    for one in outputs:
        data = one.get("data", {})
        if "<iframe" in data.get("text/html", ""):
            continue
        if "text/html" in data and "dataframe" not in data["text/html"]:
            yield {**one, "data": {"text/html": data["text/html"]}, "metadata": {}}
        elif data.get("text/plain"):
            yield {**one, "data": {"text/plain": data["text/plain"]}, "metadata": {}}
