"""Named NumPy arrays in a zip file: `weights_step_000100.npz`.

dense/kernel.npy
dense/bias.npy

What an array says of its size is held to what the archive holds before it is unpacked.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, cast

from tbingest.dumps.npy import tensor
from tbingest.model import Evidence, Fields, Format, Head, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tbingest.model import Tensor

_FREE = 64 << 20
_MAX_RATIO = 200
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


def tensors(open_: Callable[[], IO[bytes]], _: str) -> Iterator[Tensor | Problem]:
    """One tensor for each array of the archive."""
    try:
        with open_() as stream, zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
    except (*_DAMAGE, struct.error, ValueError) as error:
        yield Problem("", None, None, f"no zip archive: {error}", "is it complete?", values=1)
        return
    for member in members:
        name = member.filename.removesuffix(".npy")
        if member.is_dir() or name == member.filename:
            yield Problem("", None, None, f"{member.filename} is no array of the archive")
        elif member.file_size > max(_FREE, _MAX_RATIO * member.compress_size):
            what = f"{name}: unpacks to {member.file_size >> 20} MiB, which is out of proportion"
            yield Problem("", None, None, what, values=1)
        else:
            yield tensor(name, member.file_size, _opener(open_, member))


def _opener(open_: Callable[[], IO[bytes]], member: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    @contextmanager
    def opened() -> Iterator[IO[bytes]]:
        try:
            with open_() as stream, zipfile.ZipFile(stream) as archive, archive.open(member) as one:
                yield one
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
            raise OSError(f"damaged archive: {error}") from error

    return cast("Callable[[], IO[bytes]]", opened)


def detect(head: Head) -> Evidence:
    """A zip file whose first member is an array."""
    if not head.data.startswith(b"PK\x03\x04"):
        return Evidence(0.0, "no zip archive")
    length = int.from_bytes(head.data[26:28], "little")
    first = head.data[30 : 30 + length]
    found = first.endswith(b".npy")
    return Evidence(0.99 if found else 0.0, "a zip archive of NumPy arrays" if found else "no .npz")


FORMAT = Format(
    name="npz",
    about="named NumPy arrays as histograms",
    sample="weights_step_000100.npz",
    detect=detect,
    tensors=tensors,
    rewritten=True,
    fields=Fields(step_from_name=True),
)
