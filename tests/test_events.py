"""The bytes of event files: equal to the protobuf library's, however the records arrive."""

from __future__ import annotations

import struct
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from crc32c import crc32c
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tensorboardX.proto import event_pb2, summary_pb2

import tbingest.events
from tbingest.events import ENCODER_VERSION, encode, file_version, records
from tbingest.model.points import Points

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tbingest.model.points import Kind

LAST_STEP = 2**63 - 1
EDGE_STEPS = [0, 1, 127, 128, 16383, 16384, 2**28, 2**56 - 1, 2**56, LAST_STEP, -1, -(2**63)]
EDGE_WALLS = [0.0, -0.0, -1.5, 1e-300, 1_700_000_000.25]
EDGE_VALUES = [0.0, -0.0, np.nan, np.inf, -np.inf, 1e39, -1e39, 1e-46, 0.1, 3.4028235e38]


def masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def framed(event: event_pb2.Event) -> bytes:
    data = bytes(event.SerializeToString(deterministic=True))
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def serialize(kind: Kind, tags: tuple[str, ...], values: Sequence[Any]) -> bytes:
    """A stand-in for the summary builders: any bytes that are a Summary will do."""
    summary = summary_pb2.Summary()
    for tag, value in zip(tags, values, strict=True):
        summary.value.add(tag=tag).tensor.string_val.append(f"{kind} {value}".encode())
    return bytes(summary.SerializeToString())


def to_float32(values: Any) -> Any:
    with np.errstate(over="ignore"):
        return np.asarray(values, np.float64).astype(np.float32)


def reference_event(points: Points, row: int) -> bytes:
    event = event_pb2.Event(wall_time=points.times[row], step=int(points.steps[row]))
    event.summary.SetInParent()
    if points.kind == "scalar":
        for tag, value in zip(points.tags, to_float32(points.values[row]).tolist(), strict=True):
            event.summary.value.add(tag=tag, simple_value=value)
    else:
        event.summary.ParseFromString(serialize(points.kind, points.tags, points.values[row]))
    return framed(event)


def reference_rewind(points: Points, row: int) -> bytes:
    step = min(int(points.steps[row]) + 1, LAST_STEP)
    event = event_pb2.Event(wall_time=points.times[row], step=step)
    event.summary.SetInParent()
    return framed(event)


def reference(batch: Sequence[Points], rewinds: Sequence[Any]) -> bytes:
    """One record after the other, with the protobuf library: slow and plain."""
    places = sorted(
        (int(order), index, row)
        for index, points in enumerate(batch)
        for row, order in enumerate(points.order)
    )
    out = bytearray()
    for _, index, row in places:
        if rewinds[index] is not None and rewinds[index][row]:
            out += reference_rewind(batch[index], row)
        out += reference_event(batch[index], row)
    return bytes(out)


def scalars(tags: Sequence[str], steps: Any, times: Any, values: Any, order: Any = None) -> Points:
    rows = len(steps)
    return Points(
        run="run",
        kind="scalar",
        tags=tuple(tags),
        steps=np.asarray(steps, np.int64),
        times=np.asarray(times, np.float64),
        values=np.asarray(values, np.float64).reshape(rows, len(tags)),
        order=np.arange(rows) if order is None else np.asarray(order, np.int64),
    )


def texts(tags: Sequence[str], steps: Any, times: Any, values: Any, order: Any) -> Points:
    return Points(
        run="run",
        kind="text",
        tags=tuple(tags),
        steps=np.asarray(steps, np.int64),
        times=np.asarray(times, np.float64),
        values=values,
        order=np.asarray(order, np.int64),
    )


def only(points: Points) -> memoryview:
    return encode([points], [None], serialize)


def cut(points: Points, start: int, stop: int) -> Points:
    rows = slice(start, stop)
    return Points(
        points.run,
        points.kind,
        points.tags,
        points.steps[rows],
        points.times[rows],
        points.values[rows],
        points.order[rows],
    )


def parsed(data: bytes | memoryview) -> Iterator[event_pb2.Event]:
    at = 0
    data = bytes(data)
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        yield event_pb2.Event.FromString(data[at + 12 : at + 12 + length])
        at += 16 + length


