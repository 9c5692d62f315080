"""`evaluations.npz` of Stable-Baselines3: the returns of every evaluation's episodes.

timesteps (n,), results (n, episodes), ep_lengths (n, episodes), successes (n, episodes)

The means are those of the training's own log, bit for bit; the episodes are shown as histograms.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.documents import DocumentReader
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem, Rows
from tbingest.names.tags import as_is

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from numpy.typing import NDArray

STEP = "timesteps"
_MAX_BYTES = 64 << 20
_MAX_HEADER = 64 << 10
_SERIES = {
    "results": ("eval/mean_reward", "eval/std_reward", "eval/rewards"),
    "ep_lengths": ("eval/mean_ep_length", "eval/std_ep_length", "eval/ep_lengths"),
    "successes": ("eval/success_rate", "", ""),
}


@dataclass
class Evaluations(DocumentReader):
    """Reads the arrays of the archive."""

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """One series for each array: means, deviations and the episodes themselves."""
        try:
            arrays = load(data, {STEP, *_SERIES})
            steps = arrays[STEP].reshape(-1).astype(np.int64)
        except (ArrayError, KeyError) as error:
            what = f"no evaluations: {error}"
            yield "", Problem("", None, None, what, "is it complete?", values=1)
            return
        for name, names in _SERIES.items():
            values = arrays.get(name)
            if values is None:
                continue
            if values.ndim == 0 or len(values) != len(steps):
                what = f"{name}: shape {values.shape} does not fit {len(steps)} timesteps"
                yield "", Problem("", None, None, what, values=1)
            elif len(steps):
                columns = columns_of(values.reshape(len(steps), -1).astype(np.float64), names)
                order = np.arange(1, len(steps) + 1, dtype=np.int64)
                yield name, Rows({STEP: steps, **columns}, order)


def columns_of(values: NDArray[np.float64], names: tuple[str, str, str]) -> dict[str, Any]:
    """Mean, deviation and list of the episodes of each evaluation."""
    if not values.shape[1]:
        return {}
    mean, deviation, episodes = names
    with np.errstate(all="ignore"):
        columns: dict[str, Any] = {mean: values.mean(axis=1)}
        if deviation:
            columns[deviation] = values.std(axis=1)
            columns[episodes] = values.tolist()
    return columns


class ArrayError(ValueError):
    """No archive of arrays of numbers."""


def load(data: bytes, wanted: Collection[str]) -> dict[str, NDArray[Any]]:
    """The wanted arrays by name. Raises ArrayError; never unpickles anything."""
    from numpy.lib import format as npy

    arrays = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > _MAX_BYTES:
                raise ArrayError(f"unpacks to over {_MAX_BYTES >> 20} MiB")
            for member in archive.infolist():
                name = member.filename.removesuffix(".npy")
                if name in wanted:
                    with archive.open(member) as stream:
                        content = io.BytesIO(stream.read(_MAX_BYTES))
                    array = npy.read_array(content, allow_pickle=False, max_header_size=_MAX_HEADER)
                    if array.dtype.kind not in "biuf":
                        raise ArrayError(f"{name} holds {array.dtype}, no numbers")
                    arrays[name] = array
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, MemoryError) as error:
        raise ArrayError(str(error)[:120]) from None
    except (ValueError, TypeError, SyntaxError, NotImplementedError, OverflowError) as error:
        raise ArrayError(str(error).partition("\n")[0][:120]) from None
    return arrays


def detect(head: Head) -> Evidence:
    """A zip file with the arrays that the evaluation callback saves."""
    if not head.data.startswith(b"PK\x03\x04") or b"timesteps.npy" not in head.data[:100]:
        return Evidence(0.0, "no archive that begins with timesteps")
    named = head.basename.lower().startswith("evaluations")
    if b"results.npy" in head.data or named:
        return Evidence(0.995, "a zip archive of timesteps and results")
    return Evidence(0.0, "has timesteps, but no results")


FORMAT = Format(
    name="evaluations",
    about="evaluations.npz of Stable-Baselines3: means and histograms of the episodes",
    sample="timesteps (n,), results (n, k), ep_lengths (n, k)",
    detect=detect,
    reader=lambda _: Evaluations(),
    rewritten=True,
    fields=Fields(step=(STEP,), rename=as_is),
)
