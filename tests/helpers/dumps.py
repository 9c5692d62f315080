"""Dumps made by hand, and what a reader gives of them."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from helpers.work import peak
from tbingest.errors import SourceError
from tbingest.formats.registry import formats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tbingest.model.tensors import Dump, Tensor


def dump_of(kind: str, data: bytes, name: str = "weights") -> Dump:
    """What the format says of these bytes."""
    dump = formats()[kind].dump
    assert dump
    return dump(lambda: io.BytesIO(data), name)


def refused(kind: str, data: bytes) -> str:
    """Why these bytes are no dump, which takes little memory to say."""
    why = []

    def tried() -> None:
        with pytest.raises(SourceError) as error:
            dump_of(kind, data)
        why.append(error.value.message)

    assert peak(tried) < 10 * len(data) + (1 << 20)
    return why[0]


def numbers(tensor: Tensor) -> np.ndarray:
    """All numbers of a tensor, flat, in the order in which they lie."""
    pieces = []
    for piece in tensor.chunks():
        assert piece.ndim == 1
        pieces.append(piece.copy() if tensor.codes is None else tensor.codes[piece])
    return np.concatenate(pieces) if pieces else np.zeros(0)


def arrays(found: Dump) -> dict[str, np.ndarray]:
    """Every tensor in its shape."""
    return {
        tensor.name: numbers(tensor).reshape(tensor.shape, order=tensor.order)  # type: ignore[call-overload]
        for tensor in found.tensors
    }


def npy(array: np.ndarray) -> bytes:
    """As `numpy.save` writes it."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def npz(**members: np.ndarray) -> bytes:
    """As `numpy.savez` writes them."""
    stream = io.BytesIO()
    np.savez(stream, **members)
    return stream.getvalue()


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """A zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def header_only(shape: str, descr: str = "'<f8'", data: bytes = b"") -> bytes:
    """An array whose header says anything."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def safetensors(entries: Mapping[str, Any] | str, data: bytes = b"") -> bytes:
    """A header, or its text, and the data."""
    header = (entries if isinstance(entries, str) else json.dumps(entries)).encode()
    return struct.pack("<Q", len(header)) + header + data


def entry(dtype: str, shape: Any, start: Any, stop: Any) -> dict[str, Any]:
    """A tensor's entry in the header of a safetensors file."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}
