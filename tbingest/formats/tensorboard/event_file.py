"""TensorBoard's own event files, of whatever writer: `events.out.tfevents.1780000000.host.1.0`.

uint64 length | uint32 masked CRC of the length | Event | uint32 masked CRC of the Event
Event {wall_time: 1780000000.5, file_version: "brain.Event:2"}
Event {wall_time: 1780000001.5, step: 1, summary {value {tag: "loss", simple_value: 0.5}}}

They are read where they are all that a path holds, or are named; among logs they are left alone. A
damaged record is said with its byte, and what follows it is read.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.events.crc import masked_crc
from tbingest.events.decode import Columns, Decoded, Decoder
from tbingest.events.frames import Framer
from tbingest.events.values import read_value
from tbingest.formats.readers.records import beside
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.protowire import fields
from tbingest.model.rows import Problem, Rows
from tbingest.names.tags import as_is

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP, TIME = ":step", ":time"
_VERSION = b"brain.Event:"


@dataclass
class EventFile:
    """Reads events. `records` counts whole ones, `plugins` says whose each tag's values are.

    After damage, `lost` and `lost_at` say which, and where it begins.
    """

    consumed: int = 0
    records: int = 0
    lost: str = ""
    lost_at: int = 0
    plugins: dict[str, str] = field(default_factory=dict)
    _decoder: Decoder = field(init=False, repr=False)

    def __post_init__(self) -> None:
        framer = Framer(self.consumed, self.lost, self.lost_at)
        self._decoder = Decoder(framer, self.records)

    def feed(self, data: bytes) -> Iterator[Rows | Problem]:
        """Give the values of the records that are complete."""
        decoded = self._decoder.feed(data)
        framer = self._decoder.framer
        self.consumed, self.records = framer.offset, self._decoder.records
        self.lost, self.lost_at = framer.lost, framer.lost_at
        return self._given(decoded)

    def close(self) -> Iterator[Rows | Problem]:
        """Say what is torn at the end."""
        for what in self._decoder.close().problems:
            yield Problem("", None, None, what, "is it still being written?")

    def _given(self, decoded: Decoded) -> Iterator[Rows | Problem]:
        for what in decoded.problems:
            yield Problem("", None, None, what, "what follows is read", values=1)
        others: dict[tuple[str, str], list[tuple[Columns, Any]]] = {}
        for one in decoded.columns:
            if one.tags:
                yield from _scalars(one)
                continue
            try:
                kind, value = read_value(one.held, self.plugins)
            except (IndexError, ValueError) as error:
                what = f"{one.other}: {error}" if type(error) is ValueError else one.other
                yield _problem(one, f"holds a value that cannot be read: {what}")
                continue
            others.setdefault((one.other, kind), []).append((one, value))
        for (tag, _), found in others.items():
            yield _rows(tag, found)


def _problem(one: Columns, what: str) -> Problem:
    return Problem("", None, None, f"record {int(one.places[0]) + 1} {what}", values=1)


def _scalars(one: Columns) -> Iterator[Rows]:
    """The rows of some scalars; of a tag that an event has twice, the second ones come after."""
    columns: dict[str, Any] = {STEP: one.steps, TIME: one.times}
    again: list[int] = []
    for place, tag in enumerate(one.tags):
        name = beside(tag, STEP, TIME)
        if name in columns:
            again.append(place)
        else:
            columns[name] = one.values[:, place]
    yield Rows(columns, one.places)
    if again:
        tags = tuple(one.tags[place] for place in again)
        yield from _scalars(one._replace(tags=tags, values=one.values[:, again]))


def _rows(tag: str, found: list[tuple[Columns, Any]]) -> Rows:
    """The values of a tag of one kind."""
    values = [value for _, value in found]
    scalar = isinstance(values[0], float)
    columns: dict[str, Any] = {
        STEP: np.concatenate([one.steps for one, _ in found]),
        TIME: np.concatenate([one.times for one, _ in found]),
        beside(tag, STEP, TIME): np.asarray(values) if scalar else values,
    }
    return Rows(columns, np.concatenate([one.places for one, _ in found]))


def detect(head: Head) -> Evidence:
    """By the checksum of the first record's length, the version in it, and the name."""
    named = "tfevents" in head.basename
    weak = Evidence(0.6, "is called tfevents") if named else Evidence(0.0, "no records of events")
    data = head.data
    if len(data) < 12 or masked_crc(data[:8]) != struct.unpack_from("<I", data, 8)[0]:
        return weak
    (size,) = struct.unpack_from("<Q", data)
    try:
        version = any(
            number == 3 and isinstance(value, bytes) and value.startswith(_VERSION)
            for number, value in fields(data[12 : 12 + size])
        )
    except (IndexError, ValueError):
        version = False
    if version:
        return Evidence(0.99, "records of events that begin with their version")
    return Evidence(0.97, "records, in a file called tfevents") if named else weak


FORMAT = Format(
    name="tensorboard",
    about="TensorBoard's event files (events.out.tfevents.*)",
    sample='Event {wall_time: 1780000000.5, step: 7, summary {tag: "loss", simple_value: 0.5}}',
    detect=detect,
    reader=lambda _: EventFile(),
    joins=True,
    rounded=True,
    fields=Fields(step=(STEP,), time=(TIME,), rename=as_is, fixed=True),
)
