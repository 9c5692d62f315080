"""The samples' own writers of files, which tests use for files of theirs."""

from __future__ import annotations

import sys

from helpers.places import SAMPLES

# Not for longer than they are imported: folders such as `onnx` beside them would be packages.
_PLACES = [str(SAMPLES / place) for place in ("", "formats/checkpoints", "formats/wandb")]
sys.path[:0] = _PLACES
try:
    import exports
    import wandb_runs
    from torch_files import Pickle, archive, saved, zip_file
finally:
    del sys.path[: len(_PLACES)]

__all__ = ["Pickle", "archive", "exports", "saved", "wandb_runs", "zip_file"]
