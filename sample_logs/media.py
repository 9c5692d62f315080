"""Sounds that a training writes beside its log: a tone that falls from step to step."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected

_RATE = 4_000


def sounds(root: Path, expected: Expected) -> None:
    """A `loss.csv` and three sounds of a quarter of a second."""
    run = "formats/audio"
    folder = root / run / "samples"
    folder.mkdir(parents=True)
    lines = ["step,loss"]
    for step, loss in ((100, 0.5), (200, 0.25), (300, 0.125)):
        expected.scalar(run, "loss", step, loss)
        lines.append(f"{step},{loss}")
        tone = np.sin(2 * np.pi * 440 / (step // 100) * np.arange(_RATE // 4) / _RATE)
        path = folder / f"tone_step_{step:06d}.wav"
        path.write_bytes(wav((tone * 12_000).astype("<i2").tobytes()))
        expected.point(run, "samples/tone", "audio", step, {"rate": _RATE, "frames": _RATE // 4})
        expected.file(path, 1)
    path = root / run / "loss.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    expected.file(path, 3)


def wav(samples: bytes) -> bytes:
    """Mono samples of 16 bits as a WAV file."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(_RATE)
        writer.writeframes(samples)
    return stream.getvalue()


MAKERS = ((sounds, "formats/audio"),)
