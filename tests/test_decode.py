"""Event files of any writer are read without TensorBoard, damaged ones as far as they go."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import crc32c
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboardX import SummaryWriter
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.proto.tensor_pb2 import TensorProto
from tensorboardX.proto.tensor_shape_pb2 import TensorShapeProto

from tbingest.cli import run
from tbingest.errors import SourceError
from tbingest.events.crc import masked_crc, masked_crcs_of_parts
from tbingest.events.decode import columns

plain_crc = crc32c.crc32c


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
    return [(step, value) for _, _, step, value in found(data, size)]


def found(data: bytes, size: int) -> list[tuple[int, str, int, float]]:
    """(number of the event, tag, step, value) of each scalar, read in pieces of this size."""
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return sorted(
        (place, tag, step, value)
        for batch in columns(pieces)
        for one in batch
        for place, step, row in zip(
            one.places.tolist(), one.steps.tolist(), one.values.tolist(), strict=True
        )
        for tag, value in zip(one.tags, row, strict=True)
    )


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


def test_an_unfinished_record_is_said_after_what_stands_before_it() -> None:
    """At whatever byte."""
    whole = record(event(1, value=0.5))
    for cut in range(1, len(whole)):
        reading = columns([whole + whole[:cut]])
        assert next(reading)[0].steps.tolist() == [1]
        said = f"ends in the middle of a record: {cut} bytes from byte {len(whole)}"
        with pytest.raises(SourceError, match=said):
            next(reading)


TAGS = ["a", "b", "train/loss", "x" * 200]
KINDS = st.sampled_from(["plain", "tensor", "double", "text", "nothing", "two"])
EVENTS = st.lists(
    st.tuples(
        KINDS,
        st.sampled_from([0, 1, 127, 128, 1 << 40, -3]) | st.integers(0, 300),
        st.floats(width=32, allow_nan=False),
        st.sampled_from(TAGS),
        st.sampled_from([0.0, 1.5, 2e9]),
    ),
    max_size=60,
)


def made(kind: str, step: int, value: float, tag: str, wall: float) -> Event:
    """An event of some kind, whose scalars a protobuf library can tell."""
    held = {
        "plain": [Summary.Value(tag=tag, simple_value=value)],
        "two": [Summary.Value(tag=one, simple_value=value) for one in (tag, "other")],
        "tensor": [Summary.Value(tag=tag, tensor=tensor(1, float_val=[value]))],
        "double": [Summary.Value(tag=tag, tensor=tensor(2, double_val=[value]))],
        "text": [Summary.Value(tag=tag, tensor=tensor(7, string_val=[b"text"]))],
        "nothing": [],
    }[kind]
    return Event(step=step, wall_time=wall, summary=Summary(value=held))


@given(EVENTS, st.sampled_from([11, 997, 1 << 20]), st.integers(1, 12))
def test_events_of_many_kinds_are_read_as_they_were_made(
    some: list[tuple[str, int, float, str, float]], size: int, times: int
) -> None:
    """Alone or by the dozen: those that are alike are read together."""
    events = [made(*one) for one in some] * times
    expected = [
        (
            place,
            value.tag,
            one.step,
            value.simple_value or (value.tensor.float_val or value.tensor.double_val or [0.0])[0],
        )
        for place, one in enumerate(events)
        for value in one.summary.value
        if value.tensor.dtype != 7
    ]
    assert found(b"".join(map(record, events)), size) == sorted(expected)


def test_events_alike_with_a_damaged_one_are_read_but_for_it() -> None:
    """However many stand around it in one piece."""
    good = b"".join(record(event(step, value=step / 4)) for step in range(100))
    bad = bytearray(record(event(100, value=0.5)))
    bad[-6] ^= 1
    reading = columns([good + bytes(bad) + good])
    assert sum(len(one.steps) for one in next(reading)) == 200
    where = f"damaged at byte {len(good):,}: {len(bad) - 16} bytes have a wrong checksum"
    with pytest.raises(SourceError, match=where):
        next(reading)


@pytest.mark.parametrize("place", [2, 9, 14, -2])
def test_a_damaged_record_is_an_error_after_all_that_can_be_read(place: int) -> None:
    """In its length, a checksum or its data."""
    good, bad = record(event(1, value=0.5)), bytearray(record(event(2, value=0.5)))
    bad[place] ^= 64
    reading = columns([good + bytes(bad)])
    assert next(reading)[0].steps.tolist() == [1]
    with pytest.raises(SourceError, match=f"damaged at byte {len(good)}: "):
        next(reading)


def test_a_record_that_is_no_event_is_an_error() -> None:
    """Though its checksums are right."""
    data = b"\xff" * 12
    length = struct.pack("<Q", len(data))
    framed = length + struct.pack("<I", masked_crc(length)) + data
    with pytest.raises(SourceError, match="record 1 is not an event"):
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


@given(st.integers(1, 90), st.sets(st.integers(0, 89), max_size=6), st.sampled_from([3, 60, 400]))
def test_checksums_of_many_parts_are_those_of_each(
    length: int, differing: set[int], count: int
) -> None:
    """Parts of one length that differ in some bytes, behind one of another length."""
    rng = np.random.default_rng(length)
    parts = np.tile(rng.integers(0, 256, length, np.uint8), (count, 1))
    for place in differing & set(range(length)):
        parts[:, place] = rng.integers(0, 256, count)
    data = b"another" + parts.tobytes() + b"rest"
    starts = np.append(0, 7 + length * np.arange(count))
    lengths = np.append(7, np.full(count, length))

    sums = masked_crcs_of_parts(data, starts, lengths)

    assert sums.tolist() == [masked_crc(b"another"), *map(masked_crc, parts)]


def test_records_that_are_alike_are_checked_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call of the checksum for each of them is half the time of reading them."""
    data = b"".join(record(event(step, value=step / 7)) for step in range(4_000))
    calls = []
    monkeypatch.setattr(crc32c, "crc32c", lambda *given: calls.append(given) or plain_crc(*given))

    assert len(read(data, len(data))) == 4_000
    assert len(calls) < 400
