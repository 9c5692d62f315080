"""Steps that fall back or repeat, against a model of what TensorBoard's default loader shows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tbingest.model.points import Points
from tbingest.series.timeseries import Track, apply, progressions

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
    kept = [a + b * n for a, b, count, _ in track.progressions for n in range(count)]
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
