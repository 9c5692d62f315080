"""Write every sample log: `python sample_logs/make_samples.py [FOLDER]`.

Trains small networks for real, writes their logs as the frameworks do, and notes in
`expected.json` what TensorBoard should show. The same bytes each time.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from expectation import Expected  # noqa: E402 - after the path
from frameworks import hf_finetune, keras, lightning  # noqa: E402
from loops import documents, jsonl_run, pytorch_loop  # noqa: E402
from tables import broken, delimited, resumed  # noqa: E402
from training import START  # noqa: E402

FOLDERS = (
    "broken",
    "delimited",
    "hf_finetune",
    "json_lists",
    "json_pairs",
    "json_records",
    "jsonl_run",
    "keras_cnn",
    "keras_history",
    "pytorch_loop",
    "resumed",
    "spirals",
)


def main(folder: Path) -> None:
    """Write everything below `folder`; the folders that were there are replaced."""
    for name in FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    expected = Expected(folder)
    for make in (
        lightning,
        hf_finetune,
        keras,
        pytorch_loop,
        jsonl_run,
        documents,
        delimited,
        resumed,
        broken,
    ):
        make(folder, expected)
    expected.save(folder / "expected.json")
    for name in FOLDERS:
        for place, path in enumerate(sorted((folder / name).rglob("*"))):
            if path.is_file():
                os.utime(path, (START + 1000 + place, START + 1000 + place))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
