"""Sample logs of media: the curves are those of a small network."""

from __future__ import annotations

import io
import struct
import wave
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


_RATE = 4_000


_SIDE = 32


def sounds(root: Path, expected: Expected) -> None:
    """A `loss.csv` and three sounds of a quarter of a second."""
    run = "formats/media/audio"
    folder = root / run / "samples"
    folder.mkdir(parents=True, exist_ok=True)
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


def pictures(root: Path, expected: Expected) -> None:
    """Four rings that a model learns to draw, and where it is unsure, at each of three epochs."""
    run = "formats/media/image"
    lines = ["epoch,loss"]
    for epoch, loss in ((1, 0.5), (2, 0.25), (3, 0.125)):
        expected.scalar(run, "loss", epoch, loss)
        lines.append(f"{epoch},{loss}")
        folder = root / run / f"epoch_{epoch}"
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(4):
            (folder / f"sample_{number}.png").write_bytes(png(ring(5 + 2 * number, 8 * loss)))
        size = 2 * _SIDE + 3 * 4
        # A line of 11 pixels and 2 of room for the captions of each row.
        grid = {"width": size, "height": size + 2 * 13}
        expected.point(run, "sample", "image", epoch, grid)
        expected.file(folder / "sample_0.png and 3 more", 1)
        data = png(255 - ring(8, 16 * loss))
        (folder / "doubt.png").write_bytes(data)
        shown = {"width": _SIDE, "height": _SIDE, "bytes": len(data)}
        expected.point(run, "doubt", "image", epoch, shown)
        expected.file(folder / "doubt.png", 1)
    path = root / run / "loss.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    expected.file(path, 3)


def generated(root: Path, expected: Expected) -> None:
    """Two prompts at each of two steps, named as kohya's sd-scripts do."""
    run = "formats/media/generated"
    lines = ["step,loss"]
    for step, loss in ((100, 0.5), (200, 0.25)):
        expected.scalar(run, "loss", step, loss)
        lines.append(f"{step},{loss}")
        folder = root / run / "sample"
        folder.mkdir(parents=True, exist_ok=True)
        for prompt in (0, 1):
            name = f"rings_{step:06d}_{prompt:02d}_2026052820264{prompt}_42.png"
            (folder / name).write_bytes(png(ring(5 + 4 * prompt, 8 * loss)))
        grid = {"width": 2 * _SIDE + 3 * 4, "height": _SIDE + 2 * 4 + 13}
        expected.point(run, "sample/rings", "image", step, grid)
        first = f"rings_{step:06d}_00_20260528202640_42.png and 1 more"
        expected.file(folder / first, 1)
    path = root / run / "loss.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    expected.file(path, 2)


def ring(radius: float, width: float) -> np.ndarray:
    """(32, 32) greys: a bright circle that is `width` pixels thick."""
    places = np.hypot(*np.mgrid[:_SIDE, :_SIDE] - (_SIDE - 1) / 2)
    return (255 * np.clip(1 - np.abs(places - radius) / width, 0, 1)).astype(np.uint8)


def png(greys: np.ndarray) -> bytes:
    """Of 8 bits."""
    stream = io.BytesIO()
    Image.fromarray(greys).save(stream, "PNG")
    return stream.getvalue()


def shapes(root: Path, expected: Expected) -> None:
    """A ball that turns into a star: a coloured `.ply` for each of three steps, one `.obj`."""
    run = "formats/media/mesh"
    folder = root / run / "shapes"
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["step,loss"]
    for place, step in enumerate((100, 200, 300)):
        expected.scalar(run, "loss", step, 0.5**place)
        lines.append(f"{step},{0.5**place}")
        vertices, faces = ball(0.25 * place)
        colours = ((vertices + 1.5) / 3 * 255).clip(0, 255).astype(np.uint8)
        path = folder / f"ball_step_{step:06d}.ply"
        path.write_bytes(ply(vertices, faces, colours))
        expected.point(run, "shapes/ball", "mesh", step, {"vertices": 98, "faces": 192})
        expected.file(path, 1)
    vertices, faces = ball(0.0)
    text = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in vertices.tolist()]
    text += [f"f {a} {b} {c}" for a, b, c in (faces + 1).tolist()]
    path = folder / "plain.obj"
    path.write_text("# a ball\n" + "\n".join(text) + "\n", newline="\n")
    expected.point(run, "shapes/plain", "mesh", 0, {"vertices": 98, "faces": 192})
    expected.file(path, 1)
    path = root / run / "loss.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    expected.file(path, 3)


def ball(bumps: float) -> tuple[np.ndarray, np.ndarray]:
    """(98, 3) places and (192, 3) corners: eight rings of twelve between two poles."""
    down, around = np.meshgrid(
        np.arange(1, 9) / 9 * np.pi, np.arange(12) / 6 * np.pi, indexing="ij"
    )
    radius = 1 + bumps * np.cos(3 * around) * np.sin(down)
    rings = np.stack(
        (np.sin(down) * np.cos(around), np.cos(down), np.sin(down) * np.sin(around)), axis=-1
    )
    places = np.concatenate((((rings * radius[..., None]).reshape(-1, 3)), [[0, 1, 0], [0, -1, 0]]))
    corners = []
    for ring in range(7):
        for at in range(12):
            a, b = ring * 12 + at, ring * 12 + (at + 1) % 12
            corners += [(a, b, a + 12), (b, b + 12, a + 12)]
    for at in range(12):
        corners += [(96, (at + 1) % 12, at), (97, 84 + at, 84 + (at + 1) % 12)]
    return places.astype("<f4"), np.asarray(corners, "<i4")


def ply(vertices: np.ndarray, faces: np.ndarray, colours: np.ndarray) -> bytes:
    """Binary PLY."""
    header = [
        "ply",
        "format binary_little_endian 1.0",
        f"element vertex {len(vertices)}",
        *(f"property float {name}" for name in "xyz"),
        *(f"property uchar {name}" for name in ("red", "green", "blue")),
        f"element face {len(faces)}",
        "property list uchar int vertex_indices",
        "end_header",
        "",
    ]
    points = b"".join(v.tobytes() + c.tobytes() for v, c in zip(vertices, colours, strict=True))
    triangles = b"".join(struct.pack("<B3i", 3, *face) for face in faces.tolist())
    return "\n".join(header).encode() + points + triangles


MAKERS = (pictures, generated, sounds, shapes)
