"""Text logs read by templates: the same points as line by line, whatever stands in the lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbingest.formats.textlog.matcher import matcher
from tbingest.formats.textlog.reader import TextLogReader, plan_of
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
    "far": lines(30, "step {n}00000000000000 loss {x:.3f}"),
}


def points(data: bytes, plan: dict[str, Any], enough: int, size: int) -> Iterator[object]:
    """Every `Rows` of a log as plain values, and what the reader saves at its end."""
    reader = TextLogReader(plan=plan)
    reader._quick.enough = enough
    for start in range(0, len(data), size):
        for rows in reader.feed(data[start : start + size]):
            yield {name: list(map(str, column)) for name, column in rows.columns.items()}
            yield rows.order.tolist()
    for rows in reader.close():
        yield {name: list(map(str, column)) for name, column in rows.columns.items()}
    yield reader.recorder, reader.follower


@pytest.mark.parametrize("name", LOGS)
def test_known_templates_say_the_same_as_line_by_line(name: str) -> None:
    """Points, lines, runs, times and the state are the same, in small blocks as in large ones."""
    data = LOGS[name].encode()
    plan = plan_of([data]).saved()
    for size in (100, 1 << 20):
        slow = list(points(data, plan, 1 << 60, size))
        assert list(points(data, plan, 1, size)) == slow
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
    pattern = matcher(text)
    if pattern is None:
        return
    pieces = TOKEN.split(text)
    other = "".join(a + b for a, b in zip(pieces[::2], [*numbers, *[""] * 99], strict=False))
    for one in (text, other):
        found = pattern.fullmatch(one)
        if found:
            assert list(found.groups()) == TOKEN.split(one)[1::2]


def test_a_date_is_not_taken_for_its_numbers() -> None:
    """Where other digits would make another token there is no matcher."""
    for text in ("1-2-3", "a 1,234,5", "5:1 x", "1/2/3"):
        pattern = matcher(text)
        for other in ("2024-01-02", "a 1,234,567", "5:12 x", "2024/01/02"):
            found = pattern and pattern.fullmatch(other)
            assert not found or list(found.groups()) == TOKEN.split(other)[1::2]
