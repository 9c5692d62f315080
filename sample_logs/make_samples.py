"""Write every sample log: `python sample_logs/make_samples.py [FOLDER] [--only NAME]`.

Trains small networks for real, writes their logs as the frameworks do, and notes in
`expected.json` what TensorBoard should show. The same bytes each time.

A framework's samples are written by the `make.py` in their own folder below `formats/`, and their
`expected.json` lies beside it; `--only NAME` writes those of one folder.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from expectation import NAME, Expected  # noqa: E402 - after the path
from training import START  # noqa: E402

if TYPE_CHECKING:
    from types import ModuleType

GENERAL = ("drift", "event_files", "frameworks", "loops", "tables")
"""The scripts of samples that are of no one framework.

Each has `MAKERS`: functions, each with the folders that it writes.
"""


def main(folder: Path) -> None:
    """Write everything below `folder`; the logs that were there are replaced."""
    makers = [entry for name in GENERAL for entry in importlib.import_module(name).MAKERS]
    names = [name for _, *names in makers for name in names]
    for name in names:
        shutil.rmtree(folder / name, ignore_errors=True)
    expected = Expected(folder)
    for make, *_ in makers:
        make(folder, expected)
    expected.save(folder / NAME)
    for name in names:
        _set_times(folder / name)
    for script in sorted((HERE / "formats").glob("*/make.py")):
        _make(script, folder)


def _make(script: Path, root: Path) -> None:
    """The samples of one folder of `formats`, by the functions that its `MAKERS` names."""
    folder = root / "formats" / script.parent.name
    _clear(folder)
    expected = Expected(root)
    for make in _module(script).MAKERS:
        make(root, expected)
    expected.save(folder / NAME)
    _set_times(folder)


def _module(script: Path) -> ModuleType:
    """A script that may import what lies beside it."""
    spec = importlib.util.spec_from_file_location(f"make_{script.parent.name}", script)
    if spec is None or spec.loader is None:
        raise ImportError(str(script))
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(script.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(script.parent))
    return module


def _clear(folder: Path) -> None:
    """Remove the logs of a folder, not its scripts."""
    for path in folder.iterdir() if folder.exists() else ():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.suffix != ".py":
            path.unlink()
    folder.mkdir(parents=True, exist_ok=True)


def _set_times(folder: Path) -> None:
    for place, path in enumerate(sorted(folder.rglob("*"))):
        if path.is_file() and path.suffix not in {".py", ".pyc"}:
            os.utime(path, (START + 1000 + place, START + 1000 + place))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=HERE)
    parser.add_argument("--only", metavar="NAME", help="a folder below formats/")
    asked = parser.parse_args()
    if asked.only:
        _make(HERE / "formats" / asked.only / "make.py", asked.folder)
    else:
        main(asked.folder)
