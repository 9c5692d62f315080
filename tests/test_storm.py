"""Anything after anything: random histories of logs, and of tbingest that looks at them.

`helpers.storm` says what may happen, `helpers.worlds`, `wholes` and `others` what must be shown.
"""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from helpers.storm import ACTS, Storm
from helpers.wholes import THINGS
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.filterwarnings("ignore:.*fork")

Acts = list[tuple[int, int, int, int]]
ACT = st.tuples(
    st.integers(0, len(ACTS) - 1), st.integers(0, 9_999), st.integers(0, 30), st.integers(0, 30)
)


@settings(
    max_examples=100,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(THINGS)), st.integers(0, 1)), min_size=1, max_size=3),
    st.lists(ACT, min_size=3, max_size=20),
)
def test_any_history_shows_what_was_written(things: list[tuple[str, int]], acts: Acts) -> None:
    """Of logs, documents, databases and checkpoints."""
    play(things, acts)


@pytest.mark.parametrize(
    "history",
    [
        # A conversion dies while it makes an event file that takes the place of others.
        ([("Lines", 0), ("Document", 0)], [(15, 10, 1, 0), (22, 11, 0, 0), (21, 5, 1, 15)]),
        (
            [("Checkpoints", 0), ("Widening", 0)],
            [(21, 0, 0, 14), (1, 320, 0, 0), (22, 11, 0, 0), (21, 8, 0, 24)],
        ),
        # The part with the header is gone, and the options change.
        ([("Table", 0)], [(9, 6870, 21, 0), (4, 0, 3, 0), (2, 3778, 0, 0), (28, 11, 0, 0)]),
        # A follower has begun to read anew, with other options, when the part with the header goes.
        (
            [("Table", 0), ("Table", 1)],
            [(3, 2180, 1, 0), (2, 2, 10, 0), (28, 7, 0, 0), (16, 1, 0, 0), (7, 3014, 0, 0)],
        ),
        # One of two logs is empty, and the state of both is gone.
        ([("Table", 0), ("Widening", 0)], [(6, 9090, 0, 0), (4, 4136, 0, 0), (22, 0, 0, 0)]),
        # What follows the part with the header is a table without one for itself.
        (
            [("Pictures", 1), ("Table", 0), ("Preamble", 0)],
            [(8, 2944, 1, 20), (0, 1, 2, 6), (1, 1, 3, 6)],
        ),
        # A sister comes before every log was read without its state.
        (
            [("Sisters", 1), ("Table", 1), ("Console", 0)],
            [(23, 5, 0, 0), (0, 6, 10, 0), (17, 5, 0, 0), (0, 9, 0, 0)],
        ),
        # A log comes where an event file of an unknown past is gone.
        (
            [("Pictures", 1), ("Epochs", 0), ("Document", 0)],
            [(0, 6563, 0, 0), (23, 1, 0, 0), (24, 4, 0, 0), (4, 1, 0, 0)],
        ),
        # Everything is read anew while an event file holds what no state tells of.
        (
            [("Dumps", 0)],
            [(4, 2, 1, 0), (6, 5, 17, 0), (22, 0, 0, 0), (16, 10, 0, 0), (19, 1, 0, 0)],
        ),
        # A conversion dies between a rewind and what it gives out again, without a state.
        (
            [("Epochs", 0), ("Widening", 1), ("Preamble", 1)],
            [(7, 3, 0, 0), (8, 6315, 1, 0), (22, 7, 0, 0), (2, 6672, 0, 0), (20, 11, 28, 18)],
        ),
        # A conversion dies in reading everything anew, and everything is read anew again.
        (
            [("Widening", 0), ("Console", 0), ("Rows", 1)],
            [(28, 4, 0, 0), (8, 4831, 0, 0), (20, 5, 0, 16), (19, 9, 0, 0)],
        ),
        # Settings are read before there is a curve, and change.
        (
            [("Database", 0), ("Settings", 0)],
            [(9, 6, 1, 0), (1, 0, 0, 1), (17, 8, 0, 0), (7, 1, 0, 0)],
        ),
        # A conversion dies between the settings that it keeps and the source that says them.
        (
            [("Document", 0), ("Settings", 1)],
            [
                (9, 756, 0, 0),
                (4, 9, 0, 0),
                (27, 3, 0, 0),
                (4, 7, 0, 0),
                (20, 0, 7, 18),
                (3, 9, 0, 0),
            ],
        ),
        # The same where the state was built anew.
        (
            [("Settings", 0)],
            [(16, 0, 1, 0), (9, 1, 1, 0), (23, 10, 0, 0), (20, 7, 4, 3), (7, 4, 0, 0)],
        ),
        # A conversion dies while it writes as much anew as an event file had lost.
        ([("Preamble", 1), ("Dumps", 0)], [(27, 5, 18, 22), (7, 5, 0, 0), (21, 11, 2, 5)]),
        # Half of the steps are left out, and come late.
        ([("Rows", 1), ("Pictures", 1)], [(2, 0, 0, 27), (8, 0, 2, 10), (0, 7048, 17, 0)]),
    ],
)
def test_what_once_went_wrong(history: tuple[list[tuple[str, int]], Acts]) -> None:
    """Shrunk from longer histories."""
    play(*history)


@pytest.mark.soak
@pytest.mark.parametrize("block", range(100))
def test_five_thousand_histories_show_what_was_written(block: int) -> None:
    for seed in range(50 * block, 50 * block + 50):
        play(*drawn(seed))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_conversion_may_die_at_every_call_of_a_history(seed: int) -> None:
    """In the middle of one, whatever is new then."""
    assert died(seed) > 5


@pytest.mark.soak
@pytest.mark.parametrize("block", range(20))
def test_conversions_may_die_at_every_call_of_two_hundred_histories(block: int) -> None:
    for seed in range(10 * block + 10, 10 * block + 20):
        died(seed)


def drawn(seed: int) -> tuple[list[tuple[str, int]], Acts]:
    """A history by lot."""
    dice = random.Random(seed)
    things = [(dice.choice(sorted(THINGS)), dice.randrange(2)) for _ in range(dice.randint(1, 3))]
    acts = [
        (dice.randrange(len(ACTS)), dice.randrange(10_000), *dice.choices(range(31), k=2))
        for _ in range(dice.randint(3, 25))
    ]
    return things, acts


def play(things: list[tuple[str, int]], acts: Acts, *, dies: bool = False) -> int:
    """Judge a history; with `dies`, a conversion at its end dies at every place: how many."""
    with TemporaryDirectory() as folder:
        storm = Storm(Path(folder), things)
        try:
            storm.play(acts, at_last="nothing" if dies else "look")
            return storm.kill_everywhere() if dies else 0
        except BaseException as error:
            error.add_note(" ".join(storm.done))
            raise


def died(seed: int) -> int:
    """In how many places a conversion died behind some of a history's acts and a few writes."""
    things, acts = drawn(seed)
    write = ACTS.index("act")
    dice = random.Random(-seed)
    more = [(write, dice.randrange(10_000), *dice.choices(range(31), k=2)) for _ in range(4)]
    return play(things, [*acts[:8], *more], dies=True)
