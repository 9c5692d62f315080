"""The pages name all names, options, keys, codes and formats, and none that is not there."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import typer

import tbingest
from tbingest.cli import app
from tbingest.config.keys import SETTINGS, TABLES
from tbingest.errors import TbingestError
from tbingest.formats.registry import formats, modules

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
TEXT = {path.name: path.read_text(encoding="utf-8") for path in PAGES}
OTHERS = {"--path_prefix", "--help"}
"""Options of TensorBoard's, and the one that every command has."""
SAMPLES = {"formats.md"}
"""Pages with samples of logs, in which options of others may stand."""


def block(name: str, page: str, lines: list[str]) -> None:
    """Hold a block of a page against its lines: a stale one is written anew."""
    path = DOCS / page
    text = path.read_text(encoding="utf-8")
    part = re.compile(rf"(<!-- {name}:[^>]*-->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    assert part.search(text)
    fresh = part.sub(lambda found: found[1] + "\n".join([*lines, ""]) + found[2], text)
    path.write_text(fresh, encoding="utf-8")
    assert fresh == text, f"docs/{page} was stale: it was written anew"


def test_every_public_name_stands_with_what_it_is() -> None:
    """By the first sentence of its docstring."""
    rows = []
    for name in sorted(tbingest.__all__, key=str.lower):
        said = "the version" if name == "__version__" else inspect.getdoc(getattr(tbingest, name))
        first = str(said).split("\n\n", maxsplit=1)[0].replace("\n", " ").replace("|", "\\|")
        rows.append(f"| `{name}` | {first} |")
    block("names", "python.md", ["| name | what it is |", "|---|---|", *rows])


def test_no_page_has_a_public_name_that_is_none() -> None:
    """Neither as an attribute nor as an import."""
    parts = {path.stem for path in (ROOT / "tbingest").glob("[!_]*")}
    for page, text in TEXT.items():
        code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
        code += "\n".join(re.findall(r"`(tbingest\.\w+)[^`]*`", text))
        for name in re.findall(r"\btbingest\.([A-Za-z_]\w*)", code):
            assert name in {*tbingest.__all__, *parts, "toml"}, f"{page}: tbingest.{name}"


def test_every_key_of_a_config_stands_with_what_it_takes() -> None:
    """Those of its tables, and those that are options."""
    lines = ["| table | key | takes |", "|---|---|---|"]
    for table, keys in sorted(TABLES.items()):
        shown = f"`[{table}]`" if table == "follow" else f"`[[{table}]]`"
        lines += [f"| {shown} | `{key}` | {kind} |" for key, kind in keys.items()]
    named = {**SETTINGS, "plugins": "a string or a list of strings"}
    lines += [f"| | `{key}` | {kind} |" for key, kind in sorted(named.items())]
    block("keys", "config.md", lines)


def test_no_page_has_a_key_that_is_none() -> None:
    """In a block of TOML."""
    known = {*SETTINGS, "plugins", *(key for keys in TABLES.values() for key in keys)}
    for page, text in TEXT.items():
        for code in re.findall(r"```toml\n(?!\[project)(.*?)```", text, re.DOTALL):
            assert {*re.findall(r"^([\w-]+) *=", code, re.MULTILINE)} <= known, page
            assert {*re.findall(r"^\[\[?([\w.-]+)", code, re.MULTILINE)} <= {*TABLES}, page


def known_options() -> dict[str, set[str]]:
    top: Any = typer.main.get_command(app())
    every = {"tbingest": top, **top.commands}
    return {
        name: {flag for one in command.params for flag in (*one.opts, *one.secondary_opts)}
        for name, command in every.items()
    }


def test_every_option_is_documented_and_none_that_is_not_there() -> None:
    """On the page of options, which is what the commands say; the other pages name no others."""
    known = set().union(*known_options().values())
    long = {flag for flag in known if flag.startswith("--")} - {
        "--install-completion",
        "--show-completion",
        "--version",
    }
    assert long <= set(re.findall(r"--[a-z][a-z-]*", TEXT["cli.md"]))
    for page, text in TEXT.items():
        said = set(re.findall(r"(?<![\w-])--[a-z][a-z_-]+", text))
        assert page in SAMPLES or said <= known | OTHERS, page


def test_every_command_and_no_other_is_documented() -> None:
    """A section each, and no page calls one that is not there."""
    commands = set(known_options()) - {"tbingest"}
    assert set(re.findall(r"^## (\w+)$", TEXT["cli.md"], re.MULTILINE)) == commands
    for page, text in TEXT.items():
        code = "".join(re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
        called = re.findall(r"^(?:\$ )?tbingest ([a-z]+)", code, re.MULTILINE)
        called += re.findall(r"`tbingest ([a-z]+)", text)
        assert set(called) <= commands | {"logs"}, page


def test_every_format_is_documented_and_none_that_is_not_there() -> None:
    """In the README's table and on the page of formats; stores stand there, too."""
    known = {one.name for one in list(formats().values())[: len(modules()["FORMAT"])]}
    rows = re.findall(r"^\| `([\w-]+)` \|", TEXT["README.md"], re.MULTILINE)
    assert set(rows) == known
    assert len(rows) == len(known)
    heads = set(re.findall(r"^### (.+)$", TEXT["formats.md"], re.MULTILINE))
    assert known <= heads


def test_the_exit_codes_are_those_of_the_errors() -> None:
    """A row each, and no row without one."""
    table = TEXT["README.md"].partition("## Exit codes")[2]
    said = {int(code) for row in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE)
            for code in row.split(",")}  # fmt: skip
    errors = {one.code for one in TbingestError.__subclasses__()}
    assert errors <= said
    assert said == errors | {0, 1, 4, 129, 130, 143}
