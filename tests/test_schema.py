"""The JSON Schemas in docs/schema are those of the code, and what the commands say fits them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tbingest.cli import run
from tbingest.report.schema import schemas

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "schema"
SAMPLES = FOLDER.parent.parent / "sample_logs"


def path_of(name: str) -> Path:
    return FOLDER / f"{name.replace('/', '-')}.json"


@pytest.mark.parametrize("name", sorted(schemas()))
def test_a_schema_is_that_of_the_code(name: str) -> None:
    """A stale one is written anew, and the test fails once."""
    path = path_of(name)
    fresh = json.dumps(schemas()[name], indent=2) + "\n"
    stale = not path.exists() or path.read_text(encoding="utf-8") != fresh
    if stale:
        FOLDER.mkdir(exist_ok=True)
        path.write_text(fresh, encoding="utf-8")
    assert not stale, f"{path.name} was stale: it was written anew"


def test_the_file_of_each_version_is_there() -> None:
    """No other is."""
    assert sorted(FOLDER.iterdir()) == sorted(map(path_of, schemas()))


COMMANDS = [
    ["check", "{logs}", "--max", "*=0", "--no-restart", "--min-steps", "9", "--baseline", "{base}"],
    ["check", "{base}"],
    ["convert", "{logs}", "--no-plots"],
    ["convert", "{logs}", "--no-plots", "--dry-run"],
    ["inspect", "{logs}"],
    ["inspect", "--pattern", "(?P<step>\\d+),(?P<loss>\\w+)"],
    ["formats"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_what_a_command_says_fits_its_schema(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of good logs, of broken ones, of NaN, and of files that are no logs."""
    validators = pytest.importorskip("jsonschema")
    monkeypatch.chdir(tmp_path)
    known = {"logs": str(SAMPLES / "broken"), "base": str(SAMPLES / "keras_cnn")}
    (tmp_path / "nan.csv").write_text("step,loss\n1,nan\n2,inf\n")
    given = [known.get(part.strip("{}"), part) for part in command]
    paths = ["nan.csv"] if given[0] != "formats" else []
    run([given[0], *paths, *given[1:], "--output-format", "json"])
    said: dict[str, Any] = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    schema = schemas()[said["schema"]]
    validators.Draft202012Validator.check_schema(schema)
    validators.validate(said, schema, validators.Draft202012Validator)
