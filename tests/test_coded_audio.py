"""Sounds that soundfile decodes: the samples of the WAV file, in bounds, or a reason."""

from __future__ import annotations

import io
import sys
import wave
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import tbingest
from tbingest.formats.media import audio, audio_coded
from tbingest.model.contracts import Head
from tbingest.model.points import Audio
from tbingest.model.rows import Problem

if TYPE_CHECKING:
    from pathlib import Path

soundfile = pytest.importorskip("soundfile")
PLAIN = tbingest.Options(plots="none")
RATE = 8_000
TONE = np.rint(12_000 * np.sin(np.arange(2 * RATE) / 9)).astype("<i2").reshape(-1, 2)


def coded(form: str, samples: Any = TONE, **how: Any) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, samples, RATE, format=form, **how)
    return stream.getvalue()


def read(data: bytes) -> list[Any]:
    reader = audio.FORMAT.reader(Head("a", data[:65536], len(data)))
    return [*reader.feed(data), *reader.close()]


def sound(data: bytes) -> Audio:
    (rows,) = read(data)
    (value,) = rows.columns[""]
    assert isinstance(value, Audio)
    return value


def samples(value: Audio) -> np.ndarray:
    with wave.open(io.BytesIO(value.data)) as played:
        assert (played.getsampwidth(), played.getframerate()) == (2, value.rate)
        found = np.frombuffer(played.readframes(1 << 30), "<i2")
    return found.reshape(-1, value.channels)


@pytest.mark.parametrize("form", ["FLAC", "AIFF", "AU", "CAF", "W64", "RF64"])
def test_what_loses_nothing_gives_the_same_samples(form: str) -> None:
    """The WAV file of a FLAC sound is that of the sound itself, byte by byte."""
    value = sound(coded(form))
    assert (value.rate, value.channels, value.frames) == (RATE, 2, len(TONE))
    assert np.array_equal(samples(value), TONE)
    assert value == sound(coded("WAV"))


@pytest.mark.parametrize(("form", "how"), [("OGG", {}), ("MP3", {}), ("OGG", {"subtype": "OPUS"})])
def test_what_loses_a_little_gives_what_the_library_decodes(form: str, how: Any) -> None:
    """But for the last bit, which the library cuts and we round."""
    data = coded(form, **how)
    wanted, _ = soundfile.read(io.BytesIO(data), dtype="int16")
    found = samples(sound(data))
    assert found.shape == wanted.shape
    assert np.abs(found.astype(int) - wanted).max() <= 1
    assert found.std() > 5_000


@pytest.mark.parametrize("subtype", ["ALAW", "ULAW", "IMA_ADPCM"])
def test_coded_wav_files_are_decoded(subtype: str) -> None:
    found = samples(sound(coded("WAV", TONE[:, :1], subtype=subtype)))[: len(TONE)]
    assert np.abs(found[:, 0].astype(int) - TONE[:, 0]).mean() < 600


def test_deep_samples_are_rounded_and_loud_ones_cut() -> None:
    deep = np.asarray([0.5, -0.5, 2.0, -2.0, np.nan])
    assert samples(sound(coded("CAF", deep, subtype="DOUBLE")))[:, 0].tolist() == [
        *(16384, -16384, 32767, -32768, 0),
    ]


def test_a_long_sound_is_cut_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not even decoded further."""
    monkeypatch.setattr(audio, "_MOST", 4 * RATE // 2)
    note, rows = read(coded("FLAC", np.tile(TONE, (4, 1))))
    assert note == Problem("", None, None, "a sound of 4 s is cut after 0 s")
    assert rows.columns[""][0].frames == RATE // 2


def test_a_damaged_sound_is_a_problem() -> None:
    """However it is cut: something of it, or a reason; never an exception."""
    for form in ("FLAC", "OGG", "MP3", "AIFF"):
        data = coded(form)
        for end in (5, 40, 200, len(data) // 2):
            for found in read(data[:end]):
                assert not isinstance(found, Problem) or found.values == 1
    (problem,) = read(coded("FLAC")[:3000])
    assert problem.what in {"a sound that is cut off", "a sound that cannot be decoded"}


def test_every_form_is_known_by_its_content() -> None:
    for form in ("FLAC", "OGG", "AIFF", "AU", "CAF", "W64", "RF64"):
        data = coded(form)
        assert audio.detect(Head("a.bin", data[:65536], len(data))).confidence > 0.9, form
    data = coded("MP3")
    assert audio.detect(Head("a.mp3", data[:65536], len(data))).confidence > 0.9
    assert audio.detect(Head("a.mp3", b"loss 1\n", 7)).confidence == 0


def test_sounds_of_a_folder_are_converted(tmp_path: Path) -> None:
    (tmp_path / "logs" / "exp").mkdir(parents=True)
    for step, form in ((1, "FLAC"), (2, "OGG"), (3, "MP3")):
        name = f"voice_step_{step}.{form.lower()}"
        (tmp_path / "logs" / "exp" / name).write_bytes(coded(form))
    (tmp_path / "logs" / "exp" / "loss.csv").write_text("step,loss\n1,1\n")
    report = tbingest.convert(tmp_path / "logs", tmp_path / "runs", PLAIN)
    assert sum(source.written["audio"] for source in report.sources) == 3
    assert not report.problem_count


def test_without_soundfile_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing is remembered: once it is installed, the sound is read."""
    (tmp_path / "a_step_1.flac").write_bytes(coded("FLAC"))
    (tmp_path / "loss.csv").write_text("step,loss\n1,1\n")
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "soundfile", None)
        without.setattr(audio_coded, "find_spec", lambda _: None)
        report = tbingest.convert(tmp_path, tmp_path / "runs", PLAIN)
        assert [one.reason for one in report.ignored] == [
            "a sound (FLAC), which needs soundfile: pip install soundfile"
        ]
        (problem,) = read(coded("FLAC"))
        assert problem.what == "a sound that needs soundfile: pip install soundfile"
    report = tbingest.convert(tmp_path, tmp_path / "runs", PLAIN)
    assert sum(source.written["audio"] for source in report.sources) == 1