def random_steps(rng: np.random.Generator, rows: int, trial: int) -> Any:
    kinds = (
        lambda: np.arange(rows),
        lambda: rng.choice(np.array(EDGE_STEPS, np.int64), rows),
        lambda: rng.integers(-(2**63), LAST_STEP, rows, endpoint=True),
        lambda: rng.integers(0, 2, rows) << rng.integers(0, 63, rows),
        lambda: np.sort(rng.integers(0, 2**40, rows)),
    )
    return kinds[trial % len(kinds)]()


def random_points(rng: np.random.Generator, rows: int, trial: int) -> Points:
    alphabet = np.array([*"abcxyz/_0 .", "é", "損", "🦊"])
    tags = ["".join(rng.choice(alphabet, rng.integers(1, 150))) for _ in range(1 + trial % 10)]
    if trial % 7 == 0:
        tags[-1] = ""
    times = 1.7e9 + rng.random(rows) * 1e6
    if trial % 3 == 0:
        times[:] = rng.choice(EDGE_WALLS)
    elif trial % 3 == 1:
        times[rng.random(rows) < 0.3] = rng.choice(EDGE_WALLS)
    values = rng.standard_normal((rows, len(tags))) * 10.0 ** rng.integers(-50, 50)
    odd = rng.random(values.shape) < 0.3
    values[odd] = rng.choice(EDGE_VALUES, int(odd.sum()))
    if trial % 2:
        values = np.asfortranarray(values)
    return scalars(tags, random_steps(rng, rows, trial), times, values)


def test_30_000_random_records_are_what_the_protobuf_library_writes() -> None:
    """Framing, fields, varints and CRCs are canonical, in small, large and mixed blocks."""
    rng = np.random.default_rng(1)
    for trial in range(60):
        rows = (7, 250, 300, 1443)[trial % 4]
        points = random_points(rng, rows, trial)
        expected = [reference_event(points, row) for row in range(rows)]
        assert only(points) == b"".join(expected), trial


@pytest.mark.parametrize("step", EDGE_STEPS)
@pytest.mark.parametrize("wall", EDGE_WALLS)
@pytest.mark.parametrize("rows", [1, 600])
def test_each_step_and_wall_time_is_encoded_canonically(step: int, wall: float, rows: int) -> None:
    """Zero is left out, -0.0 is not, and a negative step takes ten bytes."""
    points = scalars(["a", ""], [step] * rows, [wall] * rows, np.ones((rows, 2)))
    assert only(points) == reference_event(points, 0) * rows


@pytest.mark.parametrize("value", EDGE_VALUES)
def test_each_value_is_the_nearest_float32_bit_for_bit(value: float) -> None:
    """NaN and infinities are kept, and a value too large for float32 is infinite."""
    (event,) = parsed(only(scalars(["a"], [1], [1.0], [[value]])))
    found = np.float32(event.summary.value[0].simple_value)
    assert to_float32(value).tobytes() == found.tobytes()


def test_negative_nan_keeps_its_bits() -> None:
    """The sign and the payload of a NaN survive as far as float32 holds them."""
    value = np.array([0xFFF8_0000_4000_0000], np.uint64).view(np.float64)
    data = bytes(only(scalars(["a"], [1], [1.0], value)))
    assert data[-8:-4] == to_float32(value).tobytes()


def test_wide_rows_with_tags_of_many_lengths_are_what_the_protobuf_library_writes() -> None:
    """Beyond the look-up tables that are kept, records are checked one by one."""
    rng = np.random.default_rng(2)
    tags = ["x" * length for length in range(200)]
    points = scalars(tags, range(300), 1.7e9 + np.arange(300), rng.random((300, 200)))
    assert only(points) == reference([points], [None])


def test_a_record_without_tags_still_has_a_summary() -> None:
    """An empty Summary is present, with length zero."""
    points = scalars([], [3, 0], [1.5, 0.0], np.empty((2, 0)))
    assert only(points) == reference([points], [None])


