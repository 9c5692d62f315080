"""PaddlePaddle's VisualDL: `vdlrecords.<time>.log`, a binary file of records.

8 bytes: the length of a record, little-endian
then the record, a protocol buffer: values with step, tag, milliseconds and what they hold
{id: 7, tag: "train/loss", timestamp: 1780000000123, value: 0.5}

Scalars, histograms and texts are shown under their tags; the values of `add_scalars` under
`<tag>/<name>`. What else a record may hold (pictures, sound, curves) is counted and said.
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.points import Histogram
from tbingest.model.protowire import WireError, fields, signed
from tbingest.model.rows import Problem, Rows
from tbingest.names.tags import as_is

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_RECORD = 64 << 20
_MAX_TEXT = 200_000
# Numbers of fields in VisualDL's record.proto.
_ID, _TAG, _TIME, _VALUE, _HISTOGRAM, _TEXT, _TAG_VALUE = 1, 2, 3, 4, 8, 12, 14
_Series: TypeAlias = "dict[tuple[str, str], list[tuple[int, int, float, Any]]]"
_OTHERS = {5: "pictures", 6: "sounds", 7: "embeddings", 9: "PR curves", 11: "ROC curves"}
_OTHERS |= {10: "descriptions", 13: "hyperparameters"}


@dataclass
class VisualDl:
    """Reads records. `place` counts them; `left_out` what is not shown, by kind."""

    consumed: int = 0
    place: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    broken: bool = False
    _rest: bytearray = field(default_factory=bytearray, repr=False)

    def feed(self, data: bytes) -> Iterator[Rows | Problem]:
        """Give the values of the records that are complete."""
        self._rest += data
        start = 0
        series: _Series = {}
        while not self.broken and len(self._rest) >= start + 8:
            (size,) = struct.unpack_from("<Q", self._rest, start)
            if size > _MAX_RECORD:
                self.broken = True
                what = f"record {self.place + 1} is said to have {size:,} bytes"
                yield Problem("", None, None, what, "the file is damaged from here on")
            if self.broken or len(self._rest) < start + 8 + size:
                break
            record = bytes(self._rest[start + 8 : start + 8 + size])
            start += 8 + size
            self.place += 1
            try:
                self._take(record, series)
            except WireError as error:
                what = f"record {self.place} is not a record: {error}"
                yield Problem("", None, None, what, "is it from VisualDL?", values=1)
        self.consumed += start if not self.broken else len(self._rest)
        del self._rest[: start if not self.broken else None]
        for (kind, tag), points in series.items():
            yield _rows(kind, tag, points)

    def close(self) -> Iterator[Rows | Problem]:
        """Say what was left out, and a record that is cut off."""
        if self._rest:
            what = f"record {self.place + 1} is cut off"
            yield Problem("", None, None, what, "is the file still growing?")
        for kind, count in sorted(self.left_out.items()):
            yield Problem("", None, None, f"{count:,} {kind} are not shown yet", values=count)
        self.left_out = {}

    def _take(self, record: bytes, series: _Series) -> None:
        for number, value in fields(record):
            if number != 1 or not isinstance(value, bytes):
                continue
            step, time, tag = 0, 0, ""
            found: list[tuple[str, str, Any]] = []
            for kind, item in fields(value):
                if kind == _ID:
                    step = signed(item)
                elif kind == _TIME:
                    time = signed(item)
                elif isinstance(item, bytes):
                    if kind == _TAG:
                        tag = item.decode("utf-8", "replace")
                    else:
                        found += self._value(kind, item)
            for kind_, below, item in found:
                name = f"{tag}/{below}" if below else tag
                stamp = time / 1000 if time > 1e11 else float(time)
                series.setdefault((kind_, name), []).append((self.place, step, stamp, item))

    def _value(self, kind: int, item: bytes) -> list[tuple[str, str, Any]]:
        """[(kind, name below the tag, value)] of what a value holds."""
        made = _held(kind, item)
        if made is None:
            said = _OTHERS.get(kind, "values of an unknown kind")
            self.left_out[said] = self.left_out.get(said, 0) + 1
        return [made] if made else []


def _held(kind: int, item: bytes) -> tuple[str, str, Any] | None:
    if kind == _VALUE and len(item) == 4:
        return "scalar", "", struct.unpack("<f", item)[0]
    if kind not in {_HISTOGRAM, _TEXT, _TAG_VALUE}:
        return None
    parts = {number: part for number, part in fields(item) if isinstance(part, bytes)}
    first, second = parts.get(1, b""), parts.get(2, b"")
    if kind == _TAG_VALUE and len(second) == 4:
        return "scalar", first.decode("utf-8", "replace"), struct.unpack("<f", second)[0]
    if kind == _TEXT:
        return "text", "", first.decode("utf-8", "replace")[:_MAX_TEXT]
    made = _histogram(first, second) if kind == _HISTOGRAM else None
    return ("histogram", "", made) if made else None


def _histogram(counts: bytes, edges: bytes) -> Histogram | None:
    if len(counts) % 8 or len(edges) != len(counts) + 8:
        return None
    heights = np.frombuffer(counts, "<f8").astype(np.float64)
    bounds = np.frombuffer(edges, "<f8").astype(np.float64)
    whole = np.isfinite(bounds).all() and np.isfinite(heights).all()
    if not whole or (np.diff(bounds) < 0).any():
        return None
    return Histogram(np.stack([bounds[:-1], bounds[1:], heights], axis=1))


def _rows(kind: str, tag: str, points: list[tuple[int, int, float, Any]]) -> Rows:
    places, steps, times, values = zip(*points, strict=True)
    column = np.asarray(values, np.float64) if kind == "scalar" else list(values)
    columns = {":step": np.asarray(steps, np.int64), ":time": np.asarray(times), tag: column}
    return Rows(columns, np.asarray(places, np.int64))


def detect(head: Head) -> Evidence:
    """Records that begin with a value, and the name."""
    data = head.data
    if not head.binary and b"\0" not in data[:8]:
        return Evidence(0.0, "no records")
    if len(data) < 12 or data[8:9] != b"\n":
        return Evidence(0.0, "no records")
    (size,) = struct.unpack_from("<Q", data)
    kinds: Counter[int] = Counter()
    try:
        for number, value in fields(data[8 : 8 + size]) if size <= len(data) - 8 else ():
            if number == 1 and isinstance(value, bytes):
                kinds.update(kind for kind, _ in fields(value))
    except WireError:
        return Evidence(0.0, "no records")
    named = "vdlrecords" in head.basename
    if kinds[_TAG]:
        return Evidence(0.97 if named else 0.8, "records that hold values with tags")
    return Evidence(0.6 if named else 0.0, "is called vdlrecords")


FORMAT = Format(
    name="visualdl",
    about="PaddlePaddle's VisualDL records (vdlrecords.*.log)",
    sample='{id: 7, tag: "train/loss", timestamp: 1780000000123, value: 0.5}',
    detect=detect,
    reader=lambda _: VisualDl(),
    fields=Fields(step=(":step",), time=(":time",), rename=as_is),
)
