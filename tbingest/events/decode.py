"""Event files of any writer back to scalars: framing, checksums, and the few fields that matter.

A scalar is `simple_value` (torch, tensorboardX, ours) or a float, double, int or half tensor of one
element (TensorFlow 2). Records of one length are mostly alike but for wall time, step and values:
such are read together as the rows of a matrix, all others one by one.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.errors import SourceError
from tbingest.events.crc import by_length, parts_at
from tbingest.events.frames import Framer, Frames
from tbingest.events.records import FOOTER_BYTES, delimited
from tbingest.events.template import Template, is_single, template_of
from tbingest.model.points import Histogram
from tbingest.model.protowire import fields, placed_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

GRAPH_TAG = "__run_graph__"
"""Under which TensorBoard shows the graph of a run."""
_FEW = 8
_DTYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", 19: "<f2"}
"""TensorFlow's numbers of data types."""
_LISTS = {5: "<f4", 6: "<f8"}
"""The fields float_val and double_val of a TensorProto."""


class Columns(NamedTuple):
    """The scalars of n events with the same tags; no tags where an event holds something else,
    whose tag is `other`, and which `held` is, a serialised Summary.Value.

    steps (n,); times (n,), unix seconds; values (n, tags); places (n,): the numbers of the events
    in the file, which rise. `span` says where in the file something else stands: the field of the
    summary, from its key to its end, or (0, 0).
    """

    tags: tuple[str, ...]
    steps: NDArray[np.int64]
    times: NDArray[np.float64]
    values: NDArray[np.float64]
    places: NDArray[np.int64]
    other: str = ""
    held: bytes = b""
    span: tuple[int, int] = (0, 0)


class Decoded(NamedTuple):
    """What some records hold; the events of a tag keep their order.

    problems: what is damaged, in words that name its byte or record.
    """

    columns: list[Columns]
    problems: list[str]


@dataclass
class Decoder:
    """Reads an event file as it comes, past what is damaged. `records` counts those that are whole.

    `framer` cuts the stream; both can be saved and go on later.
    """

    framer: Framer = field(default_factory=Framer)
    records: int = 0

    def feed(self, data: bytes) -> Decoded:
        """What the records hold that are whole with `data`."""
        frames = self.framer.feed(data)
        found, wrong = _read(frames, self.records)
        self.records += len(frames.starts)
        return Decoded(found, frames.damages + wrong)

    def close(self) -> Decoded:
        """The file ends here: what is torn at its end."""
        return Decoded([], self.framer.close())


def columns(pieces: Iterable[bytes]) -> Iterator[list[Columns]]:
    """What an event file holds, given piece by piece; the events of a tag keep their order.

    Raises SourceError, after all that can be read, where a checksum or the wire format is wrong,
    or where the file ends in the middle of a record.
    """
    decoder = Decoder()
    wrong: list[str] = []
    for piece in pieces:
        found, problems = decoder.feed(piece)
        wrong += problems[: not wrong]
        if found:
            yield found
    wrong += decoder.close().problems
    if wrong:
        raise SourceError(wrong[0])


def damage(pieces: Iterable[bytes]) -> str:
    """What is wrong with the records of an event file, given piece by piece, and where; else ""."""
    framer = Framer()
    for piece in pieces:
        if damages := framer.feed(piece).damages:
            return damages[0]
    return next(iter(framer.close()), "")


def whole_bytes(pieces: Iterable[bytes]) -> int:
    """How many bytes of an event file are whole records, up to the first damage."""
    framer = Framer()
    end = 0
    for piece in pieces:
        frames = framer.feed(piece)
        if len(frames.starts) and not frames.damages:
            end = frames.offset + int(frames.starts[-1] + frames.lengths[-1]) + FOOTER_BYTES
        if frames.damages:
            break
    return end


def histogram_of(data: Histogram | bytes) -> Histogram:
    """The histogram that the fields of a summary hold."""
    if isinstance(data, Histogram):
        return data
    content = b""
    for _, value in fields(data):
        for number, inner in fields(value) if isinstance(value, bytes) else ():
            if number == 8 and isinstance(inner, bytes):
                found = (c for n, c in fields(inner) if n == 4 and isinstance(c, bytes))
                content = next(found, b"")
    return Histogram(np.frombuffer(content, "<f8").reshape(-1, 3))