def test_nothing_gives_nothing() -> None:
    """No points and empty points are no bytes."""
    assert bytes(encode([], [], serialize)) == b""
    assert bytes(only(scalars(["a"], [], [], np.empty((0, 1))))) == b""
    assert bytes(only(texts(["a"], [], [], [], []))) == b""


def test_a_single_event_is_what_the_protobuf_library_writes() -> None:
    """`records.event` frames any serialised Summary."""
    summary = serialize("text", ("note",), ["hello"])
    for step in EDGE_STEPS:
        for wall in EDGE_WALLS:
            event = event_pb2.Event(wall_time=wall, step=step)
            event.summary.ParseFromString(summary)
            assert records.event(wall, step, summary) == framed(event)


@pytest.mark.parametrize("wall", EDGE_WALLS)
def test_a_file_begins_with_version_1_at_the_time_of_its_data(wall: float) -> None:
    """Below version 2 TensorBoard's Python loader drops what a step back supersedes."""
    event = event_pb2.Event(wall_time=wall, file_version="brain.Event:1")
    assert file_version(wall) == framed(event)


def test_the_encoder_has_a_version() -> None:
    """State files carry it, so that other bytes begin another event file."""
    assert ENCODER_VERSION == 1
    assert tbingest.events.__all__ == ["ENCODER_VERSION", "encode", "file_version"]


def test_rewinds_go_directly_before_their_record_and_saturate() -> None:
    """A rewind has its record's wall time, the next step and an empty Summary."""
    points = scalars(["a"], [5, 5, -1, LAST_STEP], [1.0, 2.0, 0.0, 4.0], np.ones(4))
    mask = np.array([False, True, True, True])
    data = encode([points], [mask], serialize)
    assert data == reference([points], [mask])
    found = [(event.wall_time, event.step, len(event.summary.value)) for event in parsed(data)]
    assert found == [
        (1.0, 5, 1),
        (2.0, 6, 0),
        (2.0, 5, 1),
        (0.0, 0, 0),
        (0.0, -1, 1),
        (4.0, LAST_STEP, 0),
        (4.0, LAST_STEP, 1),
    ]


def test_the_bytes_are_the_callers_own() -> None:
    """A later call does not write over an earlier result."""
    first = only(scalars(["a"], range(5000), np.arange(5000), np.arange(5000)))
    kept = bytes(first)
    only(scalars(["a"], range(5000), np.arange(5000), -np.arange(5000)))
    assert first == kept


def test_every_record_needs_its_rewinds_entry() -> None:
    """A batch and its rewinds of different lengths are a mistake of the caller."""
    with pytest.raises(ValueError, match="zip"):
        encode([scalars(["a"], [1], [1.0], [1.0])], [], serialize)


steps_strategy = st.one_of(
    st.integers(-(2**63), LAST_STEP), st.sampled_from(EDGE_STEPS), st.integers(0, 300)
)
walls_strategy = st.one_of(
    st.sampled_from(EDGE_WALLS), st.floats(allow_nan=False, allow_infinity=False)
)


@st.composite
def batches(draw: st.DrawFn) -> tuple[list[Points], list[Any]]:
    """A few scalar and text groups that share the places of one source, with rewinds."""
    owners = draw(st.lists(st.integers(0, 3), max_size=40))
    ties = draw(st.lists(st.booleans(), min_size=len(owners), max_size=len(owners)))
    order = np.cumsum([not tie for tie in ties], dtype=np.int64)
    batch: list[Points] = []
    rewinds: list[Any] = []
    for owner, tags in enumerate([("a",), ("b", "ñ/c"), (), ("note",)]):
        places = [int(order[at]) for at, own in enumerate(owners) if own == owner]
        rows = len(places)

        def each(strategy: Any, rows: int = rows) -> Any:
            return draw(st.lists(strategy, min_size=rows, max_size=rows))

        steps, times = each(steps_strategy), each(walls_strategy)
        if owner == 3:
            words = [[word] for word in each(st.sampled_from(["x", "", "é" * 90]))]
            batch.append(texts(tags, steps, times, words, places))
        else:
            values = np.arange(rows * len(tags)).reshape(rows, len(tags)) / 3
            batch.append(scalars(tags, steps, times, values, places))
        rewinds.append(draw(st.none() | st.just(np.array(each(st.booleans()), bool))))
    return batch, rewinds


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(batches())
def test_groups_with_rewinds_and_texts_are_woven_as_in_their_source(
    case: tuple[list[Points], list[Any]],
) -> None:
    """The bytes equal those of a plain loop with the protobuf library."""
    batch, rewinds = case
    assert encode(batch, rewinds, serialize) == reference(batch, rewinds)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(batches(), st.integers(0, 45))
