"""Weights in HDF5: Keras' `model.weights.h5`, old whole models, and any other tree of arrays.

layers/dense/vars/0                                     Keras 3
model_weights/dense/sequential/dense/kernel             whole models before
dense/dense/kernel:0                                    weight files of Keras 1 and 2

A corrupt file can bring the C library down, so it runs in a process of its own, which can open no
other file: see `hdf5_child.py`. Only hard links are followed; datasets that keep their numbers in
other files are named and left out. Numbers that lie side by side are read in place.
"""

from __future__ import annotations

import json
import math
import os
import select
import subprocess
import sys
import weakref
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.errors import SourceError
from tbingest.formats.checkpoints.npy import Header, array_tensors
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem
from tbingest.model.tensors import Dump, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from tbingest.model.tensors import Opener

SIGNATURE = b"\x89HDF\r\n\x1a\n"
NEEDED = "needs h5py: pip install h5py"
_SECONDS = 60
_PIECE = 1 << 20
_LONGEST_LINE = 1 << 20
_LONGEST_PIECE = 64 << 20
_FREE = 64 << 20
_MAX_RATIO = 1100  # zeros, packed as tightly as deflate can
_CHILD = Path(__file__).with_name("hdf5_child.py")


def dump(open_: Opener, _: str) -> Dump:
    """Every dataset of numbers."""
    return held(open_)


def held(open_: Opener, begin: int = 0, size: int = -1) -> Dump:
    """The same, of an HDF5 file that lies within another one, uncompressed."""
    if find_spec("h5py") is None:
        return Dump(refused=NEEDED)
    if os.name != "posix":
        return Dump(
            refused="an HDF5 file, which is read in a process that only Linux and macOS confine"
        )
    child = _Child(open_, begin, size)
    tensors: list[Tensor] = []
    problems: list[Problem] = []
    facts: dict[str, bool | float | str] = {}
    step, step_from = None, ""
    for said in child.listing():
        match said:
            case {"facts": dict(found)}:
                facts |= {str(name): value for name, value in found.items() if _is_plain(value)}
            case {"path": str(path), "refused": str(why)}:
                problems.append(Problem("", None, None, f"{path}: {why}", values=1))
            case {"path": str(path)}:
                try:
                    tensors += _tensors(path, said, child, open_, begin)
                except SourceError as error:
                    problems.append(Problem("", None, None, f"{path}: {error.message}", values=1))
                if type(said.get("step")) is int and step is None:
                    step, step_from = said["step"], path
            case _:
                raise _odd()
    return Dump(tensors, problems, step, step_from, facts)


def _is_plain(value: Any) -> bool:
    return isinstance(value, bool | int | float | str)


def _tensors(
    path: str, said: dict[str, Any], child: _Child, open_: Opener, begin: int
) -> tuple[Tensor, ...]:
    """The tensors of a dataset, of which a process said what it is that no one need believe."""
    shape, dtype = _kind(said)
    offset, stored = said.get("offset"), said.get("stored")
    if not isinstance(stored, int):
        raise _odd()
    count = math.prod(shape)
    if count * dtype.itemsize > max(_FREE, _MAX_RATIO * stored):
        raise SourceError(f"says {count:,} numbers, of which the file holds next to nothing")
    if type(offset) is int and offset >= 0 and stored == count * dtype.itemsize:
        header = Header(shape, dtype, "C", begin + offset)
        return array_tensors(path, header, open_)
    plain = dtype.newbyteorder("<")
    parts = (("/real", "real"), ("/imag", "imag")) if dtype.kind == "c" else (("", ""),)

    def numbers(side: str) -> Callable[[], Iterator[NDArray[Any]]]:
        def pieces() -> Iterator[NDArray[Any]]:
            for piece in child.pieces(path, count, plain):
                yield getattr(piece, side) if side else piece

        return pieces

    return tuple(Tensor(f"{path}{name}", shape, dtype.name, numbers(side)) for name, side in parts)


