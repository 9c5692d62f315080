"""The contract of a format, for people who write one: `check_format(FORMAT, "sample_logs/mine")`.

Every format of tbingest is held to it; none needs more than a folder with sample logs.
"""

from __future__ import annotations

import json
import random
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.errors import SourceError
from tbingest.formats.registry import ENOUGH, evidence, formats
from tbingest.model.contracts import Evidence, Format, Head, Member
from tbingest.model.rows import Problem, Rows
from tbingest.plan.claims import claimed
from tbingest.reading.feed import make_reader
from tbingest.sources.discover import Filters, Source, discover
from tbingest.sources.sqlite import table_names
from tbingest.sources.stream import HEAD_BYTES, Opened

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence

MARGIN = 0.005
"""A format is surer of its own logs than the second one by at least this."""

_BYTE_BY_BYTE = 1500
_NOISES = 60


class Log(NamedTuple):
    """A sample log: what detection sees, its decoded bytes, and the store's member that it is."""

    head: Head
    data: bytes
    claimed: str = ""


class Found(NamedTuple):
    """What a reader gave: records as (place, ((field, value), ...)), sorted, and problems."""

    records: list[tuple[int, tuple[tuple[str, str], ...]]]
    problems: list[str]


def check_format(entry: Format, folder: str | os.PathLike[str]) -> None:
    """Hold a format to what every format promises, with the logs of a folder that are its own.

    It is sure of them, and surer than any other format; it is sure of its `sample`; its reader
    gives the same rows however the bytes are cut, goes on from a state that was saved as JSON, and
    never raises. Raises AssertionError that says what does not hold, and of which log.
    """
    logs = own_logs(entry, folder)
    _require(logs, f"{entry.name} is not the surest of any log in {folder}")
    for log in logs:
        check_detection(entry, log)
        if entry.reader:
            check_cuts(entry, log)
            check_resuming(entry, log)
        for noise in noises(log.data):
            check_noise(entry, log.head.name, noise)
    names = [log.head.name for log in logs if not log.claimed and not log.head.binary]
    if names:
        check_sample(entry, names)


def _require(holds: object, otherwise: str) -> None:
    """A check that Python's -O does not leave out."""
    if not holds:
        raise AssertionError(otherwise)


def own_logs(entry: Format, folder: str | os.PathLike[str]) -> list[Log]:
    """The logs of a folder that the format is the surest of, or that a store claims for it."""
    sources = [one for one in discover([folder], Filters()) if isinstance(one, Source)]
    claims = claimed(sources)
    found = []
    for source in sources:
        store, claim = claims.get(source.path, ("", ""))
        log = None if store and isinstance(claim, str) else _log(source, store)
        if log is None:
            continue
        if isinstance(claim, Member) and claim.format:
            mine = claim.format == entry.name
        else:
            first, best = ranked(entry, log.head)[0]
            mine = first is entry and best.confidence > 0
        if mine:
            found.append(log)
    return found


def _log(source: Source, store: str) -> Log | None:
    try:
        with Opened(source) as opened:
            head = replace(opened.head(source), tables=table_names(opened, source))
            pieces = []
            while piece := opened.read(1 << 20):
                pieces.append(piece)
    except SourceError:
        return None
    return Log(head, b"".join(pieces), store) if pieces else None


def ranked(entry: Format, head: Head) -> list[tuple[Format, Evidence]]:
    """What every format says of a source, this one too though it may not be installed."""
    said = evidence(head)
    if entry.name not in formats():
        said.append((entry, entry.detect(head)))
    return sorted(said, key=lambda pair: -pair[1].confidence)


def check_detection(entry: Format, log: Log) -> None:
    """The format is sure enough of the log, and no other one nearly as sure; or a store says it."""
    if log.claimed:
        return
    (first, best), (second, next_best), *_ = ranked(entry, log.head)
    name = log.head.name
    _require(first is entry, f"{name}: {first.name} is surer ({best.reason})")
    sure = best.confidence
    _require(sure >= ENOUGH, f"{name}: only {sure} sure ({best.reason})")
    _require(best.reason, f"{name}: no reason is given")
    close = f"{second.name} {next_best.confidence} ({next_best.reason})"
    ahead = round(sure - next_best.confidence, 6)
    _require(ahead >= MARGIN, f"{name}: {sure} sure, but {close}")


def check_sample(entry: Format, names: Iterable[str] = ()) -> None:
    """The format is the surest of its own `sample`, under some name."""
    data = entry.sample.encode()
    _require(data, f"{entry.name} has no sample")
    said = [ranked(entry, _head(name, data))[0] for name in ("log", *names)]
    first, best = said[-1]
    _require(
        any(found is entry and sure.confidence >= ENOUGH for found, sure in said),
        f"its sample is taken for {first.name} {best.confidence} ({best.reason})",
    )


