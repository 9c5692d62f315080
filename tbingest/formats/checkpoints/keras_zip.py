"""Models of Keras 3: `model.keras`, a zip file that holds its weights in HDF5.

metadata.json       {"keras_version": "3.15.1", "date_saved": "2026-11-23@03:01:31"}
config.json         how to build the model, which can name code: it is never looked at
model.weights.h5    layers/dense/vars/0

Only the weights are read, where they lie in the archive; packed ones are unpacked to a temporary
file without a name first.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
import weakref
import zipfile
from typing import IO, TYPE_CHECKING, cast

from tbingest.errors import SourceError
from tbingest.formats.checkpoints import zipped
from tbingest.formats.checkpoints.hdf5 import held
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.tensors import Dump

if TYPE_CHECKING:
    from tbingest.model.tensors import Opener

_WEIGHTS = ".weights.h5"
_MAX_METADATA = 1 << 20
_FACTS = ("keras_version", "date_saved")
_MEMBERS = frozenset({"metadata.json", "config.json", "model.weights.h5"})


def dump(open_: Opener, _: str) -> Dump:
    """Every dataset of the weights."""
    archive = zipped.opened(open_)
    members = archive.infolist()
    weights = next((one for one in members if one.filename.endswith(_WEIGHTS)), None)
    if weights is None:
        return Dump(refused="a Keras model without weights in HDF5")
    if unfit := zipped.oversized(weights):
        raise SourceError(f"{weights.filename}: {unfit}")
    if weights.compress_type == zipfile.ZIP_STORED:
        found = held(open_, zipped.data_offset(open_, weights), weights.file_size)
    else:
        found = held(_unpacked(archive, weights))
    facts = {**_facts(archive, members), **found.facts}
    return Dump(
        found.tensors, found.problems, found.step, found.step_from, facts, refused=found.refused
    )


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Opener:
    whole = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the tensors do
    with zipped.opener(archive, member)() as stream:
        shutil.copyfileobj(stream, whole, 1 << 20)
    whole.flush()
    handle = whole.fileno()

    def open_() -> IO[bytes]:
        # A descriptor of its own; all of them share one place in the file, so each is read by one.
        return cast("IO[bytes]", io.FileIO(os.dup(handle), "rb"))

    weakref.finalize(open_, whole.close)
    return open_


def _facts(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]
) -> dict[str, bool | float | str]:
    metadata = next((one for one in members if one.filename == "metadata.json"), None)
    if metadata is None or metadata.file_size > _MAX_METADATA:
        return {}
    with zipped.opener(archive, metadata)() as stream:
        try:
            said = json.loads(stream.read())
        except (ValueError, RecursionError):
            return {}  # it says nothing of the weights
    names = _FACTS if isinstance(said, dict) else ()
    return {name: said[name][:100] for name in names if isinstance(said.get(name), str)}


def detect(head: Head) -> Evidence:
    """A zip file whose first members are those of Keras."""
    first = zipped.first_member(head.data)
    found = first == "model.weights.h5" or (first in _MEMBERS and b"config.json" in head.data)
    return Evidence(0.98 if found else 0.0, "a model of Keras" if found else "no model of Keras")


FORMAT = Format(
    name="keras",
    about="models of Keras 3, their weights as histograms",
    sample="model.keras",
    detect=detect,
    dump=dump,
    rewritten=True,
    fields=Fields(step_from_name=True),
)
