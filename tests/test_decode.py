"""Event files of any writer are read without TensorBoard, damaged ones as far as they go."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboardX import SummaryWriter
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.proto.tensor_pb2 import TensorProto
from tensorboardX.proto.tensor_shape_pb2 import TensorShapeProto

from tbingest.cli import run
from tbingest.errors import SourceError
from tbingest.events.crc import masked_crc
from tbingest.events.decode import scalars


def record(event: Event) -> bytes:
    """An event as a file holds it."""
    data = event.SerializeToString()
    length = struct.pack("<Q", len(data))
    footer = struct.pack("<I", masked_crc(data))
    return length + struct.pack("<I", masked_crc(length)) + data + footer


def event(step: int, tensor: TensorProto | None = None, value: float = 0.0) -> Event:
    """One scalar, as TensorFlow 2 or as all others write it."""
    held = (
        Summary.Value(tag="loss", tensor=tensor)
        if tensor
        else Summary.Value(tag="loss", simple_value=value)
    )
    return Event(step=step, wall_time=1.5, summary=Summary(value=[held]))


def tensor(dtype: int, **held: Any) -> TensorProto:
    return TensorProto(dtype=dtype, tensor_shape=TensorShapeProto(), **held)


def read(data: bytes, size: int = 7) -> list[tuple[int, float]]:
    """(step, value) of each scalar, read in small pieces."""
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return [(one.step, one.value) for one in scalars(pieces)]


@pytest.mark.parametrize(
    "made",
    [
        tensor(1, float_val=[0.5]),
        tensor(1, tensor_content=struct.pack("<f", 0.5)),
        tensor(2, double_val=[0.5]),
        tensor(2, tensor_content=struct.pack("<d", 0.5)),
        tensor(19, tensor_content=np.float16(0.5).tobytes()),
    ],
)
def test_a_scalar_of_tensorflow_2_is_a_value(made: TensorProto) -> None:
    """Of single, double and half precision, in either field."""
    assert read(record(event(3, made))) == [(3, 0.5)]


def test_tensors_that_are_no_scalars_are_passed_over() -> None:
    """Vectors, texts, and those that hold nothing."""
    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=2)])
    vector = TensorProto(dtype=1, tensor_shape=shape, float_val=[1.0, 2.0])
    some = [vector, tensor(7, string_val=[b"text"]), tensor(1)]
    assert read(b"".join(record(event(1, one)) for one in some)) == []


def test_what_tensorboardx_wrote_is_read(tmp_path: Path) -> None:
    """Scalars of several tags, beside texts and histograms, and steps below zero."""
    writer = SummaryWriter(str(tmp_path), write_to_disk=True)
    for step in range(-2, 20):
        writer.add_scalar("train/loss", step / 4, step)
    writer.add_histogram("weights", np.arange(9.0), 1)
    writer.add_text("note", "hello", 1)
    writer.close()
    [file] = tmp_path.iterdir()
    assert read(file.read_bytes(), 1000) == [(step, step / 4) for step in range(-2, 20)]


def test_what_torch_wrote_is_read(tmp_path: Path) -> None:
    """Where torch is installed."""
    torch = pytest.importorskip("torch.utils.tensorboard")
    writer = torch.SummaryWriter(str(tmp_path))
    for step in range(5):
        writer.add_scalar("loss", step / 4, step)
        writer.add_scalar("new", step / 4, step, new_style=True)
    writer.close()
    [file] = tmp_path.iterdir()
    assert read(file.read_bytes()) == [(step, step / 4) for step in range(5) for _ in "ab"]


def test_an_unfinished_record_ends_the_file(tmp_path: Path) -> None:
    """At whatever byte: what stands before it is there."""
    whole = record(event(1, value=0.5))
    for cut in range(len(whole)):
        assert read(whole + whole[:cut]) == [(1, 0.5)]


@pytest.mark.parametrize("place", [2, 9, 14, -2])
def test_a_damaged_record_is_an_error_after_what_stands_before_it(place: int) -> None:
    """In its length, a checksum or its data."""
    good, bad = record(event(1, value=0.5)), bytearray(record(event(2, value=0.5)))
    bad[place] ^= 64
    reading = scalars([good + bytes(bad)])
    assert next(reading).step == 1
    with pytest.raises(SourceError, match="record 2 is damaged"):
        next(reading)


def test_a_record_that_is_no_event_is_an_error() -> None:
    """Though its checksums are right."""
    data = b"\xff" * 12
    length = struct.pack("<Q", len(data))
    framed = length + struct.pack("<I", masked_crc(length)) + data
    with pytest.raises(SourceError, match="record 1 is no event"):
        read(framed + struct.pack("<I", masked_crc(data)))


@pytest.mark.parametrize("damage", ["cut", "broken"])
def test_a_damaged_file_fails_and_the_others_are_checked(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named, once; the values of all files are judged."""
    monkeypatch.chdir(tmp_path)
    good = b"".join(record(event(step, value=0.5)) for step in range(3))
    bad = good[:-5] if damage == "cut" else good[:-10] + b"?" + good[-9:]
    for name, data in (("one", good), ("two", bad)):
        Path("runs", name).mkdir(parents=True)
        Path("runs", name, "events.out.tfevents.1.host").write_bytes(data)
    assert run(["check", "runs", "--max", "loss=0.1"]) == 1
    out = capsys.readouterr().out
    assert out.count("runs/two/events.out.tfevents.1.host: ") == 2
    for name, step in (("one", 2), ("two", 1)):
        assert f"{name} loss at step {step}: last 0.5 is above 0.1" in out
