"""Tensors as Hugging Face saves them: `model.safetensors`, also in shards.

8 bytes: how long the header is
{"w": {"dtype": "BF16", "shape": [8, 3], "data_offsets": [0, 48]}}
48 bytes: the numbers

The library maps the whole file and knows no 8-bit floats in NumPy, so the header is read here, by
the rules of the format: every byte of the data belongs to one tensor. A `step` in its metadata
counts.
"""

from __future__ import annotations

import json
import math
import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from tbingest.errors import SourceError
from tbingest.formats.checkpoints.numbers import tensors_at, width
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem
from tbingest.model.tensors import Dump

if TYPE_CHECKING:
    from tbingest.model.tensors import Opener, Tensor

_MAX_HEADER = 24 << 20
"""The library takes up to 100 MB; 50,000 tensors with long names need 8."""
_MAX_TENSORS = 200_000
_MAX_AXES = 64
_MAX_FACTS = 50
_MAX_FACT = 200
_DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2": "float8_e5m2",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
    "F8_E8M0": "float8_e8m0fnu",
    "C64": "complex64",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
}
_COUNT = re.compile(r"[0-9]{1,18}")
STEPS = ("global_step", "step", "iteration", "steps", "epoch")
"""Fields that say how far the training was, the surest first."""


def dump(open_: Opener, _: str) -> Dump:
    """The tensors that the header names."""
    header, begin, size = _header(open_)
    said = header.pop("__metadata__", None)
    metadata = {str(k): str(v) for k, v in said.items()} if isinstance(said, dict) else {}
    tensors: list[Tensor] = []
    problems: list[Problem] = []
    places: list[tuple[int, int]] = []
    for name, entry in header.items():
        try:
            dtype, shape, start, stop = _entry(entry, size)
        except SourceError as error:
            what = f"{name}: {error.message}"
            problems.append(Problem("", None, None, what, error.hint, values=1))
            continue
        places.append((start, stop))
        tensors += tensors_at(name, shape, dtype, open_, begin + start)
    problems += _holes(sorted(places), size if not problems else -1)
    field = next((name for name in STEPS if _COUNT.fullmatch(metadata.get(name, ""))), "")
    facts = {k: v for k, v in metadata.items() if len(v) <= _MAX_FACT}
    return Dump(
        tensors,
        problems,
        int(metadata[field]) if field else None,
        field,
        dict(islice(facts.items(), _MAX_FACTS)),
    )


def _holes(places: list[tuple[int, int]], size: int) -> list[Problem]:
    """A remark where some bytes belong to no tensor; a `size` of -1 is unknown.

    Raises SourceError where tensors lie over each other.
    """
    end = 0
    spare = 0
    for start, stop in places:
        if start < end and start < stop:
            raise SourceError("its tensors lie over each other", "was it made by hand?")
        spare += max(0, start - end)
        end = max(end, stop)
    spare += max(0, size - end)
    what = f"{spare:,} bytes of it belong to no tensor"
    return [Problem("", None, None, what)] if spare and size >= 0 else []


def _header(open_: Opener) -> tuple[dict[str, Any], int, int]:
    """(the header, where the data begin, how many bytes they are; -1 is unknown)."""
    with open_() as stream:
        prefix = stream.read(8)
        length = int.from_bytes(prefix, "little")
        if length > _MAX_HEADER:
            what = f"no safetensors file that is read: a header of {length:,} bytes"
            raise SourceError(what, f"headers up to {_MAX_HEADER >> 20} MiB are read")
        text = stream.read(length)
        size = stream.seek(0, 2) - 8 - length if stream.seekable() else -1
    if len(prefix) < 8 or len(text) < length:
        raise SourceError("ends within its header", "was it copied completely?")
    if text.count(b"{") + text.count(b"[") > 3 * _MAX_TENSORS:
        raise SourceError(f"a safetensors file of more than {_MAX_TENSORS:,} tensors is not read")
    try:
        header = json.loads(text.decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"no safetensors file: {str(error)[:120]}") from None
    if not isinstance(header, dict):
        raise SourceError("no safetensors file: its header is not an object")
    return header, 8 + length, size


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("its header holds a name twice")
    return found


def _entry(entry: Any, size: int) -> tuple[str, tuple[int, ...], int, int]:
    """(type, shape, first byte, last byte + 1) of a tensor. Raises SourceError."""
    match entry:
        case {"dtype": str(said), "shape": list(shape), "data_offsets": [int(start), int(stop)]}:
            pass
        case _:
            raise SourceError("its entry in the header is none of a tensor")
    if len(shape) > _MAX_AXES or not all(type(n) is int and 0 <= n < 1 << 48 for n in shape):
        raise SourceError("its shape is none")
    if said not in _DTYPES:
        raise SourceError(f"its numbers are {said[:40]}, which cannot be read")
    dtype = _DTYPES[said]
    whole = type(start) is int and type(stop) is int and 0 <= start <= stop < 1 << 62
    if not whole or math.prod(shape) * width(dtype) != stop - start:
        raise SourceError("its shape does not fit its place in the file")
    if 0 <= size < stop:
        raise SourceError("lies beyond the end of the file", "was it copied completely?")
    return dtype, tuple(shape), start, stop


def detect(head: Head) -> Evidence:
    """A length, then a JSON object that names dtypes."""
    length = int.from_bytes(head.data[:8], "little")
    begins = head.data[8:9] == b"{" and 2 <= length <= _MAX_HEADER
    if begins and (b'"data_offsets"' in head.data[8:] or head.data[8:24].startswith(b'{"__meta')):
        return Evidence(0.99, "a header of safetensors")
    return Evidence(0.0, "no header of safetensors")


FORMAT = Format(
    name="safetensors",
    about="tensors as Hugging Face saves them, as histograms",
    sample='{"encoder.weight": {"dtype": "BF16", "shape": [8, 3], "data_offsets": [0, 48]}}',
    detect=detect,
    dump=dump,
    rewritten=True,
    fields=Fields(step_from_name=True),
)
