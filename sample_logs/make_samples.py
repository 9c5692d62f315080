"""Write every sample log: `python sample_logs/make_samples.py [FOLDER]`.

Trains small networks for real, writes their logs as the frameworks do, and notes in
`expected.json` what TensorBoard should show. The same bytes each time.
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from expectation import Expected  # noqa: E402 - after the path
from training import START  # noqa: E402

_NO_MAKERS = frozenset({"dumps", "expectation", "make_samples", "training"})
MODULES = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in _NO_MAKERS)
"""Each has `MAKERS`: functions, each with the folders that it writes."""


def main(folder: Path) -> None:
    """Write everything below `folder`; the folders that were there are replaced."""
    makers = [entry for name in MODULES for entry in importlib.import_module(name).MAKERS]
    names = [name for _, *names in makers for name in names]
    for name in names:
        shutil.rmtree(folder / name, ignore_errors=True)
    expected = Expected(folder)
    for make, *_ in makers:
        make(folder, expected)
    expected.save(folder / "expected.json")
    for name in names:
        for place, path in enumerate(sorted((folder / name).rglob("*"))):
            if path.is_file():
                os.utime(path, (START + 1000 + place, START + 1000 + place))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
