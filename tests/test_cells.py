"""Small blocks of a table are read without pandas: they give what pandas gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tbingest.formats.readers import cells
from tbingest.formats.readers.table import TableReader
from tbingest.formats.readers.table_layout import Layout
from tbingest.model.rows import Rows

NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str),
)
_ODD_WORDS = (
    "| |nan|NaN|nAn|inf|-inf|Infinity|1e400|1_000|+5|-0|007|5.|.5|1e5|1E-3|1 | 1|train|0x10|é"
)
ODD = st.sampled_from([*_ODD_WORDS.split("|"), "9" * 400])


def said(block: bytes, names: tuple[str, ...], *, small: bool) -> list[Any]:
    """The rows and remarks of a table, read without pandas or with it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "SMALL", 1 << 18 if small else -1)
        patch.setattr(cells, "FEW_ROWS", 256 if small else -1)
        reader = TableReader(layout=Layout(",", names, header_lines=0))
        found = [*reader.feed(block), *reader.close()]
    return [
        {
            name: (values.dtype.str, (values + 0).tobytes())  # -0 is 0
            if isinstance(values, np.ndarray)
            else values
            for name, values in {**item.columns, ":order": item.order}.items()
        }
        if isinstance(item, Rows)
        else item
        for item in found
    ]


@given(
    st.integers(2, 4).flatmap(
        lambda width: st.lists(
            st.tuples(*[st.one_of(NUMBERS, NUMBERS, ODD)] * width), min_size=1, max_size=6
        )
    )
)
@example([("1", "2.5"), ("", "nan"), ("9007199254740993", "3")])
@example([("18446744073709551615", "1"), ("1", "1")])
@example([("1e400", "inf"), ("1", "1")])
@settings(max_examples=300, deadline=None)
def test_a_small_block_gives_what_pandas_gives(rows: list[tuple[str, ...]]) -> None:
    block = "".join(",".join(row) + "\n" for row in rows).encode()
    names = tuple("abcd"[: len(rows[0])])
    assert said(block, names, small=True) == said(block, names, small=False)


@pytest.mark.parametrize("block", [b"1,2,3\n4\n", b"1,2\n3,4,5\n6\n", b'1,"2"\n', b"1,\xff\n"])
def test_what_is_not_rectangular_is_read_alike(block: bytes) -> None:
    assert said(block, ("a", "b"), small=True) == said(block, ("a", "b"), small=False)


def test_a_block_of_few_rows_is_read_without_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long they are: of 100,000 columns, pandas takes 48 s and 300 MB more."""
    monkeypatch.setattr(cells._LargeBlock, "of", pytest.fail)
    row = ",".join(["0.25"] * 100_000)
    held = cells.block_of(f"{row}\n{row}\n".encode(), 100_000, ",", ".")
    assert held
    found = held.numbers(99_999)
    assert found
    assert found[0].tolist() == [0.25, 0.25]
