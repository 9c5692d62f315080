"""Steps that fall back or repeat, against a model of what TensorBoard's default loader shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from helpers.work import calls
from hypothesis import given
from hypothesis import strategies as st

from tbingest.figures.sketch import Sketch
from tbingest.model.points import Points
from tbingest.series.curves import Curve
from tbingest.series.timeseries import Applied, apply
from tbingest.series.track import Track, progressions

STEPS = st.lists(st.integers(-5, 40), min_size=1, max_size=60)


def points(tags: tuple[str, ...], steps: list[int], order: list[int]) -> Points:
    values = np.arange(len(steps) * len(tags), dtype=np.float64).reshape(len(steps), len(tags))
    return Points(
        "run",
        "scalar",
        tags,
        np.asarray(steps, np.int64),
        np.zeros(len(steps)),
        values,
        np.asarray(order, np.int64),
    )


def loader(steps: list[int]) -> list[int]:
    """What is shown: a point removes every earlier one at its step or later."""
    shown: list[int] = []
    for step in steps:
        while shown and shown[-1] >= step:
            shown.pop()
        shown.append(step)
    return shown


@given(STEPS)
def test_a_track_counts_what_the_loader_shows(steps: list[int]) -> None:
    """However the steps fall; and it knows each of them."""
    track = Track("scalar")
    for step in steps:
        removed = track.cut(step) if track.last is not None and step <= track.last else (0, 0)
        track.extend(progressions(np.asarray([step])), 1, 7)
        assert removed[1] == 0
    kept = steps_of(track)
    assert kept == loader(steps)
    assert track.shown == track.fresh == len(kept)


@given(st.lists(st.integers(-100, 100), min_size=1, max_size=50, unique=True))
def test_progressions_hold_every_rising_step(steps: list[int]) -> None:
    """Dense or not."""
    rising = sorted(steps)
    found = progressions(np.asarray(rising, np.int64))
    assert [a + b * n for a, b, count in found for n in range(count)] == rising


@given(st.lists(STEPS, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_rewinds_stand_where_a_tag_does_not_rise(
    batches: list[list[int]], random: np.random.Generator
) -> None:
    """Before an event, and only there, in which some tag's last step is not below its own."""
    tracks = {tag: Track("scalar") for tag in "abc"}
    last: dict[str, int] = {}
    written: dict[str, list[int]] = {tag: [] for tag in "abc"}
    superseded = 0
    for steps in batches:
        halves: tuple[list[int], list[int]] = ([], [])
        for place in range(len(steps)):
            halves[random.randint(0, 1)].append(place)
        groups = [
            points(tags, [steps[place] for place in half], half)
            for tags, half in zip((("a", "b"), ("b", "c")), halves, strict=True)
            if half
        ]
        applied = apply(groups, tracks, 7)
        superseded += applied.superseded.total()
        marks = {
            int(place): bool(rewinds is not None and rewinds[row])
            for group, rewinds in zip(applied.points, applied.rewinds, strict=True)
            for row, place in enumerate(group.order)
        }
        for place, step in enumerate(steps):
            tags = ("a", "b") if place in halves[0] else ("b", "c")
            assert marks[place] == any(last.get(tag, step - 1) >= step for tag in tags)
            for tag in tags:
                last[tag] = step
                written[tag].append(step)
    for tag, steps in written.items():
        assert tracks[tag].shown == len(loader(steps))
    assert superseded == sum(len(steps) - len(loader(steps)) for steps in written.values())


def test_what_an_earlier_conversion_wrote_is_replaced_not_superseded() -> None:
    """The two are counted apart."""
    tracks = {"a": Track("scalar")}
    apply([points(("a",), [1, 2, 3], [1, 2, 3])], tracks, 7)
    tracks = {"a": Track.from_json(tracks["a"].to_json())}
    applied = apply([points(("a",), [4, 2], [1, 2])], tracks, 7)
    assert (applied.superseded.total(), applied.replaced) == (1, 2)
    assert tracks["a"].shown == 2


def steps_of(track: Track) -> list[int]:
    return [a + b * n for a, b, count, _ in track.progressions for n in range(count)]


def taken(steps: list[int], numbers: list[float], size: int) -> tuple[Applied, Track, Curve]:
    """What becomes of records that come `size` at a time, and the curve of a figure of them."""
    track, sketch = Track("scalar"), Sketch(draw=True)
    curve = sketch.curves["a"] = Curve(width=4)
    whole = Applied([], [])
    for start in range(0, len(steps), size):
        end = start + size
        order = list(range(start + 1, min(end, len(steps)) + 1))
        told = np.asarray(numbers[start:end])[:, None]
        some = replace(points(("a",), steps[start:end], order), values=told)
        applied = apply([some], {"a": track}, 0, sketch)
        whole.superseded.update(applied.superseded)
        whole.repeated += applied.repeated
    return whole, track, curve


@given(st.lists(st.integers(-4, 2), min_size=1, max_size=60), st.integers(0, 3))
def test_a_step_that_is_said_again_and_again_is_one_step(turns: list[int], kinds: int) -> None:
    """All at once is what it is one by one."""
    steps = np.cumsum(np.maximum(turns, -3) * (np.arange(len(turns)) % 4 == 0)).tolist()
    numbers = [float(at % (kinds + 1)) for at in range(len(steps))]
    once, track, curve = taken(steps, numbers, len(steps))
    single, its_track, its_curve = taken(steps, numbers, 1)
    assert once.superseded == single.superseded
    assert once.repeated >= single.repeated == 0
    assert steps_of(track) == steps_of(its_track) == loader(steps)
    assert track.shown == its_track.shown
    np.testing.assert_array_equal(curve.bins, its_curve.bins)
    assert curve.filled == its_curve.filled


def test_a_million_records_of_one_step_are_little_work() -> None:
    """The same is done of all of them at once; where steps fall, it is as much work for each."""
    same, falling = [3] * 20_000, list(range(4_000, 0, -1))
    for steps, most in ((same, 2_000), (falling, 60 * len(falling))):
        assert calls(lambda steps=steps: taken(steps, [1.0] * len(steps), len(steps))) < most  # type: ignore[misc]
