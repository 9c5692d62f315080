"""Sounds: what is read, what TensorBoard plays, and what damaged ones become."""

from __future__ import annotations

import io
import struct
import wave
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers import tbhttp
from PIL import Image as Pillow
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import tbingest
from tbingest.formats.media import audio
from tbingest.model.charts import Plot
from tbingest.model.points import Audio, Points
from tbingest.model.rows import Problem

if TYPE_CHECKING:
    from pathlib import Path


def wav(
    samples: bytes, bits: int = 16, channels: int = 1, code: int = 1, rate: int = 8000
) -> bytes:
    frame = channels * bits // 8
    header = struct.pack("<HHIIHH", code, channels, rate, rate * frame, frame, bits)
    chunks = b"fmt " + struct.pack("<I", 16) + header
    chunks += b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


TONE = np.arange(100, dtype="<i2").tobytes()


def read(data: bytes) -> list[Any]:
    reader = audio.Wave()
    return [*reader.feed(data), *reader.close()]


def sound(data: bytes) -> Any:
    (rows,) = read(data)
    (value,) = rows.columns[""]
    assert isinstance(value, Audio)
    return value


@pytest.mark.parametrize(("bits", "code"), [(8, 1), (16, 1), (24, 1), (32, 1), (32, 3), (64, 3)])
def test_sounds_of_every_width_keep_their_samples(bits: int, code: int) -> None:
    value = sound(wav(bytes(240), bits=bits, channels=2, code=code))
    assert (value.rate, value.channels, value.frames) == (8000, 2, 240 * 8 // bits // 2)
    assert value.data == wav(bytes(240), bits=bits, channels=2, code=code)


def test_other_chunks_are_left_out_and_the_sound_can_be_played() -> None:
    listed = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    value = sound(wav(TONE).replace(b"data", listed + b"data"))
    with wave.open(io.BytesIO(value.data)) as played:
        assert played.readframes(1000) == TONE


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_sound_of_unsaid_length_goes_to_the_end(size: int) -> None:
    streamed = wav(TONE).replace(struct.pack("<I", len(TONE)), struct.pack("<I", size))
    assert sound(streamed).frames == 100


def test_a_long_sound_is_cut_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "_MOST", 101)
    note, rows = read(wav(TONE, rate=10))
    assert note == Problem("", None, None, "a sound of 10 s is cut after 5 s")
    assert rows.columns[""][0].data == wav(TONE[:100], rate=10)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (wav(TONE)[:-1], "a sound that is cut off"),
        (wav(TONE)[:40], "a sound without samples"),
        (wav(b""), "a sound of no length"),
        (wav(TONE, code=99, bits=8), "a sound of 8-bit samples in WAV encoding 99"),
        (wav(TONE, channels=0), "a sound of 0 channels at 8,000 Hz"),
        (wav(TONE, rate=0), "a sound of 1 channels at 0 Hz"),
        (b"RIFF\0\0\0\0WAVE", "a sound without samples"),
        (b"RIFF\0\0\0\0WAVEdata\4\0\0\0abcd", "a sound whose header says no format"),
    ],
)
def test_a_damaged_sound_is_a_problem(data: bytes, what: str) -> None:
    (problem,) = read(data)
    assert (problem.what, problem.values) == (what, 1)


def test_no_cut_of_a_sound_raises() -> None:
    whole = wav(TONE, channels=2)
    for end in range(len(whole)):
        assert all(isinstance(found, Problem) for found in read(whole[:end]))