def check_cuts(entry: Format, log: Log) -> None:
    """Byte by byte, in small pieces or at once: the same rows and problems."""
    size = len(log.data)
    whole = in_pieces(entry, log, ())
    _require(whole.records or whole.problems, f"{log.head.name}: nothing is read of it")
    for width in (1, 7, 61, 1021, 16381):
        if size / width > _BYTE_BY_BYTE:
            continue
        found = in_pieces(entry, log, range(width, size, width))
        _require(found == whole, f"{log.head.name}: other rows in pieces of {width} bytes")


def check_resuming(entry: Format, log: Log) -> None:
    """A state that was saved as JSON goes on where it stood; a document gives nothing twice."""
    whole = in_pieces(entry, log, ())
    if entry.rewritten:
        again = resumed(entry, log, len(log.data))
        _require(not again.records, f"{log.head.name}: gives its rows twice")
        return
    size = len(log.data)
    for cut in sorted({1, size // 3, size // 2, size - 1, size}):
        found = resumed(entry, log, cut)
        _require(found == whole, f"{log.head.name}: other rows when it goes on at byte {cut}")


def check_noise(entry: Format, name: str, noise: bytes) -> None:
    """Whatever the bytes are, detection and the reader give an answer."""
    log = Log(_head(name, noise), noise)
    try:
        said = entry.detect(log.head)
        if entry.reader:
            in_pieces(entry, log, ())
    except Exception as error:
        what = str(error) if isinstance(error, AssertionError) else _raises(entry, error)
        raise AssertionError(f"{what}; on {noise[:200]!r}") from error
    _require(0 <= said.confidence <= 1, f"{entry.name} is {said.confidence} sure")
    _require(said.reason, f"{entry.name} gives no reason")


def noises(data: bytes) -> Iterator[bytes]:
    """Spoilt copies of a log, always the same: cut, turned around, doubled, with bytes changed."""
    chance = random.Random(len(data))  # noqa: S311 - no secret
    odd = (
        b"\x00",
        b"\xff\xfe",
        b'"',
        b"{",
        b"[",
        b"\n",
        b"\r",
        b",",
        b"nan",
        b"1e999",
        b"-",
        b"]",
        b"9" * 400,
    )
    yield from (b"", b"\n", b"\x00" * 50, chance.randbytes(500), b"{" * 3000, b'"' + data[:3000])
    data = data[:8000]
    for _ in range(_NOISES):
        at, upto = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
        middle = chance.choice(odd) * chance.choice((1, 1, 1, 40))
        yield data[:at] + middle + data[chance.choice((at, at + 1, upto)) :]


def in_pieces(entry: Format, log: Log, cuts: Iterable[int]) -> Found:
    """What a fresh reader gives of a log that is fed in pieces."""
    with _never_raises(entry, log):
        reader = make_reader(entry, log.head, {})
        given: list[Rows | Problem] = []
        for start, stop in pairwise([0, *sorted(cuts), len(log.data)]):
            if start < stop:
                given += reader.feed(log.data[start:stop])
        given += reader.close()
        return found_in(given)


def resumed(entry: Format, log: Log, cut: int) -> Found:
    """What a reader gives up to a cut, and one that is restored from its saved state after it.

    Of a format whose files are rewritten: what it gives of a document that it has read before.
    """
    with _never_raises(entry, log):
        first = make_reader(entry, log.head, {})
        given = list(first.feed(log.data[:cut]))
        if entry.rewritten:
            given += first.close()
            given.clear()
        fields = {name: value for name, value in vars(first).items() if not name.startswith("_")}
        saved = json.loads(json.dumps(fields))
        second = make_reader(entry, log.head, {"reader": saved})
        start = 0 if entry.rewritten else second.consumed
        given += second.feed(log.data[start:])
        given += second.close()
        return found_in(given)


@contextmanager
def _never_raises(entry: Format, log: Log) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise AssertionError(f"{log.head.name}: {_raises(entry, error)}") from error


def _raises(entry: Format, error: Exception) -> str:
    error = error.__cause__ if isinstance(error.__cause__, Exception) else error
    return f"{entry.name} raises {type(error).__name__}: {error}"


def found_in(given: Sequence[Rows | Problem]) -> Found:
    """Records by their place and problems, in an order that cuts do not change."""
    records = []
    for rows in given:
        if isinstance(rows, Rows):
            lists = {name: _plain(column) for name, column in rows.columns.items()}
            for place, order in enumerate(rows.order.tolist()):
                fields = sorted((name, _said(column[place])) for name, column in lists.items())
                records.append((order, tuple(fields)))
    problems = sorted(repr(item) for item in given if isinstance(item, Problem))
    return Found(sorted(records), problems)


def _plain(column: Any) -> list[Any]:
    return column.tolist() if isinstance(column, np.ndarray) else list(column)


def _said(value: Any) -> str:
    """A number as a float: blocks may differ in dtype, not in value."""
    return repr(float(value)) if isinstance(value, int | float) else repr(value)


def _head(name: str, data: bytes) -> Head:
    """A head of text, as it is decoded: what is no UTF-8 is replaced."""
    data = data.decode("utf-8", "replace").encode()[:HEAD_BYTES]
    return Head(name, data, len(data), complete=len(data) < HEAD_BYTES)
