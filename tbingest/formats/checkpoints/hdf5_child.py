"""The process that reads an HDF5 file, so that a corrupt one cannot harm the one that converts.

`python hdf5_child.py FD BEGIN SIZE` reads SIZE bytes of an open file from BEGIN on. It prints a
line of JSON for each dataset and an empty one; then, for each path on a line of its input, the
numbers, little-endian, in pieces that begin with their length (8 bytes); 0 ends them, and -1 says
that they cannot be read. Nothing can be opened, written or started any more once it reads.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = 1 << 20
_MEMORY = 1 << 30
_SECONDS = 3600
_MOST = 100_000
_DEEPEST = 60
_LONGEST = 500
_FACTS = 20
_STEPS = frozenset({"iterations", "iterations:0", "iteration", "iter:0", "global_step", "step"})


class _Window(io.RawIOBase):
    """A part of an open file."""

    def __init__(self, handle: int, begin: int, size: int) -> None:
        self._handle, self._begin, self._size, self._at = handle, begin, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, space: Any) -> int:
        wanted = max(0, min(len(space), self._size - self._at))
        data = os.pread(self._handle, wanted, self._begin + self._at)
        memoryview(space)[: len(data)] = data
        self._at += len(data)
        return len(data)


def _confine() -> None:
    """From now on no file, no process, and a bounded memory."""
    try:
        import resource
    except ImportError:  # a system without such limits
        return
    limits = [
        (resource.RLIMIT_CPU, _SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),
    ]
    with contextlib.suppress(FileNotFoundError), open("/proc/self/statm") as stream:  # noqa: PTH123
        used = int(stream.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        limits.append((resource.RLIMIT_AS, used + _MEMORY))
    for kind, limit in limits:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))


def _walk(file: Any) -> Iterator[tuple[str, Any]]:
    """(path, dataset, or in words why there is none) by hard links, in the order of names."""
    import h5py

    seen = set()
    waiting = [("", file, 0)]
    count = 0
    while waiting:
        path, group, depth = waiting.pop()
        below = []
        for name in group:
            count += 1
            if count > _MOST:
                yield path, f"more than {_MOST:,} entries: the rest is left out"
                return
            inner = f"{path}/{name}" if path else name
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                yield inner, "a link to somewhere else, which is not followed"
                continue
            try:
                found = group[name]
                place = h5py.h5o.get_info(found.id).addr
            except Exception as error:  # noqa: BLE001 - whatever the library says of a damaged file
                yield inner, f"cannot be opened: {error}"
                continue
            if place in seen:
                continue
            seen.add(place)
            if isinstance(found, h5py.Dataset):
                yield inner, found
            elif isinstance(found, h5py.Group) and depth < _DEEPEST:
                below.append((inner, found, depth + 1))
        waiting += reversed(below)


def _said(path: str, found: Any) -> dict[str, Any]:
    """What is told of a dataset."""
    if isinstance(found, str):
        return {"path": path, "refused": found[:_LONGEST]}
    try:
        dtype = found.dtype
        if found.external or found.is_virtual:
            return {"path": path, "refused": "its numbers lie in other files"}
        if dtype.kind not in "biufc" or found.shape is None:
            return {"path": path, "refused": f"holds {str(dtype)[:80]}, no numbers"}
        said = {"path": path, "shape": found.shape, "dtype": dtype.str}
        plain = found.chunks is None and not found.dtype.metadata
        said["offset"] = found.id.get_offset() if plain else None
        said["stored"] = found.id.get_storage_size()
        if path.rpartition("/")[2] in _STEPS and found.shape == ():
            said["step"] = int(found[()])
    except Exception as error:  # noqa: BLE001 - see above
        return {"path": path, "refused": f"cannot be read: {error}"[:_LONGEST]}
    return said


def _facts(file: Any) -> dict[str, Any]:
    """The short attributes of the whole file, as Keras writes its version."""
    found: dict[str, Any] = {}
    for name in list(file.attrs)[:_FACTS]:
        with contextlib.suppress(Exception):
            value = file.attrs[name]
            value = value.decode() if isinstance(value, bytes) else value
            if isinstance(value, str) and len(value) < _LONGEST:
                found[str(name)] = value
    return found


def _pieces(dataset: Any) -> Iterator[Any]:
    """Slabs of a dataset in the order of C, of about a piece or of whole chunks."""
    import numpy as np

    shape = dataset.shape
    split = 0
    below = int(np.prod(shape, dtype=object))
    while split < len(shape) and below * dataset.dtype.itemsize > _PIECE:
        below //= max(shape[split], 1)
        split += 1
    if not split:
        yield dataset[()]
        return
    rows = max(1, _PIECE // (below * dataset.dtype.itemsize))
    chunks = dataset.chunks or (1,) * len(shape)
    rows = max(rows, min(chunks[split - 1], 16 * rows))
    for outer in np.ndindex(shape[: split - 1]):
        for start in range(0, shape[split - 1], rows):
            yield dataset[(*outer, slice(start, start + rows))]


def _send(dataset: Any, out: Any) -> None:
    import numpy as np

    try:
        for piece in _pieces(dataset):
            flat = np.asarray(piece)
            data = flat.astype(flat.dtype.newbyteorder("<"), copy=False).tobytes()
            if data:
                out.write(len(data).to_bytes(8, "little", signed=True) + data)
    except Exception:  # noqa: BLE001 - see above
        out.write((-1).to_bytes(8, "little", signed=True))
    else:
        out.write(bytes(8))


def main() -> None:
    """Answer until the input ends."""
    import h5py
    import numpy as np  # noqa: F401 - loaded before nothing can be loaded any more

    handle, begin, size = map(int, sys.argv[1:])
    _confine()
    out = sys.stdout.buffer
    window = _Window(handle, begin, size)
    with h5py.File(window, "r", rdcc_nbytes=64 << 20) as file:
        out.write(json.dumps({"facts": _facts(file)}).encode() + b"\n")
        for path, found in _walk(file):
            out.write(json.dumps(_said(path, found)).encode() + b"\n")
        out.write(b"\n")
        out.flush()
        for line in sys.stdin:
            _send(file[json.loads(line)], out)
            out.flush()


if __name__ == "__main__":
    main()
