"""Small logs, written and converted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import tbingest
from helpers.loaded import accumulated

if TYPE_CHECKING:
    from pathlib import Path


NO_PLOTS = tbingest.Options(plots="none")


def put(folder: Path, **files: str) -> Path:
    """Write files; `__` in a name stands for a dot."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


def lines(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def written(paths: Path, logdir: Path) -> dict[tuple[str, str], list[tuple[int, float]]]:
    """(step, value) of every scalar that TensorBoard shows, by run and tag."""
    tbingest.convert(paths, logdir, NO_PLOTS)
    return {
        (run, tag): [(event.step, round(event.value, 4)) for event in loaded.Scalars(tag)]
        for run, loaded in accumulated(logdir)
        for tag in loaded.Tags()["scalars"]
    }
