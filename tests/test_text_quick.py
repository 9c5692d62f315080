"""Text logs read by templates: the same points as line by line, whatever stands in the lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbingest.formats.textlog.columns import floats
from tbingest.formats.textlog.reader import TextLogReader, plan_of
from tbingest.formats.textlog.shapes import Lines, Shapes
from tbingest.formats.textlog.tokens import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator


def lines(count: int, form: str) -> str:
    """As many lines, with their number `n`, a falling `x`, an epoch `e` and a place `p` in it."""
    return "".join(
        form.format(n=n, x=1 / (n + 1), e=n // 10, p=n % 10, m=n % 60) + "\n" for n in range(count)
    )


LOGS = {
    "counter": lines(50, "iter {n}: loss {x:.4f}, time {x:.2f}ms, mfu {x:.1e}%"),
    "padded": lines(120, "Epoch: [{e:3}][{p:4}/10] lr: {x:g} loss: {x:.3f} ({x:.2f})"),
    "stamped": lines(60, "[2024-01-02 03:04:{m:02},123] INFO step {n} | loss={x:.3f}"),
    "thousands": lines(1500, "step {n:,} - reward {x:.3f}"),
    "restarted": lines(40, "step {n} loss {x:.3f}") + lines(40, "step {n} loss {x:.3f}"),
    "again": "step 0 loss 3.5\nstep 0 loss 4.5\n" + lines(40, "step {n} loss {x:.3f}") * 2,
    "nan": lines(30, "step {n} loss {x:.3f}") + lines(30, "step {n} loss nan"),
    "below": lines(40, "step {n} loss {x:.3f}\nval acc: {x:.3f}\n"),
    "titled": lines(40, "step {n} loss {x:.3f}\nValidation:\nacc: {x:.3f}"),
    "table": "epoch  loss  acc\n" + lines(60, "{n}  {x:.3f}  {x:.2f}"),
    "bars": lines(60, "{m}%|### | {n}/60 [00:{m:02}<00:20, 2.5it/s, loss={x:.3f}]"),
    "nameless": lines(40, "step {n} loss {x:.3f}\nall {n} {m} {x:.2f} {x:.3f}"),
    "dicts": lines(40, "{{'loss': {x:.3f}, 'grad_norm': {x:.2f}, 'epoch': {e}.{p}}}"),
    "pairs": lines(90, "Epoch [{e}/9], Step [{p}/10], Loss: {x:.3f}") + lines(20, "val_acc {x}"),
    "passes": lines(90, "Epoch {e}\nTest: [{p}/10] loss {x:.3f} ({x:.2f})\nacc {x:.3f}"),
    "nested": lines(90, "Epoch {e}:\nbatch {p} loss {x:.3f}\nmemory {m} MiB"),
    "epochs of bars": lines(90, "Epoch {e}: {p}0%|## | {p}/10 [00:{m:02}<00:20, loss={x:.3f}]"),
    "rows": ("epoch  loss  acc\n" + lines(30, "{n}  {x:.3f}  {x:.2f}")) * 3,
    "signs": lines(60, "step {n} reward -{x:.3f} loss {x:.1e}\nstep {n} reward {x:.3f} loss {x:g}"),
    "far": lines(30, "step {n}00000000000000 loss {x:.3f}"),
}


def points(data: bytes, plan: dict[str, Any], size: int, *, by_ways: bool) -> Iterator[object]:
    """Every `Rows` of a log as plain values, and what the reader saves at its end."""
    reader = TextLogReader(plan=plan)
    reader._quick.by_ways = by_ways
    for start in range(0, len(data), size):
        for rows in reader.feed(data[start : start + size]):
            yield {name: list(map(str, column)) for name, column in rows.columns.items()}
            yield rows.order.tolist()
    for rows in reader.close():
        yield {name: list(map(str, column)) for name, column in rows.columns.items()}
    yield reader.recorder, reader.follower
    yield sorted((one.key, one.lines, one.numbers, one.taken) for one in reader.account())


@pytest.mark.parametrize("name", LOGS)
def test_known_templates_say_the_same_as_line_by_line(name: str) -> None:
    """Points, lines, runs, times and the state are the same, in small blocks as in large ones."""
    data = LOGS[name].encode()
    plan = plan_of([data]).saved()
    for size in (100, 1 << 20):
        slow = list(points(data, plan, size, by_ways=False))
        assert list(points(data, plan, size, by_ways=True)) == slow
        assert len(slow) > 1


WORDS = (
    "loss epoch ep it step- e ms s v1 mAP50 T nan -inf e- 00:12 2024-01-02"
    " = | _ é @ : , / - + . [ ]( %"
)
FRAGMENTS = st.one_of(
    st.sampled_from([*WORDS.split(), " ", "  ", ": ", ", ", " / ", " - ", ". ", "3 days, ", " AM"]),
    st.sampled_from(["m ", "h ", "d "]),
    st.integers(0, 3000).map(str),
    st.floats(-9, 9).map(lambda x: f"{x:.2f}"),
)
LINE = st.lists(FRAGMENTS, min_size=1, max_size=12)


@settings(max_examples=600)
@given(LINE, st.lists(st.sampled_from(["7", "12", "2024", "0.5", "03", "1e-5", "5."]), min_size=9))
def test_a_matcher_takes_apart_what_the_tokens_are(line: list[str], numbers: list[str]) -> None:
    """With other numbers in their places, a line either is no match or has the same tokens."""
    text = "".join(line)
    pieces = TOKEN.split(text)
    other = "".join(a + b for a, b in zip(pieces[::2], [*numbers, *[""] * 99], strict=False))
    shapes, lines = Shapes(), Lines([text, other, text])
    for place, one in enumerate(lines.lines):
        cut = shapes.cut(lines, place)
        if cut:
            assert lines.tokens(place, cut) == TOKEN.split(one)[1::2]


def test_a_date_is_not_taken_for_its_numbers() -> None:
    """Where other digits would make another token, lines of the same shape are cut apart."""
    for text in ("1-2-3", "a 1,234,5", "5:1 x", "1/2/3", "at 12:30 x 5"):
        for other in ("2024-01-02", "a 1,234,567", "5:12 x", "2024/01/02", "at 1:30 x 5"):
            shapes, lines = Shapes(), Lines([text, other])
            for place, one in enumerate(lines.lines):
                assert shapes.looked(lines, place)[1] == TOKEN.split(one)[1::2]


NUMBERS = st.one_of(
    st.floats(0, 1e300).map(repr),
    st.floats(0, 1e9).map(lambda x: f"{x:.4f}"),
    st.floats(0, 1).map(lambda x: f"{x:.3e}"),
    st.integers(0, 10**20).map(str),
    st.sampled_from(["5.", ".5", "007", "-0.0", "+1.5", "0e0", "1e-400", "123456789012345e22"]),
)


@settings(max_examples=400)
@given(st.lists(NUMBERS, min_size=1, max_size=6))
def test_a_column_of_numbers_is_what_float_makes_of_each(numbers: list[str]) -> None:
    """To the last bit, whatever their length, and whatever stands in the lines around them."""
    lines = Lines([f"loss {one} acc" for one in numbers])
    for cut, places in Shapes().cuts(lines):
        if cut:
            found = floats(lines, lines.all_firsts[places], cut.tokens[0]).tolist()
            assert list(map(repr, found)) == [repr(float(numbers[place])) for place in places]