def test_cutting_the_batch_elsewhere_does_not_change_the_bytes(
    case: tuple[list[Points], list[Any]], place: int
) -> None:
    """Two calls give together what one call gives."""
    batch, rewinds = case
    cuts = [int(np.searchsorted(points.order, place)) for points in batch]
    before = encode(
        [cut(points, 0, at) for points, at in zip(batch, cuts, strict=True)],
        [None if mask is None else mask[:at] for mask, at in zip(rewinds, cuts, strict=True)],
        serialize,
    )
    after = encode(
        [cut(points, at, len(points)) for points, at in zip(batch, cuts, strict=True)],
        [None if mask is None else mask[at:] for mask, at in zip(rewinds, cuts, strict=True)],
        serialize,
    )
    assert bytes(before) + bytes(after) == encode(batch, rewinds, serialize)


@pytest.mark.parametrize("chunk", [1, 3, 255, 256, 257, 1000, 100_000])
def test_the_chunk_size_does_not_change_the_bytes(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large blocks and single records give the same bytes."""
    rng = np.random.default_rng(3)
    batch = [random_points(rng, 700, trial) for trial in range(4)]
    rewinds = [rng.random(700) < 0.1, None, rng.random(700) < 0.9, None]
    expected = bytes(encode(batch, rewinds, serialize))
    monkeypatch.setattr(sys.modules["tbingest.events.scalars"], "CHUNK_ROWS", chunk)
    assert encode(batch, rewinds, serialize) == expected


def test_thousands_of_records_of_several_groups_are_woven() -> None:
    """Blocks of the look-up path are scattered to their places."""
    rng = np.random.default_rng(4)
    owner = rng.integers(0, 3, 3000)
    batch = []
    for index, tags in enumerate([("a",), ("loss", "acc"), ("x" * 40,)]):
        order = np.flatnonzero(owner == index)
        rows = len(order)
        values = rng.standard_normal((rows, len(tags)))
        batch.append(scalars(tags, order * 50, 1.7e9 + order / 8, values, order))
    rewinds = [None, rng.random(len(batch[1])) < 0.4, None]
    assert encode(batch, rewinds, serialize) == reference(batch, rewinds)


def test_tensorboards_own_reader_gives_the_points_back(tmp_path: Path) -> None:
    """TensorBoard checks the CRCs and finds every tag, step, wall time and value."""
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    rng = np.random.default_rng(5)
    points = scalars(
        ["train/loss", "val/accuracy", "lr"],
        np.arange(-300, 700),
        1.7e9 + np.arange(1000) * 0.37,
        rng.standard_normal((1000, 3)),
    )
    mask = np.arange(1000) % 100 == 99
    path = tmp_path / "events.out.tfevents.1700000000.tbingest.000"
    path.write_bytes(file_version(1.7e9) + encode([points], [mask], serialize))
    version, *events = LegacyEventFileLoader(str(path)).Load()
    assert version.file_version == "brain.Event:1"
    assert [e.step for e in events if not e.summary.value] == (points.steps[mask] + 1).tolist()
    kept = [event for event in events if event.summary.value]
    assert [event.step for event in kept] == points.steps.tolist()
    assert [event.wall_time for event in kept] == points.times.tolist()
    found = [[(value.tag, value.simple_value) for value in event.summary.value] for event in kept]
    rows = to_float32(points.values).tolist()
    assert found == [list(zip(points.tags, row, strict=True)) for row in rows]
