"""What is done for a cell, a record or a file, counted in calls: without a clock."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers.readers import read as reader
from helpers.work import assert_linear

from tbingest.axis.document import read_document
from tbingest.formats.registry import evidence
from tbingest.formats.textlog.reader import plan_of
from tbingest.model.contracts import Head

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS = 10


def calls(work: Callable[[], Any]) -> int:
    """How many functions `work` calls, those of C among them."""
    found = 0

    def count(_: Any, event: str, __: Any) -> None:
        nonlocal found
        found += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return found


def table(rows: int) -> Head:
    """A plain table of steps and random numbers, whole in its head."""
    values = np.random.default_rng(0).standard_normal((rows, COLUMNS - 1))
    lines = [f"{step}," + ",".join(map(str, row)) for step, row in enumerate(values.tolist())]
    header = "step," + ",".join(f"metric_{place}" for place in range(COLUMNS - 1))
    data = "\n".join([header, *lines, ""]).encode()
    return Head("log.csv", data, len(data))


def test_a_table_is_examined_column_by_column() -> None:
    """A further cell costs 5.8 calls of all formats together; cell by cell it was 14."""
    few, many = table(200), table(400)
    evidence(table(50))  # what is done once a process

    further = calls(lambda: evidence(many)) - calls(lambda: evidence(few))

    assert further / (200 * COLUMNS) < 8


def many_finals(count: int) -> dict[str, Any]:
    """Runs or parts with the same two numbers each."""
    return {f"part{at}": {"loss": at / 7, "acc": at / 9} for at in range(count)}


def many_names(count: int) -> list[bytes]:
    """Lines of one form whose names are all different."""
    return [b"".join(b"epoch %d loss%d: 0.%d\n" % (at, at, at + 1) for at in range(count))]


def other_names(count: int) -> list[dict[str, float]]:
    """Records that each hold a name of their own."""
    return [{"step": at, f"class{at}/iou": at / 7} for at in range(count)]


def many_tags(count: int) -> str:
    """A tidy table with a tag in each row."""
    return "tag,step,value\n" + "".join(f"class{at},{at},0.{at}\n" for at in range(count))


@pytest.mark.parametrize(
    ("make", "read", "size"),
    [
        (many_finals, read_document, 16_000),
        (many_names, plan_of, 16_000),
        (other_names, read_document, 16_000),
        (many_tags, partial(reader, "tidy"), 16_000),
    ],
    ids=["finals of one name", "names of one form", "a name a record", "a tag a row"],
)
def test_many_of_a_kind_are_judged_once(
    make: Callable[[int], Any], read: Callable[[Any], Any], size: int
) -> None:
    assert_linear(make, read, size)
