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
from typing import TYPE_CHECKING, Any

from tbingest.dumps.base import tensors_at, width
from tbingest.errors import SourceError
from tbingest.model import Dump, Evidence, Fields, Format, Head, Problem

if TYPE_CHECKING:
    from tbingest.model import Opener, Tensor

_MAX_HEADER = 100_000_000  # the library's own limit
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
STEPS = ("global_step", "step", "iteration", "steps", "epoch")
"""Fields that say how far the training was, the surest first."""


def dump(open_: Opener, _: str) -> Dump:
    """The tensors that the header names."""
    header, begin, size = _header(open_)
    said = header.pop("__metadata__", None)
    metadata = {str(k): str(v) for k, v in said.items()} if isinstance(said, dict) else {}
    tensors: list[Tensor] = []
    problems: list[Problem] = []
    for name, entry in header.items():
        try:
            tensors += _tensors(name, entry, open_, begin, size)
        except SourceError as error:
            what = f"{name}: {error.message}"
            problems.append(Problem("", None, None, what, error.hint, values=1))
    field = next((name for name in STEPS if metadata.get(name, "").isdecimal()), "")
    step = int(metadata[field]) if field else None
    return Dump(tensors, problems, step, field, metadata)


def _header(open_: Opener) -> tuple[dict[str, Any], int, int]:
    """(the header, where the data begin, how many bytes they are; -1 is unknown)."""
    with open_() as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > _MAX_HEADER:
            raise SourceError(f"no safetensors file: a header of {length:,} bytes")
        text = stream.read(length)
        size = stream.seek(0, 2) - 8 - length if stream.seekable() else -1
    if len(text) < length:
        raise SourceError("ends within its header", "was it copied completely?")
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"no safetensors file: {str(error)[:120]}") from None
    if not isinstance(header, dict):
        raise SourceError("no safetensors file: its header is no object")
    return header, 8 + length, size


def _tensors(name: str, entry: Any, open_: Opener, begin: int, size: int) -> tuple[Tensor, ...]:
    match entry:
        case {"dtype": str(said), "shape": list(shape), "data_offsets": [int(start), int(stop)]}:
            pass
        case _:
            raise SourceError("its entry in the header is none of a tensor")
    if not all(type(part) is int and 0 <= part < 1 << 48 for part in shape):
        raise SourceError("its shape is none")
    if said not in _DTYPES:
        raise SourceError(f"its numbers are {said[:40]}, which cannot be read")
    dtype = _DTYPES[said]
    if math.prod(shape) * width(dtype) != stop - start or start < 0:
        raise SourceError("its shape does not fit its place in the file")
    if 0 <= size < stop:
        raise SourceError("lies beyond the end of the file", "was it copied completely?")
    return tensors_at(name, tuple(shape), dtype, open_, begin + start)


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