def kind_of(data: bytes) -> str:
    """The name of a value's plug-in, or `image` or `audio`; empty where it does not say."""
    for field_, value in fields(data):
        if field_ in {4, 6}:
            return "image" if field_ == 4 else "audio"
        if field_ == 9 and isinstance(value, bytes):
            for inner, about in fields(value):
                if inner == 1 and isinstance(about, bytes):
                    names = (n for at, n in fields(about) if at == 1 and isinstance(n, bytes))
                    return next(names, b"").decode("utf-8", "replace")
    return ""


def _read(frames: Frames, first: int) -> tuple[list[Columns], list[str]]:
    """(what the events hold, what is wrong with some); `first` is the number of the first.

    The events of a tag may come in several columns.
    """
    found: list[Columns] = []
    single: list[NDArray[np.int64]] = []
    content = frames.data + bytes(8)
    for length, rows in by_length(frames.lengths):
        if length and len(rows) >= _FEW:
            # In whole words; what follows the event is never looked at.
            events = parts_at(content, frames.starts[rows], -(-length // 8) * 8)
            single.append(_alike(events, length, rows, first, found))
        else:
            single.append(rows)
    left = np.sort(np.concatenate(single)) if single else np.empty(0, int)
    starts, lengths = frames.starts[left].tolist(), frames.lengths[left].tolist()
    records = (
        (place, frames.offset + at, frames.data[at : at + size])
        for place, at, size in zip((left + first).tolist(), starts, lengths, strict=True)
    )
    return found, _one_by_one(records, found)


def _alike(
    events: NDArray[np.void],
    length: int,
    rows: NDArray[np.int64],
    first: int,
    found: list[Columns],
) -> NDArray[np.int64]:
    """Take the events that differ from a first one in wall time, step and values only, again and
    again; the rows that are left.
    """
    words = events.view(np.uint64).reshape(len(events), -1)
    differing = [np.bitwise_or.reduce(words[:, at] ^ words[0, at]) for at in range(words.shape[1])]
    going = np.arange(len(rows))
    left: list[NDArray[np.int64]] = []
    misses = 0
    while len(going) >= _FEW and misses < _FEW:
        template = template_of(events[going[0]].tobytes()[:length])
        same = np.zeros(len(going), np.bool_)
        same[0] = True
        if template:
            mask = np.zeros(events.itemsize, np.uint8)
            mask[:length] = template.mask
            same[:] = True
            for at, bits in enumerate(mask.view(np.uint64) & differing):
                if bits:
                    same &= (words[going, at] ^ words[going[0], at]) & bits == 0
        if template and same.sum() >= _FEW:
            chosen = going[same]
            found.append(_columns(events[chosen], template, rows[chosen] + first))
        else:
            left.append(going[same])
            misses += 1
        going = going[~same]
    remaining: NDArray[np.int64] = rows[np.concatenate([*left, going])]
    return remaining


def _columns(events: NDArray[np.void], template: Template, places: NDArray[np.int64]) -> Columns:
    steps = np.zeros(len(events), np.uint64)
    for shift, at in enumerate(template.step):
        low = (_numbers(events, "u1", at) & np.uint8(0x7F)).astype(np.uint64)
        low <<= np.uint64(7 * shift)
        steps |= low
    times = np.zeros(len(events))
    if template.time >= 0:
        times[:] = _numbers(events, "<f8", template.time)
    values = np.empty((len(template.tags), len(events)))
    for column, at in enumerate(template.values):
        values[column] = _numbers(events, "<f4", at)
    return Columns(template.tags, steps.view(np.int64), times, values.T, places)


def _numbers(events: NDArray[np.void], kind: str, at: int) -> NDArray[Any]:
    """The number that stands at byte `at` of each event; a view."""
    return np.ndarray((len(events),), kind, events.data, at, (events.itemsize,))


class _Event(NamedTuple):
    """What matters of an event: (tag, number or None, the Summary.Value) of each value, and where
    the field that holds it starts and ends in the record.
    """

    step: int
    time: float
    values: list[tuple[str, float | None, bytes]]
    spans: list[tuple[int, int]]


def _one_by_one(records: Iterable[tuple[int, int, bytes]], found: list[Columns]) -> list[str]:
    """Take events of any kind, (number, place in the file, bytes) each; which of them are none."""
    by_tag: dict[str, list[tuple[int, float, float, int]]] = {}
    wrong: list[str] = []
    for place, start, record in records:
        try:
            event = _event(record)
        except (IndexError, struct.error, ValueError):
            wrong.append(f"record {place + 1} is not an event")
            continue
        for (tag, value, held), (begin, end) in zip(event.values, event.spans, strict=True):
            if value is None:
                one = _column((), [(event.step, event.time, 0.0, place)])
                span = (start + begin, start + end) if end else (0, 0)
                found.append(one._replace(other=tag, held=held, span=span))
            else:
                by_tag.setdefault(tag, []).append((event.step, event.time, value, place))
    found += [_column((tag,), held) for tag, held in by_tag.items()]
    return wrong


def _column(tags: tuple[str, ...], held: Sequence[tuple[int, float, float, int]]) -> Columns:
    steps, times, values, places = zip(*held, strict=True)
    shaped = np.array(values[: len(values) if tags else 0], np.float64)
    return Columns(
        tags,
        np.array(steps, np.int64),
        np.array(times, np.float64),
        shaped.reshape(len(steps), len(tags)),
        np.array(places, np.int64),
    )


def _event(record: bytes) -> _Event:
    step, time, blobs = 0, 0.0, list[tuple[str, bytes]]()
    found, spans = list[tuple[str, float | None, bytes]](), list[tuple[int, int]]()
    for number, value, place in placed_fields(record):
        if number == 2 and isinstance(value, int):
            step = value - (1 << 64) if value >> 63 else value
        elif not isinstance(value, bytes):
            continue
        elif number == 1:
            (time,) = struct.unpack("<d", value)
        elif number == 4:
            blobs.append((GRAPH_TAG, graph_value(value)))
        elif number == 8:
            blobs.append(_traced(value))
        elif number == 5:
            begin = 0
            for inner, held, at in placed_fields(value):
                end = at + len(held) if isinstance(held, bytes) else at
                if inner == 1 and isinstance(held, bytes):
                    found.append(_value(held))
                    spans.append((place + begin, place + end))
                begin = end
    found += [(tag, None, value) for tag, value in blobs]
    spans += [(0, 0)] * len(blobs)
    return _Event(step, time, found, spans)


def graph_value(graph: bytes) -> bytes:
    """The Summary.Value that both loaders make of a GraphDef that an event holds itself."""
    return _blob(GRAPH_TAG, b"graphs", graph)


def _traced(data: bytes) -> tuple[str, bytes]:
    """(tag, the Summary.Value that both loaders make) of the RunMetadata of one step."""
    found = {number: value for number, value in fields(data) if isinstance(value, bytes)}
    tag = found.get(1, b"").decode("utf-8", "replace")
    return tag, _blob(tag, b"graph_tagged_run_metadata", found.get(2, b""))


def _blob(tag: str, plugin: bytes, content: bytes) -> bytes:
    metadata = delimited(1, delimited(1, plugin)) + b"\x20\x03"  # a sequence of blobs
    tensor = b"\x08\x07" + delimited(2, delimited(2, b"\x08\x01")) + delimited(8, content)
    return delimited(1, tag.encode()) + delimited(9, metadata) + delimited(8, tensor)


def _value(data: bytes) -> tuple[str, float | None, bytes]:
    tag, number = "", None
    for at, value in fields(data):
        if not isinstance(value, bytes):
            continue
        if at == 1:
            tag = value.decode("utf-8", "replace")
        elif at == 2:
            (number,) = struct.unpack("<f", value)
        elif at == 8:
            number = _tensor(value)
    return tag, number, b"" if number is not None else data


def _tensor(data: bytes) -> float | None:
    """The one number of a tensor without dimensions; None for any other."""
    dtype, content, number = 0, b"", None
    for at, value in fields(data):
        if at == 1 and isinstance(value, int):
            dtype = value
        elif not isinstance(value, bytes):
            continue
        elif at == 2 and not is_single(value):
            return None
        elif at == 4:
            content = value
        elif at in _LISTS and len(value) == np.dtype(_LISTS[at]).itemsize:
            number = float(np.frombuffer(value, _LISTS[at])[0])
    kind = _DTYPES.get(dtype)
    if kind and len(content) == np.dtype(kind).itemsize:
        return float(np.frombuffer(content, kind)[0])
    return number if kind else None
