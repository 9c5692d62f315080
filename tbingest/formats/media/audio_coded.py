"""Sounds in other forms than plain WAV, as 16-bit samples: what soundfile's libsndfile knows.

It is no dependency: without it such a file is named, with what to install.
"""

from __future__ import annotations

import io
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from tbingest.model.contracts import Head

NEEDED = "needs soundfile: pip install soundfile"
_MAGIC = (
    ("FLAC", b"fLaC"),
    ("Ogg", b"OggS"),
    ("MP3", b"ID3"),
    ("AU", b".snd"),
    ("CAF", b"caff"),
    ("W64", b"riff\x2e\x91\xcf\x11"),
)
_FORMS = {b"AIFF": "AIFF", b"AIFC": "AIFF", b"WAVE": "RF64"}
_ESTIMATED = frozenset({"MP3", "OGG"})
_BLOCK = 1 << 16
_FULL = 32_768


class Decoded(NamedTuple):
    """Samples of 16 bits, little-endian, at most as many as were asked for; `frames`: of it all."""

    channels: int
    rate: int
    samples: bytes
    frames: int


def form_of(head: Head) -> str:
    """What a sound that is no WAV is called; empty where it is none."""
    data = head.data
    for name, magic in _MAGIC:
        if data.startswith(magic):
            return name
    if data[:4] in {b"FORM", b"RF64"}:
        return _FORMS.get(data[8:12], "")
    # Eleven bits say nothing by themselves.
    frames = data[:1] == b"\xff" and data[1:2] > b"\xe0"
    return "MP3" if frames and head.basename.lower().endswith(".mp3") else ""


def refusal(head: Head) -> str:
    """Why a sound is not read though its form is known; empty where nothing is against it."""
    form = form_of(head) if find_spec("soundfile") is None else ""
    return f"a sound ({form}), which {NEEDED}" if form else ""


def decoded(data: bytes, most: int) -> Decoded | str:
    """The first `most` bytes of samples in a file, or in words why there are none.

    They are decoded block by block; what is beyond full scale is cut.
    """
    try:
        import soundfile
    except (ImportError, OSError):  # OSError: it finds no libsndfile
        return f"a sound that {NEEDED}"
    try:
        with soundfile.SoundFile(_Seekable(data)) as file:
            return _read(file, most)
    except Exception:  # noqa: BLE001 - whatever a damaged file makes of the library
        return "a sound that cannot be decoded"


class _Seekable(io.BytesIO):
    """Stays where it is for a place that no file has: damage sends the library there."""

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        try:
            return super().seek(offset, whence)
        except (OverflowError, ValueError):
            return self.tell()


def _read(file: Any, most: int) -> Decoded | str:
    wanted = most // (2 * file.channels)
    pieces: list[bytes] = []
    there = 0
    while there < wanted:
        block = file.read(min(_BLOCK, wanted - there), dtype="float32", always_2d=True)
        if not len(block):
            break
        whole = np.rint(np.nan_to_num(block) * _FULL).clip(-_FULL, _FULL - 1)
        pieces.append(whole.astype("<i2").tobytes())
        there += len(block)
    is_known = 0 < file.frames < 1 << 48 and file.format not in _ESTIMATED
    if is_known and there < min(wanted, file.frames):
        return "a sound that is cut off"
    frames = file.frames if there == wanted and file.frames < 1 << 48 else there
    return Decoded(file.channels, file.samplerate, b"".join(pieces), max(frames, there))
