"""Sounds: WAV as it is; FLAC, Ogg, MP3, AIFF and others as 16-bit WAV.

samples/voice_step_000100.wav
samples/voice_step_000200.wav

Step and tag come from the file's name, as those of pictures do. At most 10 MB of a sound are
written. All but WAV with PCM or floating-point samples is decoded by soundfile, which is an extra:
`pip install soundfile`. Headers of WAV files written while the sound was still running say
a length of 0 or 4 GiB: the sound then goes to the end of the file.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tbingest.formats.media.audio_coded import decoded, form_of
from tbingest.formats.readers.documents import DocumentReader
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.points import Audio
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST = 10_000_000
_OPEN_ENDED = frozenset({0, 0xFFFFFFFF})
_EXTENSIBLE = 0xFFFE
_PCM, _FLOAT = 1, 3
_WIDTHS = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64)}
_MAX_CHANNELS = 64
_MAX_RATE = 1_000_000


class _Sound(NamedTuple):
    """What the header says, and the samples as they lie in the file; `said`: their length in it.

    total: how many frames there are, where the samples are the first of them; else 0.
    """

    code: int
    channels: int
    rate: int
    bits: int
    samples: bytes
    said: int
    total: int = 0

    @property
    def frame(self) -> int:
        return self.channels * self.bits // 8


@dataclass
class Wave(DocumentReader):
    """Gives the sound as one value."""

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """One record with the sound, and what is missing from it."""
        sound = _sound(data) if data[:4] == b"RIFF" else _coded(data)
        if isinstance(sound, str):
            yield "", Problem("", None, None, sound, "save it as 16-bit WAV", values=1)
            return
        if sound.said > len(sound.samples):
            what = "a sound that is cut off"
            yield "", Problem("", None, None, what, "is it complete?", values=1)
            return
        frames = sound.total or len(sound.samples) // sound.frame
        kept = min(frames, _MOST // sound.frame)
        if not kept:
            yield "", Problem("", None, None, "a sound of no length", values=1)
            return
        if kept < frames:
            seconds = kept / sound.rate
            what = f"a sound of {frames / sound.rate:,.0f} s is cut after {seconds:,.0f} s"
            yield "", Problem("", None, None, what)
        audio = Audio(_plain(sound, kept * sound.frame), sound.rate, sound.channels, kept)
        yield "audio", Rows({"": [audio]}, np.ones(1, np.int64))


def _sound(data: bytes) -> _Sound | str:
    """The sound in a RIFF file, or in words why it cannot be played."""
    place, layout = 12, None
    while place + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, place)
        place += 8
        if name == b"data":
            if layout is None:
                return "a sound whose header says no format"
            end = len(data) if size in _OPEN_ENDED else place + size
            said = end - place
            sound = _Sound(*layout, data[place:end], said)
            wrong = _wrong(sound)
            if wrong and sound.code not in _WIDTHS:
                coded = _coded(data)
                return wrong if isinstance(coded, str) else coded
            return wrong or sound
        if name == b"fmt " and size >= 16 and place + size <= len(data):
            code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", data, place)
            if code == _EXTENSIBLE and size >= 26:
                (code,) = struct.unpack_from("<H", data, place + 24)
            layout = (code, channels, rate, bits)
        place += size + size % 2
    return "a sound without samples"


def _coded(data: bytes) -> _Sound | str:
    """The sound in a file of another kind as 16-bit PCM, or in words why it cannot be played."""
    found = decoded(data, _MOST)
    if isinstance(found, str):
        return found
    size = len(found.samples)
    sound = _Sound(_PCM, found.channels, found.rate, 16, found.samples, size, found.frames)
    return _wrong(sound) or sound


def _wrong(sound: _Sound) -> str:
    """Why a sound cannot be played, or an empty string."""
    if sound.bits not in _WIDTHS.get(sound.code, ()):
        return f"a sound of {sound.bits}-bit samples in WAV encoding {sound.code}"
    if not (0 < sound.channels <= _MAX_CHANNELS and 0 < sound.rate <= _MAX_RATE):
        return f"a sound of {sound.channels} channels at {sound.rate:,} Hz"
    return ""


def _plain(sound: _Sound, size: int) -> bytes:
    """The first `size` bytes of samples behind the plainest header, which every browser plays."""
    second = sound.rate * sound.frame
    second = min(second, 0xFFFFFFFF)
    header = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, sound.code, sound.channels, sound.rate, second, sound.frame,
        sound.bits,
    )  # fmt: skip
    body = header + struct.pack("<4sI", b"data", size) + sound.samples[:size] + b"\0" * (size % 2)
    return struct.pack("<4sI4s", b"RIFF", 4 + len(body), b"WAVE") + body


def detect(head: Head) -> Evidence:
    """By magic."""
    if head.data[:4] == b"RIFF" and head.data[8:12] == b"WAVE":
        return Evidence(0.99, "a WAV sound")
    form = form_of(head)
    return Evidence(0.95 if form else 0.0, f"{form} sound" if form else "no sound")


FORMAT = Format(
    name="audio",
    about="sounds (WAV; with the extra `audio` FLAC, Ogg, MP3, AIFF and others)",
    sample="samples/voice_step_000100.wav",
    detect=detect,
    reader=lambda _: Wave(),
    rewritten=True,
    fields=Fields(step_from_name=True),
)