@pytest.mark.parametrize("fast", ["true", "false"])
def test_both_loaders_play_the_sound_of_a_step(tmp_path: Path, fast: str) -> None:
    (tmp_path / "logs" / "exp").mkdir(parents=True)
    (tmp_path / "logs" / "exp" / "loss.csv").write_text("step,loss\n7,1\n")
    (tmp_path / "logs" / "exp" / "voice_step_7.wav").write_bytes(wav(TONE))
    report = tbingest.convert(tmp_path / "logs", tmp_path / "runs")
    assert sum(source.written["audio"] for source in report.sources) == 1
    loaded = EventAccumulator(str(tmp_path / "runs" / "exp")).Reload()
    assert loaded.Tags()["tensors"] + loaded.Tags()["audio"] == ["voice"]
    with tbhttp.tensorboard(tmp_path / "runs", fast) as url:
        entry: Any = tbhttp.wait_for(
            lambda: tbhttp.get_json(
                url, "/data/plugin/audio/audio", run="exp", tag="voice", sample=0
            )
        )
        assert [one["step"] for one in entry] == [7]
        played = tbhttp.get(url, "/data/plugin/audio/individualAudio", **blob(entry[0]["query"]))
        assert played == wav(TONE)


@pytest.mark.parametrize("fast", ["true", "false"])
def test_no_name_hides_a_picture_or_a_sound(tmp_path: Path, fast: str) -> None:
    """A quote, a backslash, other alphabets: whatever is listed can be fetched in both loaders."""
    odd = 'say "$\\badcmd$" 重み \U0001f600'
    folder = tmp_path / "logs" / odd
    folder.mkdir(parents=True)
    (folder / "loss.csv").write_text("step,loss\n7,1\n8,2\n")
    Pillow.new("RGB", (9, 9)).save(folder / f"{odd}_step_7.png")
    (folder / f"{odd}_step_7.wav").write_bytes(wav(TONE))
    options = tbingest.Options(own_plots=(Plot(odd, "line", ("loss",)),))
    tbingest.convert(tmp_path / "logs", tmp_path / "runs", options)
    with tbhttp.tensorboard(tmp_path / "runs", fast) as url:
        listed: Any = tbhttp.wait_for(lambda: tbhttp.tags(url, "images"))
        ((run, pictures),) = listed.items()
        assert len(pictures) == 3
        for tag in pictures:
            (entry,) = tbhttp.images(url, run, tag)
            assert tbhttp.image_bytes(url, entry["query"]).startswith(b"\x89PNG")
        ((run, sounds),) = tbhttp.tags(url, "audio").items()
        (tag,) = sounds
        (entry,) = tbhttp.get_json(url, "/data/plugin/audio/audio", run=run, tag=tag, sample=0)
        played = tbhttp.get(url, "/data/plugin/audio/individualAudio", **blob(entry["query"]))
        assert played == wav(TONE)


def blob(query: str) -> dict[str, str]:
    """The query of one sound as TensorBoard names it."""
    from urllib.parse import parse_qsl

    return dict(parse_qsl(query))


class Heard:
    """A SummaryWriter that keeps the sounds it is given."""

    def __init__(self) -> None:
        self.sounds: list[tuple[Any, ...]] = []

    def add_audio(self, tag: str, samples: Any, step: int, rate: int, walltime: float) -> None:
        self.sounds.append((tag, samples.tolist(), step, rate, walltime))


@pytest.mark.parametrize(
    ("samples", "bits", "code"),
    [
        (b"\xc0\x40", 8, 1),
        (b"\0\x40\0\xc0", 16, 1),
        (b"\0\0\x40\0\0\xc0", 24, 1),
        (b"\0\0\0\x40\0\0\0\xc0", 32, 1),
        (struct.pack("<2f", 0.5, -0.5), 32, 3),
        (struct.pack("<2d", 0.5, -0.5), 64, 3),
    ],
)
def test_a_writer_is_given_the_samples(samples: bytes, bits: int, code: int) -> None:
    value = sound(wav(samples, bits=bits, code=code))
    stamps = np.array([3]), np.array([9.0])
    writer: Any = Heard()
    tbingest.replay([Points("", "audio", ("a",), *stamps, [(value,)], np.array([1]))], writer)
    assert writer.sounds == [("a", [0.5, -0.5], 3, 8000, 9.0)]