def _kind(said: dict[str, Any]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """(shape, type) of a dataset of numbers."""
    shape = said.get("shape")
    try:
        dtype = np.dtype(said.get("dtype", ""))
    except TypeError as error:
        raise _odd() from error
    if not isinstance(shape, list) or dtype.kind not in "biufc":
        raise _odd()
    if not all(type(part) is int and part >= 0 for part in shape):
        raise _odd()
    return tuple(shape), dtype


class _Child:
    """The process that reads the file; it is started when it is asked, and ends with this."""

    def __init__(self, open_: Opener, begin: int, size: int) -> None:
        self._open, self._begin, self._size = open_, begin, size
        self._process: subprocess.Popen[bytes] | None = None
        self._ahead = b""

    def listing(self) -> Iterator[Any]:
        """What it says of each dataset. Raises SourceError where it does not, or dies."""
        self._start()
        while line := self._line():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError) as error:
                raise _odd() from error

    def pieces(self, path: str, count: int, dtype: np.dtype[Any]) -> Iterator[NDArray[Any]]:
        """The numbers of a dataset, as many as it said."""
        if self._process is None:
            for _ in self.listing():
                pass
        self._ask(path)
        missing = count * dtype.itemsize
        try:
            while size := int.from_bytes(self._exactly(8), "little", signed=True):
                _check(0 < size <= min(missing, _LONGEST_PIECE) and not size % dtype.itemsize)
                missing -= size
                yield np.frombuffer(self._exactly(size), dtype)
        except BaseException:
            self._stop()  # the rest of its answer would be taken for the next one
            raise
        if missing:
            raise SourceError("ends before its last number", "was it copied completely?")

    def _start(self) -> None:
        with self._open() as stream:
            try:
                handle = stream.fileno()
            except (AttributeError, OSError) as error:
                what = "is compressed as a whole and cannot be searched"
                raise SourceError(what, "unpack it first") from error
            size = self._size if self._size >= 0 else os.fstat(handle).st_size
            command = [sys.executable, "-I", str(_CHILD), str(handle), str(self._begin), str(size)]
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=(handle,),
                env={"HDF5_PLUGIN_PATH": "/nonexistent", "HDF5_USE_FILE_LOCKING": "FALSE"},
            )
        self._ahead = b""
        weakref.finalize(self, _end, self._process)

    def _stop(self) -> None:
        if self._process:
            _end(self._process)
        self._process = None

    def _ask(self, path: str) -> None:
        try:
            if self._process and self._process.stdin:
                self._process.stdin.write(json.dumps(path).encode() + b"\n")
        except OSError as error:
            self._stop()
            raise _odd() from error

    def _more(self) -> None:
        """Read ahead. Raises SourceError where nothing comes."""
        answer = self._process and self._process.stdout
        if not answer:
            raise _odd()
        if not select.select([answer], [], [], _SECONDS)[0]:
            self._stop()
            raise SourceError(f"took the HDF5 library more than {_SECONDS} s", "is it damaged?")
        piece = os.read(answer.fileno(), _PIECE)
        if not piece:
            self._stop()
            raise _odd()
        self._ahead += piece

    def _line(self) -> bytes:
        while (end := self._ahead.find(b"\n")) < 0:
            if len(self._ahead) > _LONGEST_LINE:
                raise _odd()
            self._more()
        line, self._ahead = self._ahead[:end], self._ahead[end + 1 :]
        return line

    def _exactly(self, size: int) -> bytes:
        while len(self._ahead) < size:
            self._more()
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        return data


def _check(right: bool) -> None:  # noqa: FBT001 - as assert has it
    if not right:
        raise SourceError("cannot be read: the HDF5 library reports damage")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for stream in (process.stdin, process.stdout):
        if stream:
            stream.close()
    process.wait()


def _odd() -> SourceError:
    return SourceError("no HDF5 file that the library can read", "was it copied completely?")


def detect(head: Head) -> Evidence:
    """By its signature, which may stand behind a block of the user's own."""
    places = (0, 512, 1024, 2048, 4096, 8192, 16384, 32768)
    found = any(head.data.startswith(SIGNATURE, place) for place in places)
    return Evidence(0.99 if found else 0.0, "an HDF5 file" if found else "no HDF5 file")


FORMAT = Format(
    name="hdf5",
    about="weights of Keras and other arrays in HDF5, as histograms",
    sample="layers/dense/vars/0",
    detect=detect,
    dump=dump,
    rewritten=True,
    fields=Fields(step_from_name=True),
)
