"""What is loaded, and when: nothing heavy before it is needed, and never what logs stand for."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import tbingest
from tbingest.cli import COMMANDS

THIRD_PARTY = """
import json, sys
before = set(sys.modules)
{code}
loaded = {{name.partition(".")[0] for name in set(sys.modules) - before}}
names = loaded - set(sys.stdlib_module_names)
with open({out!r}, "w") as stream:
    json.dump(sorted(names), stream)
"""
RUN = """
import contextlib, runpy
sys.argv = ["tbingest", *{arguments!r}]
with contextlib.suppress(SystemExit):
    runpy.run_module("tbingest", run_name="__main__", alter_sys=True)
"""

BARE = """
import contextlib, sys, typer
app = typer.Typer(rich_markup_mode="markdown", epilog="An *example*.")
@app.command()
def one(paths: list[str], number: int | None = None, text: str = "", yes: bool = False): ...
@app.command()
def two(): ...
for sys.argv in (["bare", "--help"], ["bare", "one", "--help"]):
    with contextlib.suppress(SystemExit):
        app()
"""
"""What a bare Typer application loads for its help."""


def loaded_by(code: str, tmp_path: Path, path: str = "") -> set[str]:
    """The top-level packages, but for the standard library, that some code loads."""
    out = tmp_path / "loaded.json"
    places = [path, os.environ.get("PYTHONPATH", "")]
    subprocess.run(
        [sys.executable, "-c", THIRD_PARTY.format(code=code, out=str(out))],
        check=True,
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))},
        timeout=60,
    )
    return set(json.loads(out.read_text()))


def test_importing_tbingest_loads_no_other_package(tmp_path: Path) -> None:
    """`import tbingest` costs next to nothing."""
    assert loaded_by("import tbingest", tmp_path) == {"tbingest"}


def test_every_public_name_resolves() -> None:
    """Names are loaded when they are first used; none of them is a promise only."""
    assert len(set(tbingest.__all__)) == len(tbingest.__all__)
    for name in tbingest.__all__:
        assert getattr(tbingest, name) is not None
    assert dir(tbingest) == sorted(tbingest.__all__)


def test_a_name_that_is_none_is_an_attribute_error() -> None:
    """With the message that Python itself gives."""
    with pytest.raises(AttributeError, match="module 'tbingest' has no attribute 'nonsense'"):
        getattr(tbingest, "nonsense")  # noqa: B009 - mypy knows that it is none


@pytest.mark.parametrize("arguments", [["--help"], ["convert", "--help"], ["--version"]])
def test_help_loads_nothing_but_typer_and_rich(arguments: list[str], tmp_path: Path) -> None:
    """What Typer and Rich bring by themselves is allowed, NumPy and pandas are not."""
    allowed = loaded_by(BARE, tmp_path)
    assert "numpy" not in allowed
    loaded = loaded_by(RUN.format(arguments=arguments), tmp_path)
    assert "typer" in loaded
    assert loaded - allowed == {"tbingest"}


def test_the_list_of_commands_is_what_they_say_of_themselves(tmp_path: Path) -> None:
    """It is shown without loading one of them, so their first lines stand there, too."""
    for name, said in COMMANDS.items():
        command = getattr(import_module(f"tbingest.cli.{name}"), name)
        assert command.__doc__.partition("\n")[0] == said
    code = RUN.format(arguments=["--help"]) + "assert 'tbingest.cli.flags' not in sys.modules"
    loaded_by("import sys\n" + code, tmp_path)


def test_a_usage_error_loads_no_pandas(tmp_path: Path) -> None:
    """A typing error is answered at once."""
    loaded = loaded_by(RUN.format(arguments=["convert", "nowhere"]), tmp_path)
    assert not loaded & {"pandas", "matplotlib", "tensorboard", "tensorboardX", "torch"}


def test_scalars_load_no_plotting_where_no_plot_is_asked_for(tmp_path: Path) -> None:
    """`--no-plots` on a table of numbers needs neither matplotlib nor TensorBoard."""
    (tmp_path / "a.csv").write_text("step,loss\n1,0.5\n2,0.25\n")
    loaded = loaded_by(RUN.format(arguments=["convert", "a.csv", "--no-plots"]), tmp_path)
    assert list((tmp_path / "runs").rglob("*tfevents*"))
    assert not loaded & {"matplotlib", "tensorboard", "tensorflow", "torch"}


def test_options_that_are_texts_or_not_given_need_no_models(tmp_path: Path) -> None:
    """Typer takes a fifth of a small conversion's CPU to build one for each option."""
    (tmp_path / "a.csv").write_text("step,loss\n1,0.5\n2,0.25\n")
    arguments = ["convert", "a.csv", "--logdir", "here", "--include", "*.csv", "--no-plots"]
    loaded = loaded_by(RUN.format(arguments=arguments), tmp_path)
    assert list((tmp_path / "here").rglob("*tfevents*"))
    assert "pydantic" not in loaded


def test_no_framework_is_imported_though_it_is_there(tmp_path: Path) -> None:
    """tensorboardX would import torch where it finds it: text, hparams and figures do without."""
    packages = tmp_path / "packages"
    marker = tmp_path / "imported"
    for name in ("torch", "tensorflow", "caffe2", "jax", "moviepy"):
        (packages / name).mkdir(parents=True)
        (packages / name / "__init__.py").write_text(
            f"with open({str(marker)!r}, 'a') as stream:\n    stream.write({name!r})\n"
        )
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "train.csv").write_text(
        "step,loss,note\n" + "".join(f"{step},0.5,step {step}\n" for step in range(20))
    )
    (logs / "hparams.yaml").write_text("lr: 0.5\n")
    (logs / "more.jsonl").write_text('{"step": 1, "grads": [1, 2, 3]}\n{"step": 2, "loss": 1}\n')
    arguments = ["convert", "logs", "--plots", "all"]
    loaded = loaded_by(RUN.format(arguments=arguments), tmp_path, str(packages))
    assert not marker.exists(), marker.read_text()
    assert {"matplotlib", "tensorboardX"} <= loaded
    assert not loaded & {"torch", "tensorflow", "caffe2", "jax", "moviepy"}


def test_no_test_file_is_imported_by_another() -> None:
    """What two of them need is a module in `tests/helpers`."""
    nodes = [
        (path.name, node)
        for path in Path(__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not [
        (name, node.module)
        for name, node in nodes
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith(("test_", "conftest"))
    ]
