"""What TensorBoard should show, noted down while the logs are written, from the same arrays."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

NAME = "expected.json"


class Expected:
    """Collects the points of every run, and the values of every file.

    `runs[run][tag]` holds kind, steps and values in the order in which TensorBoard shows them:
    steps strictly rise, and a later value removes those of its step and beyond.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.runs: dict[str, dict[str, dict[str, Any]]] = {}
        self.files: dict[str, dict[str, int]] = {}

    def file(self, path: Path, values: int, reported: int = 0, problems: int = 0) -> None:
        """A file's number of values, how many of them cannot be read, and its problems."""
        self.files[path.relative_to(self.root).as_posix()] = {
            "values_read": values,
            "reported": reported,
            "problems": problems,
        }

    def point(self, run: str, tag: str, kind: str, step: int, value: Any) -> None:
        """One point, as it stands in the log."""
        entry = self.runs.setdefault(run, {}).setdefault(
            tag, {"kind": kind, "steps": [], "values": []}
        )
        while entry["steps"] and entry["steps"][-1] >= step:
            entry["steps"].pop()
            entry["values"].pop()
        entry["steps"].append(step)
        entry["values"].append(_plain(value))

    def scalar(self, run: str, tag: str, step: int, value: float) -> None:
        """A scalar."""
        self.point(run, tag, "scalar", step, value)

    def save(self, path: Path) -> None:
        """Write everything as one text of JSON within a JSON document.

        So that it is taken for no log itself, however few numbers it holds.
        """
        data = {"runs": self.runs, "files": self.files}
        text = json.dumps(data, separators=(",", ":"), sort_keys=True, allow_nan=False)
        path.write_text(json.dumps({"expected": text}) + "\n", encoding="utf-8", newline="\n")


def load(root: Path) -> dict[str, dict[str, Any]]:
    """What was noted of every sample below a folder, together: `runs` and `files`."""
    found: dict[str, dict[str, Any]] = {"runs": {}, "files": {}}
    for path in sorted(root.rglob(NAME)):
        noted = json.loads(json.loads(path.read_text(encoding="utf-8"))["expected"])
        for kind, entries in noted.items():
            found[kind].update(entries)
    return found


def _plain(value: Any) -> Any:
    """NaN and infinities as strings: JSON has none."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
