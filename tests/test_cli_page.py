"""docs/cli.md is what the commands say of themselves; the pages beside it name what exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from helpers.command import LOG, tbingest_
from tensorboardX import SummaryWriter
from tensorboardX.summary import hparams
from typer.main import get_command

import tbingest
from tbingest.cli import app
from tbingest.config import FOLLOW, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "cli.md"
COMMANDS = ("convert", "serve", "inspect", "export", "compare", "plot", "check", "formats")
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md")])
WAITS = {"serve", "--follow", "-f", "--serve"}
"""Commands that end with Ctrl-C are taken apart, not run."""


def page(place: Path) -> str:
    """The help of each command, and the keys of a config."""
    parts = [
        "# Every option",
        "<!-- Written by tests/test_cli_page.py from the commands: edit those. -->",
        "Options of the last section of each command may stand before it, too. Each may stand in",
        "`tbingest.toml` under the same name: " + ", ".join(f"`{key}`" for key in SETTINGS) + ",",
        "and in its table `[follow]`: " + ", ".join(f"`{key}`" for key in FOLLOW) + ".",
    ]
    text = "\n\n".join(parts[:2]) + "\n\n" + "\n".join(parts[2:]) + "\n"
    for name in COMMANDS:
        said = tbingest_(name, "--help", cwd=place, env={"COLUMNS": "100"}).stdout
        text += f"\n## {name}\n\n```text\n{said.rstrip()}\n```\n"
    return text


def test_the_page_of_options_is_what_the_commands_say(tmp_path: Path) -> None:
    """A stale page is written anew, and the test fails once."""
    fresh = page(tmp_path)
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    PAGE.write_text(fresh, encoding="utf-8")
    assert before == fresh, "docs/cli.md was stale: it was written anew"


def commands(path: Path) -> Iterator[str]:
    """The lines of a page's blocks without a language that call tbingest."""
    text = path.read_text(encoding="utf-8")
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        for line in block.split("\n") if not language else ():
            if line.startswith("tbingest "):
                yield line


EVERY = sorted({line for path in PAGES for line in commands(path)})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the examples name."""
    folder = tmp_path_factory.mktemp("examples")
    good = LOG + '{"step": 3, "loss": 0.2, "val_loss": 0.3, "val_acc": 0.95}\n'
    for name in ("logs/train.jsonl", "before/train.jsonl", "lightning_logs/a.jsonl"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(good)
    (folder / "train.log").write_text("it 10 loss 0.9\nit 20 loss 0.5\n")
    (folder / "checkpoints").mkdir()
    numbers = '{"embed": [[1, 2], [3, 4]], "attn": [[1, 2], [3, 4]]}'
    (folder / "checkpoints" / "weights_step_5.json").write_text(numbers)
    for seed in range(2):
        writer = SummaryWriter(str(folder / "runs" / f"seed{seed}"))
        for step in range(30):
            writer.add_scalar("train/loss", 1 / (step + seed + 1), step)
        writer.add_histogram("weights", np.arange(9.0), 1)
        writer.add_image("picture", np.zeros((3, 4, 4)), 1)
        writer.file_writer.add_summary(hparams({"lr": seed / 10}, {})[1])
        writer.close()
    return folder


@pytest.mark.parametrize("line", EVERY)
def test_every_command_of_the_pages_works(line: str, place: Path) -> None:
    """It is run, or taken apart where it would wait for Ctrl-C."""
    words = shlex.split(line, comments=True)[1:]
    if WAITS & set(words):
        command = get_command(app()).get_command(None, words[0])  # type: ignore[attr-defined]
        assert command.make_context(words[0], words[1:], resilient_parsing=True)
        return
    env = {"TBINGEST_LOGDIR": f"runs{EVERY.index(line)}"}
    done = tbingest_(*words, cwd=place, env=env)
    assert done.returncode == 0, done.stdout + done.stderr


def test_links_lead_somewhere() -> None:
    """Within the repository, pictures and anchors included."""
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" in link:
                continue
            name, _, anchor = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            assert target.exists(), f"{path.name}: {link}"
            if anchor:
                heads = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
                known = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
                assert anchor in known, f"{path.name}: {link}"


def test_the_readme_names_what_a_newcomer_types() -> None:
    """`make demo` and `make check` both, and that pip finds it on no index."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in text
    assert "make check" in text
    assert "on no package index yet" in text
    assert "tbingest[" not in text
    makefile = (ROOT / "Makefile").read_text()
    assert {"demo:", "check:"} <= set(re.findall(r"^\w+:", makefile, re.MULTILINE))


def test_every_exit_code_and_public_error_is_documented() -> None:
    """In the README and the page on Python."""
    text = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    for name in ("UsageError", "SourceError", "OutputError", "ServeError"):
        assert f"`{name}`" in text
        code = getattr(tbingest, name).code
        assert re.search(rf"^\| {code} \|", text, re.MULTILINE)
