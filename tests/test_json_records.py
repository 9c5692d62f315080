"""Records of JSON logs become the same rows together as each alone."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tbingest.formats.readers import records as reading
from tbingest.formats.readers.records import group_records
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    import pytest

NAMES = st.sampled_from(["a", "b", "a/b", "c"])
LEAVES = st.one_of(
    st.floats(allow_nan=False),
    st.sampled_from([0, 7, 2**53 + 1, 2**63, 10**400, True, None]),
    st.sampled_from(["word", "", " ", "nan", "-Infinity"]),
    st.sampled_from([[], [1, 2.5], [[1], [2]], ["word"], {}]),
)
VALUES = st.recursive(LEAVES, lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=6)


def told(items: Any) -> tuple[list[Problem], dict[str, list[tuple[int, list[Any]]]]]:
    """(problems, by shape the line and the values of each record)."""
    problems: list[Problem] = []
    rows: dict[str, list[tuple[int, list[Any]]]] = defaultdict(list)
    for shape, item in items:
        if isinstance(item, Problem):
            problems.append(item)
            continue
        columns = [
            column.astype(np.float64).tolist() if isinstance(column, np.ndarray) else column
            for column in item.columns.values()
        ]
        rows[shape] += zip(item.order.tolist(), map(list, zip(*columns, strict=True)), strict=True)
    return problems, dict(rows)


@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=3), min_size=1, max_size=3), st.data())
def test_records_are_the_same_rows_together_and_alone(
    kinds: list[dict[str, Any]], data: st.DataObject
) -> None:
    """Whole numbers beside others are floats, so values are compared as such."""
    records = data.draw(st.lists(st.sampled_from(kinds), max_size=9))
    lines = range(3, 3 + 2 * len(records), 2)

    together = told(group_records(records, lines))

    each = [
        item
        for one, line in zip(records, lines, strict=True)
        for item in group_records([one], [line])
    ]
    assert repr(together) == repr(told(each))


def test_nested_records_that_are_alike_are_read_by_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Record by record they take three times as long."""
    monkeypatch.setattr(reading, "flatten", None)
    losses = [{"step": at, "train": {"loss": 1 / (at + 1), "lr": 0.1}} for at in range(5)]
    scores = [{"step": 5, "split": "val", "val": {"score": {"f1": 0.5}}}]

    shapes = [
        rows for _, rows in group_records(losses + scores, range(6)) if isinstance(rows, Rows)
    ]

    assert [list(rows.columns) for rows in shapes] == [
        ["step", "train/loss", "train/lr"],
        ["step", "split", "val/score/f1"],
    ]
