"""Which tags a logdir shows, and whose logs, as the state of our conversions has it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tbingest.logdir.files import STATE_FOLDER
from tbingest.logdir.saved import states

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def scalar_tags(logdirs: Iterable[str]) -> tuple[Counter[str], Counter[str]]:
    """How many runs of some logdirs, or of folders in them, have each tag: as a curve, and as a
    single value.
    """
    curves, single = Counter[str](), Counter[str]()
    for logdir in logdirs:
        for tag, shown in _tracks(logdir):
            (curves if shown > 1 else single)[tag] += 1
    return curves, single


def run_names(logdir: str) -> set[str]:
    """The runs of a logdir."""
    return {name for data in states(logdir) for name in data["runs"]}


def roots(logdir: str) -> set[str]:
    """The folders and files whose logs stand in a logdir, as whole paths."""
    return {
        saved["root"]
        for data in states(logdir)
        for saved in data["sources"].values()
        if saved["root"]
    }


def _tracks(logdir: str) -> Iterator[tuple[str, int]]:
    whole = Path(logdir).resolve()
    home = next((one for one in (whole, *whole.parents) if (one / STATE_FOLDER).is_dir()), whole)
    below = "" if home == whole else f"{whole.relative_to(home).as_posix()}/"
    for data in states(str(home)):
        for name, run in data["runs"].items():
            if not f"{name}/".startswith(below):
                continue
            for tag, (kind, shown, *_) in run["tracks"].items():
                if kind == "scalar" and shown:
                    yield tag, shown
