"""What we write for a framework's log is what its own TensorBoard logger writes for the same run.

Each pair is one training with both loggers on: the log, and `tb.json`, the framework's events as
TensorBoard's EventAccumulator reads them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers.loaded import accumulated
from helpers.parity_pairs import PAIRS, PENDING, Pair
from helpers.places import parity_folder
from tensorboard.util.tensor_util import make_ndarray

import tbingest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tbingest import Report

Curves = dict[tuple[str, str], dict[int, np.float32]]
"""Step to value for each (run, tag)."""


@dataclass(frozen=True)
class Compared:
    """A pair, the native tags with their points, and what came of converting the log.

    `native` is under our runs and tags, `others` holds its tags that are no scalars.
    """

    pair: Pair
    native: dict[tuple[str, str], dict[str, Any]]
    others: set[str]
    ours: Curves
    report: Report


def matches(tag: str, patterns: Iterable[str]) -> bool:
    """True where one of the patterns is that of the tag."""
    return any(fnmatchcase(tag, pattern) for pattern in patterns)


def compare(pair: Pair, logdir: Path) -> Compared:
    """Convert the log of a pair, and read both sides."""
    folder = parity_folder(pair.framework)
    report = tbingest.convert(folder / "log" / pair.log, logdir, tbingest.Options(plots="none"))
    native: dict[tuple[str, str], dict[str, Any]] = {}
    others = set()
    for run, tags in json.loads((folder / "tb.json").read_text()).items():
        for tag, entry in tags.items():
            if entry["kind"] != "scalar":
                others.add(tag)
            if not matches(tag, pair.native_only):
                native[pair.runs.get(run, run), pair.tags.get(tag, tag)] = entry
    ours = {
        (run, tag): {event.step: np.float32(event.value) for event in loaded.Scalars(tag)}
        for run, loaded in accumulated(logdir)
        for tag in loaded.Tags()["scalars"]
    }
    return Compared(pair, native, others, ours, report)


def differences(found: Compared) -> Iterator[str]:
    """In words, all in which the two sides differ without an exception that says why."""
    pair = found.pair
    for run, tag in sorted(set(found.native) - set(found.ours)):
        yield f"{run}: {tag} is missing"
    for run, tag in sorted(set(found.ours) - set(found.native)):
        if not matches(tag, pair.ours_only):
            yield f"{run}: {tag} is not in the native events"
    for run, tag in sorted(set(found.ours) & set(found.native)):
        yield from _unlike(pair, f"{run}: {tag}", tag, found.ours[run, tag], found.native[run, tag])


def _unlike(
    pair: Pair, name: str, tag: str, ours: dict[int, np.float32], entry: dict[str, Any]
) -> Iterator[str]:
    values = np.asarray(entry["values"], np.float32)
    native = dict(zip(map(pair.step, entry["steps"]), values, strict=True))
    if not (set(ours) < set(native) if matches(tag, pair.some) else set(ours) == set(native)):
        steps = sorted(set(ours) ^ set(native))
        yield f"{name}: only one side has the steps {steps[:5]}"
        return
    shown = np.asarray(list(ours.values()), np.float32)
    wanted = np.asarray([native[step] for step in ours], np.float32)
    near = next((far for pattern, far in pair.near.items() if fnmatchcase(tag, pattern)), 0.0)
    if not np.allclose(shown, wanted, rtol=near, atol=0.0, equal_nan=True):
        yield f"{name}: {shown[:3]}, not {wanted[:3]}"


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: pair.name)
def compared(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Compared:
    pair: Pair = request.param
    return compare(pair, tmp_path_factory.mktemp("runs"))


def test_runs_tags_steps_and_values_are_those_of_the_native_events(compared: Compared) -> None:
    """To the last bit of a float32, but for what the log holds rounded or not at all.

    Of a step that the native file holds twice, the later point counts.
    """
    found = list(differences(compared))
    if compared.pair.name in PENDING:
        assert found, f"{compared.pair.name} holds now: strike it from PENDING"
    else:
        assert found == []


def test_points_that_the_native_file_holds_twice_are_counted(
    compared: Compared,
) -> None:
    """The log holds as many values as the native file, and each is shown or counted."""
    pair = compared.pair
    if not pair.twice:
        pytest.skip("its native file holds no step twice")
    native = sum(len(entry["steps"]) for entry in compared.native.values())
    assert native - sum(len(compared.ours[key]) for key in compared.native) == pair.twice
    log = compared.report.sources[0]
    assert log.superseded + log.repeated == pair.twice
    assert log.read == log.written["scalar"] + pair.twice


def test_every_exception_is_needed(compared: Compared) -> None:
    """The lists of exceptions hold no more than what is not in the log, or not in the events."""
    pair = compared.pair
    natives = {tag for tags in json.loads(_events(pair)).values() for tag in tags}
    for pattern in pair.native_only:
        assert any(fnmatchcase(tag, pattern) for tag in natives), pattern
    if pair.name not in PENDING:
        ours = {tag for run, tag in set(compared.ours) - set(compared.native)}
        for pattern in pair.ours_only:
            assert any(fnmatchcase(tag, pattern) for tag in ours), pattern


def _events(pair: Pair) -> str:
    return (parity_folder(pair.framework) / "tb.json").read_text()


def test_every_pending_pair_is_a_pair() -> None:
    """No entry outlives its pair."""
    assert set(PENDING) <= {pair.name for pair in PAIRS}


@pytest.mark.parametrize("framework", ["sklearn", "torchdump"])
def test_a_dump_holds_the_numbers_of_the_native_histograms(framework: str, tmp_path: Path) -> None:
    """Step by step as many numbers, from the same least to the same greatest one.

    The buckets differ: ours are exact for the dump, the native ones the same for every tensor.
    """
    folder = parity_folder(framework)
    tbingest.convert(folder / "log", tmp_path, tbingest.Options(plots="none"))
    [(_, ours)] = accumulated(tmp_path)
    [(_, native)] = accumulated(folder / "tb")
    for tag in native.Tags()["histograms"]:
        buckets = {
            event.step: make_ndarray(event.tensor_proto)
            for event in ours.Tensors(f"weights/{tag.replace('.', '/')}")
        }
        for event in native.Histograms(tag):
            made, wanted = buckets.pop(event.step), event.histogram_value
            assert made[:, 2].sum() == wanted.num
            ends = (made[0, 0], made[-1, 1])
            if wanted.min < wanted.max:
                assert ends == pytest.approx((wanted.min, wanted.max), rel=1e-6)
            else:  # one bucket around a single number
                assert ends[0] <= wanted.min <= ends[1]
        assert not buckets, tag
