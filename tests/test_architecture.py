"""ARCHITECTURE.md tells what there is: the layers, every module and no other, the way of a cell."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache

import pytest
from helpers.places import ROOT
from way_of_a_cell import PACKAGE, Passage, files, floors, turns, way

PAGE = ROOT / "ARCHITECTURE.md"
FILES, TURNS, FLOORS = 13, 11, 10
"""What a cell of a CSV passes today, at most. The goal is 10 files and 6 turns: lower these."""
BESIDE = 8
"""Modules beside the folders."""
LINES, LONGEST = 40, 400
"""Of a function and of a file, at most: what is longer holds two ideas."""
FOUND = ("formats/",)
"""Below these, modules are found, not listed: a new format edits no page. Those that formats are
made of are listed all the same."""
BUILDING = ("formats/readers/", "formats/registry.py", "formats/blame.py")

MODULE = re.compile(r"^- `([\w/]+\.py)`: (.*)$", re.MULTILINE)


def part(name: str) -> re.Match[str]:
    """What stands between the markers of a part of the page, as group 1."""
    found = re.search(f"<!-- {name}: .*? -->\n(.*?)<!-- /{name} -->", text(), re.DOTALL)
    assert found, f"ARCHITECTURE.md has lost its markers of {name!r}"
    return found


def text() -> str:
    return PAGE.read_text(encoding="utf-8")


def written_anew(name: str, fresh: str) -> list[str]:
    """Write a part of the page; the lines that went and came."""
    found, page = part(name), text()
    if found[1] == fresh:
        return []
    PAGE.write_text(page[: found.start(1)] + fresh + page[found.end(1) :], encoding="utf-8")
    before, after = found[1].splitlines(), fresh.splitlines()
    gone = [f"- {line}" for line in before if line not in after]
    return gone + [f"+ {line}" for line in after if line not in before]


def first_words(node: ast.AST) -> str:
    """The first sentence of a docstring, without its period."""
    said = ast.get_docstring(node) if isinstance(node, DOCUMENTED) else None
    sentence = re.split(r"\.(?:\s|$)", (said or "").strip(), maxsplit=1)[0]
    return " ".join(sentence.split())


DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def tree_of(file: str) -> ast.Module:
    return ast.parse((PACKAGE / file).read_text(encoding="utf-8"))


def listed(file: str) -> bool:
    """False for formats, which are found, and for what only says what its folder is for."""
    if file.startswith(FOUND) and not file.startswith(BUILDING):
        return False
    return not file.endswith("/__init__.py") or len(tree_of(file).body) > 1


def modules() -> str:
    """A heading for every room, and a line for every module.

    A new module is described by its docstring's first sentence, until somebody says it better.
    """
    known = dict(MODULE.findall(part("modules")[1]))
    every = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    rooms: dict[str, list[str]] = {}
    for file in sorted(filter(listed, every), key=lambda file: ("/" in file, file)):
        rooms.setdefault(file.rpartition("/")[0], []).append(file)
    lines = [""]
    for room, inside in rooms.items():
        words = first_words(tree_of(f"{room}/__init__.py".lstrip("/")))
        lines += [f"### `tbingest/{room}{'/' if room else ''}`", "", f"{words}.", ""]
        lines += [f"- `{file}`: {known.get(file) or first_words(tree_of(file))}" for file in inside]
        lines.append("")
    return "\n".join(lines)


def layers() -> str:
    """Those of pyproject.toml, where there is one list of them."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    [found] = [one["layers"] for one in contracts if one["type"] == "layers"]
    return "\n".join(["", "```", *found, "```", ""])


passed = cache(way)


def way_of_a_cell() -> str:
    """Every function that a cell passes, in the order in which they first have to do with it."""
    lines = [f"1. {told(passage)}" for passage in passed()]  # Markdown numbers them
    counts = f"{len(files(passed()))} files, {turns(passed())} turns back"
    return "\n".join(["", *lines, "", f"{len(lines)} functions in {counts}.", ""])


def told(passage: Passage) -> str:
    node: ast.AST = tree_of(passage.file)
    for name in passage.function.split("."):
        node = next(n for n in ast.walk(node) if getattr(n, "name", None) == name)
    words = first_words(node)
    return f"{passage}" + (f": {words}" if words else "")


def test_the_page_tells_what_there_is() -> None:
    """Every module and no other, the layers, the way of a cell: else it is written anew."""
    said = []
    for name, fresh in (("modules", modules()), ("layers", layers()), ("way", way_of_a_cell())):
        said += written_anew(name, fresh)
    if said:
        said.insert(0, "ARCHITECTURE.md was stale and is written anew:")
        said.append("Read these lines there, mend their words and commit them with your change.")
        pytest.fail("\n".join(said), pytrace=False)


def test_the_way_of_a_cell_is_no_longer_than_it_was() -> None:
    """The goal is 10 files and 6 turns."""
    assert len(files(passed())) <= FILES, f"a cell passes more files: {files(passed())}"
    assert turns(passed()) <= TURNS, "a cell comes back more often to a file that it had left"


def test_few_rooms_lie_above_each_other() -> None:
    """The longest chain of imports between folders, and the modules beside the folders."""
    assert len(floors()) <= FLOORS, floors()
    assert len(list(PACKAGE.glob("*.py"))) <= BESIDE


def test_functions_and_files_are_short() -> None:
    """A function has one idea, and so has a file: what is longer is split by what it is for."""
    files = {path: path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
    long = [path.name for path, text in files.items() if text.count("\n") > LONGEST]
    for path, text in files.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                long += [f"{path.name}: {node.name}: {lines} lines"] * (lines > LINES)
    assert not long
