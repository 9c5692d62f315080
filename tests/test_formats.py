"""Every format on small literal inputs: what it takes and reports, however the bytes arrive."""

from __future__ import annotations

import base64
import io
import json
import math
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers.places import SAMPLES
from helpers.readers import head_of, read, same, taken_for
from helpers.work import assert_linear, calls, peak
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

import tbingest
from tbingest.formats.checkpoints import npy
from tbingest.formats.readers.table_layout import sniff, to_number
from tbingest.formats.registry import evidence, formats
from tbingest.model.points import Histogram, HParams, Points
from tbingest.model.rows import Problem

if TYPE_CHECKING:
    from pathlib import Path


PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
SOUND = b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0" + struct.pack(
    "<HHIIHH4sI2h", 1, 1, 8000, 16000, 2, 16, b"data", 4, 1, 2
)


def table(text: str | bytes, name: str = "log.csv") -> list[dict[str, Any]]:
    """The records of a table that is read without a problem."""
    records, problems = read("table", text, name)
    assert problems == []
    return [fields for _, fields in records]


def points_of(path: Path) -> dict[tuple[str, str], list[tuple[int, float]]]:
    """(run, tag) to (step, value) of every scalar below a path."""
    found: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for points in tbingest.read(path, superseded=True):
        if points.kind == "scalar":
            values = np.asarray(points.values)
            for place, tag in enumerate(points.tags):
                pairs = zip(points.steps.tolist(), values[:, place].tolist(), strict=True)
                found.setdefault((points.run, tag), []).extend(pairs)
    return found


def kinds_of(path: Path) -> list[Points]:
    return list(tbingest.read(path))


# Tables: how they are written


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("step,loss\n10,0.5\n20,0.25\n", id="comma"),
        pytest.param("step\tloss\n10\t0.5\n20\t0.25\n", id="tab"),
        pytest.param("step;loss\n10;0,5\n20;0,25\n", id="semicolon and decimal comma"),
        pytest.param("step|loss\n10|0.5\n20|0.25\n", id="pipe"),
        pytest.param("step   loss\n10      0.5\n  20   0.25\n", id="blanks"),
        pytest.param(" step , loss \n 10 , 0.5\n20,  0.25 \n", id="padded header and cells"),
        pytest.param("# step,loss\n10,0.5\n20,0.25\n", id="commented header"),
        pytest.param("# made by hand\n\nstep,loss\n10,0.5\n20,0.25\n", id="comment before"),
        pytest.param("step,loss\r\n10,0.5\r\n20,0.25\r\n", id="CR LF"),
        pytest.param("step,loss\r\r\n10,0.5\r\r\n20,0.25\r\r\n", id="CR CR LF"),
        pytest.param("step,loss\r10,0.5\r20,0.25\r", id="CR"),
        pytest.param("step,loss\n10,0.5\n20,0.25", id="no last line end"),
        pytest.param('"step","loss"\n"10","0.5"\n"20","0.25"\n', id="everything quoted"),
        pytest.param("step,loss\n10,0.5\n\n   \n20,0.25\n\n", id="blank lines"),
    ],
)
def test_a_table_is_read_however_it_is_written(text: str) -> None:
    """Delimiter, padding, quotes, line ends and blank lines change no value."""
    assert table(text) == [{"step": 10, "loss": 0.5}, {"step": 20, "loss": 0.25}]


def test_a_quoted_cell_over_several_lines_is_one_cell() -> None:
    """The record after it has the line where it really begins."""
    records, problems = read("table", 'step,note,loss\n1,"a\nb, c",0.5\n2,"d",0.25\n')
    assert problems == []
    assert records == [
        (2, {"step": 1, "note": "a\nb, c", "loss": 0.5}),
        (4, {"step": 2, "note": "d", "loss": 0.25}),
    ]


def test_a_row_too_short_and_one_too_long_are_reported_with_their_lines() -> None:
    """The other rows are read; each report counts the values it cost."""
    records, problems = read("table", "step,loss,acc\n1,2,3\n4,5\n6,7,8,9\n10,11,12\n")
    assert [fields["step"] for _, fields in records] == [1, 10]
    assert [place for place, _ in records] == [2, 5]
    hint = "the header says how many a row has"
    assert problems == [
        Problem("", 3, None, "expected 3 fields, got 2", hint, 2),
        Problem("", 4, None, "expected 3 fields, got 4", hint, 4),
    ]


def test_a_short_row_that_makes_up_for_a_long_one_is_still_reported() -> None:
    """Counting separators alone would take both for good rows."""
    records, problems = read("table", "step,loss,acc\n1,2,3,\n4,5\n6,7,8\n9,8,7\n")
    assert [(place, fields["step"]) for place, fields in records] == [(4, 6), (5, 9)]
    assert [(problem.line, problem.what) for problem in problems] == [
        (2, "expected 3 fields, got 4"),
        (3, "expected 3 fields, got 2"),
    ]


def test_a_half_written_last_row_is_called_cut_off() -> None:
    """A growing file often ends in the middle of a row."""
    records, problems = read("table", "step,loss,acc\n1,2,3\n4,5")
    assert [fields["step"] for _, fields in records] == [1]
    assert problems == [
        Problem("", 3, None, "cut off after 2 of 3 fields", "is the file still growing?", 2)
    ]


def test_a_blank_is_missing_and_nan_is_a_value() -> None:
    """A missing value gives no point at all; NaN and infinities are kept."""
    rows = table("step,loss,acc\n1,,0.5\n2,nan,\n3,inf,-inf\n4,NaN,0.25\n")
    assert [set(row) for row in rows] == [
        {"step", "acc"},
        {"step", "loss"},
        {"step", "loss", "acc"},
        {"step", "loss", "acc"},
    ]
    assert math.isnan(rows[1]["loss"])
    assert (rows[2]["loss"], rows[2]["acc"]) == (math.inf, -math.inf)
    assert math.isnan(rows[3]["loss"])


@pytest.mark.parametrize("word", ["None", "null", "NA", "n/a", "<NA>", "-", "--"])
def test_words_for_missing_are_missing_in_a_column_of_numbers(word: str) -> None:
    """What programs write for "no value" is no misfit."""
    assert table(f"step,loss\n1,0.5\n2,{word}\n") == [{"step": 1, "loss": 0.5}, {"step": 2}]


def test_a_column_of_text_stays_text() -> None:
    """Also where a cell of it looks like a number or like a missing value."""
    rows = table("step,phase,loss\n1,train,0.5\n2,NA,0.25\n3,7,0.125\n")
    assert [row["phase"] for row in rows] == ["train", "NA", "7"]


def test_text_in_a_column_of_numbers_is_reported_with_its_line() -> None:
    """The other cells of the row are read."""
    records, problems = read("table", "step,loss,acc\n1,0.5,0.1\n2,oops,0.2\n")
    assert [fields for _, fields in records] == [
        {"step": 1, "loss": 0.5, "acc": 0.1},
        {"step": 2, "acc": 0.2},
    ]
    what = "column 'loss' holds numbers, here it is 'oops'"
    assert problems == [Problem("", 3, None, what, "is it column 2?", 1)]


@pytest.mark.parametrize("blank", ["", "None"])
def test_whole_numbers_beside_a_blank_stay_exact(blank: str) -> None:
    """2^53 + 1 is no float64: pandas would round it."""
    large = 2**53 + 1
    rows = table(f"step,tokens,loss\n1,{large},0.5\n2,{blank},0.25\n3,{large + 2},0.125\n")
    assert [row.get("tokens") for row in rows] == [large, None, large + 2]


def test_whole_numbers_beyond_64_bits_keep_their_sign_and_size() -> None:
    """2^63 fits no int64: it becomes the float next to it, and never wraps around."""
    rows = table(f"step,tokens\n1,{2**63}\n2,{2**64 - 1}\n")
    assert [row["tokens"] for row in rows] == [2.0**63, 2.0**64]
    assert table(f"step,tokens\n1,{10**30}\n2,{-(10**30)}\n")[0]["tokens"] == 1e30


def test_a_repeated_header_is_skipped() -> None:
    """Restarted programs append a header; it is neither a record nor a misfit."""
    records, problems = read("table", "step,loss\n1,0.5\nstep,loss\n1,0.25\n")
    assert problems == []
    assert records == [(2, {"step": 1, "loss": 0.5}), (4, {"step": 1, "loss": 0.25})]


def test_columns_with_one_name_are_both_kept() -> None:
    """The second gets a number."""
    assert table("step,loss,loss\n1,0.5,0.25\n2,0.125,0.0625\n")[0] == {
        "step": 1,
        "loss": 0.5,
        "loss (2)": 0.25,
    }


@pytest.mark.parametrize("cell", ["1_000", "\uff11\uff12", "0x10", "1e", "1.2.3", "1 2", "\u0663"])
def test_what_only_python_or_c_takes_for_a_number_is_none(cell: str) -> None:
    """`float` would take underscores and digits beyond ASCII."""
    assert to_number(cell, ".") is None
    _, problems = read("table", f"step,loss\n1,0.5\n2,{cell}\n3,0.25\n")
    assert [(problem.line, problem.values) for problem in problems] == [(3, 1)]


def test_nul_bytes_are_left_out_of_cells() -> None:
    """A crash may leave them anywhere; they hide no number."""
    assert table("step,loss\n1,0.5\n\0\0002,0.2\x005\n3,0.125\n")[1] == {"step": 2, "loss": 0.25}


def test_a_cell_beyond_the_limit_of_the_csv_module_is_read() -> None:
    """The standard limit is 131,072 bytes."""
    note = "x" * 200_000
    records, problems = read("table", f'step,loss,note\n1,0.5,"{note}"\n')
    assert problems == []
    assert records == [(2, {"step": 1, "loss": 0.5, "note": note})]


def test_a_quote_that_is_never_closed_costs_only_its_line() -> None:
    """What follows is read, once it is clear that the quote does not end."""
    records, _ = read("table", 'step,loss\n1,0.5\n2,"0.5\n' + "3,0.25\n4,0.125\n")
    assert [(place, fields.get("loss")) for place, fields in records if place != 3] == [
        (2, 0.5),
        (4, 0.25),
        (5, 0.125),
    ]


def test_a_quote_that_is_never_closed_is_no_quadratic_work() -> None:
    """As many times the rows are as many times the work."""
    assert_linear(
        lambda rows: 'step,loss\n1,"0.5\n' + "2,1\n" * rows,
        lambda text: read("table", text, cuts=range(1 << 14, len(text), 1 << 14)),
        64_000,
    )


def test_rows_behind_a_quote_that_is_never_closed_are_no_quadratic_work_at_the_end() -> None:
    """Each is asked whether it is the last: only that one may be cut off."""

    def table(rows: int) -> bytes:
        return b'step,loss\n1,2\n2,"' + b"a\n" * rows

    assert_linear(table, lambda data: read("table", data), 40_000)
    _, problems = read("table", table(3))
    assert [one.what for one in problems] == ["expected 2 fields, got 1"] * 3
    _, problems = read("table", table(3) + b"b")
    assert [one.what for one in problems][-1] == "cut off after 1 of 2 fields"


def test_a_quote_that_is_never_closed_swallows_at_most_a_megabyte() -> None:
    """What follows is read, once it is clear that the quote does not end."""
    row = f"{2},{'0' * 900}1\n"
    records, _ = read(
        "table", 'step,loss\n1,"0.5\n' + row * 2_000, cuts=range(0, 1_900_000, 1 << 18)
    )
    assert len(records) >= 2_000


def test_a_line_over_the_limit_is_reported_and_the_next_is_read() -> None:
    """The length of a line is bounded, so that memory is."""
    long = '{"step": 1, "note": "' + "x" * (9 << 20) + '"}\n'
    data = (long + '{"step": 2, "loss": 0.5}\n').encode()
    records, problems = read("jsonl", data, cuts=range(0, len(data), 1 << 20))
    assert records == [(2, {"step": 2, "loss": 0.5})]
    what = f"a line of {len(long):,} bytes is too long"
    assert problems == [Problem("", 1, None, what, "lines up to 8,388,608 bytes are read")]


def test_a_log_that_is_no_table_says_so_once() -> None:
    """However many pieces it comes in."""
    text = b"one two three\nfour\n" * 3
    assert sniff(head_of(text)) is None
    _, problems = read("table", text, cuts=[20, 40])
    assert problems == [Problem("", 1, None, "is not a table", "name a format with --as")]


def test_a_table_without_a_header_is_not_sure() -> None:
    """A matrix of numbers is no log."""
    layout = sniff(head_of(b"1,2,3\n4,5,6\n"))
    assert layout
    assert not layout.has_header
    found = {entry.name: said for entry, said in evidence(head_of(b"1,2,3\n4,5,6\n", "a.csv"))}
    assert found["table"].confidence < 0.5


def test_a_table_with_a_thousand_columns_keeps_them_all() -> None:
    """Names and values stay together."""
    names = [f"layer{place}" for place in range(1000)]
    text = "\n".join([",".join(names), ",".join(map(str, range(1000)))]) + "\n"
    assert table(text) == [{name: place for place, name in enumerate(names)}]


def midpoints() -> st.SearchStrategy[float]:
    """Doubles on, just below and just above the middle of two neighbouring float32."""

    def near(pair: tuple[int, int]) -> float:
        low = struct.unpack("<f", struct.pack("<I", pair[0]))[0]
        high = struct.unpack("<f", struct.pack("<I", pair[0] + 1))[0]
        middle = (low + high) / 2
        return [math.nextafter(middle, -math.inf), middle, math.nextafter(middle, math.inf)][
            pair[1]
        ]

    return st.tuples(st.integers(0, 0x7F7FFFFE), st.integers(0, 2)).map(near)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.floats(allow_nan=False) | midpoints(), min_size=30, max_size=80))
def test_numbers_are_rounded_once_to_the_nearest_float32(values: list[float]) -> None:
    """Text to float64 to float32 gives what Python and struct give, in tables and JSON alike."""
    values = [value for value in values if math.isfinite(value)]
    with np.errstate(over="ignore"):
        expected = np.asarray(values, np.float64).astype(np.float32)
    rows = table("step,x\n" + "".join(f"{n},{value!r}\n" for n, value in enumerate(values)))
    lines = "".join(f'{{"step": {n}, "x": {value!r}}}\n' for n, value in enumerate(values))
    records, problems = read("jsonl", lines)
    assert problems == []
    for got in ([row["x"] for row in rows], [fields["x"] for _, fields in records]):
        with np.errstate(over="ignore"):
            single = np.asarray(got, np.float64).astype(np.float32)
        assert single.tobytes() == expected.tobytes()


# JSON lines


def lines(text: str | bytes) -> list[dict[str, Any]]:
    records, problems = read("jsonl", text, "log.jsonl")
    assert problems == []
    return [fields for _, fields in records]


def test_json_lines_take_nan_and_infinity() -> None:
    """Python's own json writes these tokens; other parsers refuse them."""
    first, second = lines('{"step": 1, "loss": NaN}\n{"step": 2, "loss": -Infinity}\n')
    assert math.isnan(first["loss"])
    assert second["loss"] == -math.inf


def test_nested_objects_become_names_with_slashes() -> None:
    """As deep as they nest."""
    assert lines('{"step": 1, "val": {"acc": 0.5, "top": {"k5": 0.75}}}\n') == [
        {"step": 1, "val/acc": 0.5, "val/top/k5": 0.75}
    ]


def test_lists_strings_and_null_of_a_json_line(tmp_path: Path) -> None:
    """Lists of numbers are histograms, strings are texts, null is missing."""
    log = tmp_path / "log.jsonl"
    log.write_text(
        '{"step": 3, "loss": null, "grads": [0.1, -0.2, 0.05], "note": "warm-up"}\n'
        '{"step": 4, "loss": 0.5}\n'
    )
    found = {(points.kind, points.tags): points.steps.tolist() for points in kinds_of(log)}
    assert found == {
        ("histogram", ("grads",)): [3],
        ("text", ("note",)): [3],
        ("scalar", ("loss",)): [4],
    }


def test_a_half_written_last_record_is_called_cut_off() -> None:
    """It may be complete the next time."""
    records, problems = read("jsonl", '{"step": 1, "loss": 0.5}\n{"step": 2, "lo')
    assert records == [(1, {"step": 1, "loss": 0.5})]
    assert len(problems) == 1
    assert problems[0].line == 2
    assert (problems[0].what, problems[0].hint) == ("cut off", "is the file still growing?")


def test_a_broken_line_in_the_middle_costs_only_itself() -> None:
    """It is reported with its line and column."""
    records, problems = read("jsonl", '{"step": 1}\n{"step": 2, oops}\n{"step": 3}\n')
    assert [place for place, _ in records] == [1, 3]
    assert [(problem.line, problem.hint) for problem in problems] == [
        (2, "one object a line is expected")
    ]
    assert problems[0].column == 13
    assert problems[0].what.startswith("no JSON: ")


def test_a_line_that_is_no_object_is_reported() -> None:
    """A list or a number has no field names."""
    records, problems = read("jsonl", '{"step": 1}\n[1, 2]\n3\n{"step": 2}\n')
    assert [place for place, _ in records] == [1, 4]
    assert problems == [
        Problem("", 2, 1, "expected an object, got list", values=1),
        Problem("", 3, 1, "expected an object, got int", values=1),
    ]


def test_an_integer_of_five_thousand_digits_stops_nothing() -> None:
    """Python refuses to convert it: it is reported, or infinite, and the rest is read."""
    text = '{"step": 1, "n": ' + "9" * 5000 + '}\n{"step": 2, "n": 1}\n'
    records, problems = read("jsonl", text)
    assert (2, {"step": 2, "n": 1}) in records
    kept = dict(records).get(1, {}).get("n")
    assert kept == math.inf or [problem.line for problem in problems] == [1]


def test_a_large_integer_keeps_its_sign() -> None:
    """2^64 becomes a float and does not wrap around."""
    assert lines(f'{{"step": 1, "n": {2**64}}}\n') == [{"step": 1, "n": 2.0**64}]


def test_a_number_beyond_float64_is_infinite_and_that_is_said() -> None:
    """As every JSON parser of Python reads it; what is written as infinite is none."""
    text = '{"step": 1, "loss": Infinity}\n{"step": 2, "loss": 1e400}\n'
    records, [problem] = read("jsonl", text, "log.jsonl")
    assert [values["loss"] for _, values in records] == [math.inf] * 2
    assert (problem.line, problem.what) == (2, "a number beyond all floats is shown as infinite")


def test_a_lone_surrogate_is_replaced_before_it_is_shown(tmp_path: Path) -> None:
    """It is no Unicode text: TensorBoard would answer 500 for the tag."""
    log = tmp_path / "log.jsonl"
    log.write_text('{"step": 1, "loss": 0.5, "a\\ud800b": 2, "note": "x\\udc00y"}\n{"step": 2}\n')
    tbingest.convert(log, tmp_path / "runs")
    assert ("log", "a?b") in points_of(log)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param('{"a":' * 100_000, id="100,000 objects deep"),
        pytest.param('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", id="100,000 lists deep"),
    ],
)
def test_deep_nesting_is_reported(line: str) -> None:
    """No parser is let to run out of stack; the next line is read."""
    records, problems = read("jsonl", line + '\n{"step": 2, "loss": 0.5}\n')
    assert records == [(2, {"step": 2, "loss": 0.5})]
    assert [problem.line for problem in problems] == [1]


def test_of_two_equal_keys_the_last_one_wins_and_that_is_said() -> None:
    """As in every JSON parser of Python."""
    records, [problem] = read("jsonl", '{"step": 1, "loss": 1, "loss": 2}\n', "log.jsonl")
    assert [values for _, values in records] == [{"step": 1, "loss": 2}]
    what = "the key 'loss' stands twice in an object: its last value is read"
    assert (problem.line, problem.what) == (1, what)


def test_the_step_of_a_json_line_beyond_64_bits_is_no_step(tmp_path: Path) -> None:
    """Its values are reported, with the line, not put somewhere."""
    log = tmp_path / "log.jsonl"
    log.write_text('{"step": 1, "loss": 1}\n{"step": 1e30, "loss": 2}\n{"step": 3, "loss": 3}\n')
    reading = tbingest.read(log)
    steps = [step for points in reading for step in points.steps.tolist()]
    assert steps == [1, 3]
    assert [(problem.line, problem.what) for problem in reading.problems] == [
        (2, "'step' is not a step: its values have no place")
    ]


# JSON documents


@pytest.mark.parametrize(
    "text",
    [
        '[{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}]',
        '{"epoch": [1, 2], "loss": [0.5, 0.25]}',
    ],
    ids=["records", "columns"],
)
def test_a_json_document_of_records_or_columns(text: str) -> None:
    """Both say the same."""
    assert taken_for(text, "log.json") == "json"
    records, problems = read("json", text)
    assert problems == []
    assert records == [(1, {"epoch": 1, "loss": 0.5}), (2, {"epoch": 2, "loss": 0.25})]


def test_a_json_document_of_pairs_has_a_step_for_every_value(tmp_path: Path) -> None:
    """Every tag has steps of its own."""
    log = tmp_path / "scalars.json"
    log.write_text('{"train/loss": [[10, 0.5], [20, 0.25]], "val/loss": [[20, 0.75]]}')
    assert points_of(log) == {
        ("scalars", "train/loss"): [(10, 0.5), (20, 0.25)],
        ("scalars", "val/loss"): [(20, 0.75)],
    }


def test_a_torn_json_document_gives_all_but_its_last_record() -> None:
    """The last record may be half of one."""
    records, problems = read("json", '[{"epoch": 1, "loss": 0.5}, {"epoch": 2, "lo')
    assert records == [(1, {"epoch": 1, "loss": 0.5})]
    what = "ends in the middle: its last record is left out"
    assert [(problem.line, problem.what, problem.hint) for problem in problems] == [
        (1, what, "is the file still being written?")
    ]


def test_a_json_document_that_is_none_is_reported() -> None:
    """With line and column."""
    records, problems = read("json", '[{"epoch": 1},\n oops]')
    assert records == []
    assert [(problem.line, problem.hint) for problem in problems] == [(2, "is it complete?")]


def test_an_item_that_is_no_object_is_reported_by_its_number() -> None:
    """The others are read."""
    records, problems = read("json", '[{"epoch": 1, "loss": 2}, 7, {"epoch": 3, "loss": 4}]')
    assert [place for place, _ in records] == [1, 3]
    assert problems == [Problem("", None, None, "record 2: expected an object, got int", values=1)]


# Frameworks


def test_lightning_keeps_its_column_names(tmp_path: Path) -> None:
    """Tags are those of Lightning's TensorBoardLogger, `epoch` too."""
    log = tmp_path / "metrics.csv"
    log.write_text("epoch,lr-Adam,step,train_loss,val_loss\n,0.5,4,,\n0,,4,0.25,\n0,,31,,0.75\n")
    assert taken_for(log.read_bytes(), "logs/version_0/metrics.csv") == "lightning"
    assert {tag: pairs for (_, tag), pairs in points_of(log).items()} == {
        "epoch": [(4, 0.0), (31, 0.0)],
        "lr-Adam": [(4, 0.5)],
        "train_loss": [(4, 0.25)],
        "val_loss": [(31, 0.75)],
    }


def test_hugging_face_tags_are_those_of_its_callback(tmp_path: Path) -> None:
    """`eval_` and `test_` fold, everything else is `train/`."""
    log = tmp_path / "trainer_state.json"
    log.write_text(
        json.dumps(
            {
                "global_step": 20,
                "log_history": [
                    {"epoch": 0.5, "loss": 0.75, "step": 10},
                    {"epoch": 1.0, "eval_loss": 0.5, "step": 20},
                    {"epoch": 1.0, "test_acc": 0.25, "step": 20},
                ],
            }
        )
    )
    assert taken_for(log.read_bytes(), log.name) == "hf-trainer"
    assert {tag: pairs for (_, tag), pairs in points_of(log).items()} == {
        "train/epoch": [(10, 0.5), (20, 1.0), (20, 1.0)],
        "train/loss": [(10, 0.75)],
        "eval/loss": [(20, 0.5)],
        "test/acc": [(20, 0.25)],
    }


def test_keras_has_the_runs_and_tags_of_its_callback(tmp_path: Path) -> None:
    """CSVLogger and a saved History give the same runs, tags and epochs."""
    table_log, history = tmp_path / "log.csv", tmp_path / "history.json"
    table_log.write_text("epoch,acc,loss,val_acc,val_loss\n0,0.5,1,0.25,2\n1,0.75,3,0.5,4\n")
    history.write_text(
        '{"acc": [0.5, 0.75], "loss": [1, 3], "val_acc": [0.25, 0.5], "val_loss": [2, 4]}'
    )
    assert taken_for(table_log.read_bytes(), "log.csv") == "keras-csv"
    assert taken_for(history.read_bytes(), "history.json") == "keras-history"
    for log, run in ((table_log, "log"), (history, "history")):
        assert points_of(log) == {
            (f"{run}/train", "epoch_acc"): [(0, 0.5), (1, 0.75)],
            (f"{run}/train", "epoch_loss"): [(0, 1.0), (1, 3.0)],
            (f"{run}/validation", "epoch_acc"): [(0, 0.25), (1, 0.5)],
            (f"{run}/validation", "epoch_loss"): [(0, 2.0), (1, 4.0)],
        }


@pytest.mark.parametrize(
    ("text", "name", "form"),
    [
        ('{"epoch": 3.0, "eval_loss": 0.55}', "all_results.json", "hf-results"),
        ('{"step": 1, "loss": 2}\n{"step": 2, "loss": 3}\n', "train.log", "jsonl"),
        ("step,loss\n1,2\n2,3\n", "train.csv", "table"),
        ("lr: 0.1\n", "hparams.yaml", "config"),
        ("# Notes\n", "README.md", "notes"),
        (PICTURE, "a.png", "image"),
    ],
)
def test_a_log_is_taken_for_what_it_is(text: str | bytes, name: str, form: str) -> None:
    """The surest format is the right one."""
    assert taken_for(text, name) == form


# Configs


def hparams(text: str, name: str = "hparams.yaml") -> dict[str, Any]:
    records, problems = read("config", text, name)
    assert problems == []
    [(_, fields)] = records
    value = fields[""]
    assert isinstance(value, HParams)
    return dict(value.values)


def test_a_config_is_flattened_and_typed() -> None:
    """`1e-3` is a number, though YAML 1.1 has it for a string; lists are shown as text.

    A null is left out.
    """
    found = hparams("optimizer:\n  name: adam\n  lr: 1e-3\nlayers: [1, 2]\namp: true\nseed: 7\n")
    assert found == {
        "optimizer/name": "adam",
        "optimizer/lr": 0.001,
        "layers": "[1, 2]",
        "amp": True,
        "seed": 7.0,
    }
    assert hparams('{"lr": 0.5, "note": null}', "config.json") == {"lr": 0.5}


def test_of_many_keys_it_is_said_how_many_are_shown() -> None:
    """Of exactly five thousand all are shown, and nothing is to be said."""
    assert len(hparams(json.dumps({f"k{n}": n for n in range(5000)}), "config.json")) == 5000
    (_, problems) = read("config", json.dumps({f"k{n}": n for n in range(5001)}), "config.json")
    assert [problem.what for problem in problems] == ["only the first 5,000 keys are shown"]


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system ['touch {}']",
        "!!python/object/new:os.system ['touch {}']",
        "!!python/object/apply:subprocess.check_output [[touch, '{}']]",
        "!!python/name:os.system",
    ],
)
def test_yaml_runs_no_code(tag: str, tmp_path: Path) -> None:
    """Tags that call Python are inert: the canary is not made, and the other keys are read."""
    canary = tmp_path / "canary"
    found = hparams(f"lr: 0.5\nx: {tag.format(canary)}\n")
    assert found["lr"] == 0.5
    assert not canary.exists()


@pytest.mark.parametrize(
    "leaf",
    ["[{a}, {a}, {a}, {a}, {a}, {a}, {a}, {a}, {a}]", "{{p: {a}, q: {a}, r: {a}, s: {a}}}"],
    ids=["lists", "mappings"],
)
def test_an_alias_bomb_is_no_more_work_than_its_first_values(leaf: str) -> None:
    """A few lines that stand for millions of values are bounded in work and keys."""

    def bomb(levels: int) -> str:
        lines = [f"a{n}: &a{n} " + leaf.format(a=f"*a{n - 1}") for n in range(1, levels)]
        return "\n".join(["a0: &a0 lol", *lines, ""])

    records, _ = read("config", bomb(12), "hparams.yaml")
    assert len(records[0][1][""].values) <= 5_000
    fewer, more = (calls(lambda n=n: read("config", bomb(n), "hparams.yaml")) for n in (8, 16))
    assert more < 4 * fewer


def test_broken_yaml_is_reported_with_its_place() -> None:
    """Line and column count from 1."""
    records, problems = read("config", "lr: 0.1\nx: [1, 2\n", "hparams.yaml")
    assert records == []
    assert len(problems) == 1
    assert problems[0].what.startswith("no YAML: ")
    assert problems[0].line == 3


# Dumps


def histograms(reading: tbingest.Reading) -> list[str]:
    """The tags of all histograms."""
    return [tag for points in reading if points.kind == "histogram" for tag in points.tags]


def dump(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def test_arrays_of_every_plain_kind_become_exact_histograms(tmp_path: Path) -> None:
    """Big-endian, Fortran order, half precision and bool: every finite number is in a bucket."""
    path = tmp_path / "weights_step_7.npz"
    path.write_bytes(
        dump(
            big=np.arange(5, dtype=">f4"),
            fortran=np.asfortranarray(np.arange(6.0).reshape(2, 3)),
            half=np.arange(4, dtype=np.float16),
            flags=np.array([True, False, True]),
            one=np.float64(3.0),
            some=np.array([1.0, np.nan, np.inf, 2.0]),
        )
    )
    counts = {}
    sums = {}
    for points in kinds_of(path):
        assert points.steps.tolist() == [7]
        for tag, value in zip(points.tags, points.values[0], strict=True):
            if isinstance(value, Histogram):
                counts[tag] = float(value.buckets[:, 2].sum())
                sums[tag] = (value.buckets[0, 0], value.buckets[-1, 1])
    assert counts == {
        "weights/big": 5,
        "weights/fortran": 6,
        "weights/half": 4,
        "weights/flags": 3,
        "weights/one": 1,
        "weights/some": 2,
    }
    low, high = sums["weights/big"]
    assert low <= 0
    assert high >= 4


def test_arrays_that_have_no_histogram_are_reported(tmp_path: Path) -> None:
    """Python objects are never loaded; empty and all-NaN arrays have no distribution."""
    path = tmp_path / "weights.npz"
    path.write_bytes(
        dump(
            objects=np.array([{"a": 1}], dtype=object),
            empty=np.array([]),
            nothing=np.array([np.nan, np.nan]),
            good=np.array([1.0]),
        )
    )
    reading = tbingest.read(path)
    assert histograms(reading) == ["weights/good"]
    assert sorted(problem.what for problem in reading.problems) == [
        "empty: is empty",
        "nothing: has no finite number",
        "objects: holds Python objects, which are never loaded",
    ]


def test_a_complex_array_is_two_histograms(tmp_path: Path) -> None:
    """Of its real and its imaginary parts."""
    path = tmp_path / "weights.npz"
    path.write_bytes(dump(waves=np.array([1 + 2j, 3 + 4j])))
    reading = tbingest.read(path)
    assert histograms(reading) == ["weights/waves/real", "weights/waves/imag"]
    assert reading.problems == []


def with_shape(shape: str, data: bytes = b"\0" * 16) -> bytes:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return npy.MAGIC + b"\x01\x00" + struct.pack("<H", len(header)) + header + data


@pytest.mark.parametrize("shape", ["(1000000000000,)", "(2, 1000000, 1000000)", "(3,)"])
def test_a_header_that_lies_about_its_size_is_refused(shape: str, tmp_path: Path) -> None:
    """The size is compared with the file before a byte is allocated."""
    single = tmp_path / "a" / "array.npy"
    single.parent.mkdir()
    single.write_bytes(with_shape(shape))
    packed = tmp_path / "b" / "weights.npz"
    packed.parent.mkdir()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("layer.npy", with_shape(shape))
    for path in (single, packed):
        reading = tbingest.read(path)
        assert list(reading) == []
        [problem] = reading.problems
        assert "more than the file holds" in problem.what or "ends before" in problem.what


@pytest.mark.parametrize("shape", ["(-1,)", "(2.5,)", "('x',)", "(1,) * 9", "(((("])
def test_a_header_with_a_shape_that_is_none_is_refused(shape: str, tmp_path: Path) -> None:
    """It is a problem of the file, never a crash."""
    path = tmp_path / "array.npy"
    path.write_bytes(with_shape(shape))
    reading = tbingest.read(path)
    assert [tag for points in reading for tag in points.tags] == []
    assert len(reading.problems) == 1


def test_an_array_without_a_zero_byte_is_still_an_array(tmp_path: Path) -> None:
    """Its first bytes tell it from text."""
    path = tmp_path / "array.npy"
    np.save(path, np.full(100_000, 0.1, np.float32))
    [value] = [points.values[0][0] for points in kinds_of(path) if points.kind == "histogram"]
    assert isinstance(value, Histogram)
    assert value.buckets[:, 2].sum() == 100_000


def test_a_header_of_fifty_megabytes_is_refused(tmp_path: Path) -> None:
    """The header is not parsed: that would take as much memory several times."""
    path = tmp_path / "array.npy"
    size = 50 << 20
    path.write_bytes(npy.MAGIC + b"\x02\x00" + struct.pack("<I", size) + bytes(size))
    reading = tbingest.read(path)
    found: list[Any] = []
    assert peak(lambda: found.extend(reading)) < size
    assert found == []
    assert len(reading.problems) == 1


def test_a_zip_bomb_of_zeros_is_refused(tmp_path: Path) -> None:
    """A member that unpacks to far more than its size is not unpacked."""
    path = tmp_path / "weights.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.npy", with_shape("(10000000,)", bytes(80_000_000)))
        archive.writestr("good.npy", with_shape("(2,)"))
    reading = tbingest.read(path)
    assert histograms(reading) == ["weights/good"]
    [problem] = reading.problems
    assert problem.what == "bomb: unpacks to 76 MiB, which is out of proportion"


def test_a_truncated_archive_is_reported(tmp_path: Path) -> None:
    """Its directory is at its end."""
    path = tmp_path / "weights.npz"
    path.write_bytes(dump(a=np.arange(100.0))[:-30])
    reading = tbingest.read(path)
    assert list(reading) == []
    [problem] = reading.problems
    assert problem.what.startswith("no whole zip archive: ")
    assert problem.what.endswith("was it copied completely?")


# However the bytes arrive

EVENTS = "event_files/run/events.out.tfevents.1780000000.host.1.0"
VISUALDL = "formats/visualdl/vdlrecords.1780000000.log"
WANDB_RUN = "formats/wandb/wandb/run-20260528_202640-a1b2c3d4/run-a1b2c3d4.wandb"
LOGS: dict[str, tuple[str, bytes]] = {
    "config": ("hparams.yaml", b"optimizer:\n  name: ad\xc3\xa4m\n  lr: 1e-3\n"),
    "evaluations": ("evaluations.npz", dump(timesteps=np.arange(2), results=np.eye(2))),
    "audio": ("a_step_1.wav", SOUND),
    "image": ("a_step_1.png", PICTURE),
    "table": (
        "log.csv",
        'step,löss,note\r\n1,0.5,"a ""b""\n, c"\n2,,x\nstep,löss,note\n3,nan\n4,1e-7,"é"\n5,oops,\n'
        "9007199254740993,inf,z".encode(),
    ),
    "jsonl": (
        "log.jsonl",
        '{"step": 1, "löss": 0.5, "v": {"a": [1, 2]}}\r\n{"step": 2, "note": "é"}\n\noops\n'
        '{"step": 3, "löss": NaN}\n{"st'.encode(),
    ),
    "pattern": (
        "train.log",
        "bänner\r\nit 1 löss=0.5 lr=1e-3\r\nacc 0.5\rit 2 löss=0.25\racc 1,0\n\nacc nan\n"
        "time=2026-11-23T04:14:00 löss=7 it 3\nit 4k löss=1 run=b\nlöss=1 löss=2 it 5".encode(),
    ),
    "notes": ("README.md", "# Größe\r\nline\n".encode()),
    "dvclive-tsv": ("löss.tsv", "step\tlöss\n0\t0.5\n1\tnan\n".encode()),
    "tensorboard-csv": (
        "run-a-tag-löss.csv",
        b"Wall time,Step,Value\r\n1780000000.5,0,0.5\r\n1780000001.5,1,nan\r\n1780000002.5,2",
    ),
    "wandb-chart": (
        "wandb_export.csv",
        '"Step","é - x","é - x__MIN","é - x__MAX","b - x","b - x__MIN","b - x__MAX"\n'
        '"0","0.5","0.5","0.5","","",""\n"1","","","","NaN","NaN","NaN"'.encode(),
    ),
    "wandb-history-csv": (
        "history.csv",
        "_step,_runtime,_timestamp,löss,picture\n0,1.5,1780000000.25,0.9,\n"
        "1,2.5,1780000001.25,,\"{'_type': 'image-file'}\"\n".encode(),
    ),
    "origin": ("command.txt", "python tréin.py --lr 0.1\n".encode()),
    "tensorboard": ("events.out.tfevents.1", (SAMPLES / EVENTS).read_bytes()),
    "visualdl": ("vdlrecords.log", (SAMPLES / VISUALDL).read_bytes()[:400]),
    "wandb-run": ("run-a1b2c3d4.wandb", (SAMPLES / WANDB_RUN).read_bytes()),
    "wandb-runs": (
        "wandb_export.csv",
        '"Name","State","User","Created","Runtime","lr","acc"\n'
        '"é","crashed","","2026-05-25T14:08:33.000Z","9","0.1",""\n'
        '"é","finished","x","2026-05-25T14:09:33.000Z","10","0.2","0.5"'.encode(),
    ),
}
READERS = sorted(name for name, entry in formats().items() if entry.reader)


def log_of(form: str) -> tuple[str, bytes]:
    return LOGS.get(form) or ("log", formats()[form].sample.encode())


@pytest.mark.parametrize("form", READERS)
def test_a_log_gives_something(form: str) -> None:
    """The logs of the tests below are not empty for any format."""
    name, data = log_of(form)
    assert read(form, data, name)[0]


@pytest.mark.parametrize("form", READERS)
def test_a_log_fed_byte_by_byte_gives_the_same_rows(form: str) -> None:
    """A cut may fall inside a UTF-8 letter, a quoted cell or a line end."""
    name, data = log_of(form)
    assert same(read(form, data, name, range(1, len(data))), read(form, data, name))


def test_a_cut_off_picture_is_reported_in_the_same_words_every_time() -> None:
    """Reports are reproducible: no address of an object stands in them."""
    found = [read("image", PICTURE[:37]) for _ in range(3)]
    assert found[0][0] == []
    [problem] = found[0][1]
    assert problem.hint == "is it complete?"
    assert " at 0x" not in problem.what


@pytest.mark.parametrize("form", READERS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_log_cut_anywhere_gives_the_same_rows(form: str, data: st.DataObject) -> None:
    """Any cuts, also an end at any byte, as of a file that is being written."""
    name, text = log_of(form)
    end = data.draw(st.integers(0, len(text)), "end")
    cuts = data.draw(st.lists(st.integers(0, end), max_size=6), "cuts")
    text = text[:end]
    assert same(read(form, text, name, cuts), read(form, text, name))


PIECES = st.lists(
    st.sampled_from(
        [
            "1",
            "2.5",
            "-3",
            "nan",
            "inf",
            "x",
            "",
            " ",
            ",",
            ",",
            "\n",
            "\n",
            "\r\n",
            '"',
            "ü",
            "1e5",
        ]
    ),
    max_size=40,
).map("".join)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PIECES, st.data())
@example('1,"x\n2,3\n', None)
@example(",,\n\n", None)
def test_a_table_of_any_pieces_is_the_same_however_it_is_cut(
    pieces: str, data: st.DataObject | None
) -> None:
    """Quotes, blanks and ragged rows in any order: the cuts decide nothing."""
    text = ("step,a,b\n1,0.5,2\n2,0.25,3\n" + pieces).encode()
    assume(sniff(head_of(text, "log.csv")))
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=6)) if data else [29, 30]
    assert same(read("table", text, "log.csv", cuts), read("table", text, "log.csv"))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(READERS), st.binary(max_size=200), st.booleans())
def test_no_bytes_at_all_make_a_reader_raise(form: str, noise: bytes, after: bool) -> None:  # noqa: FBT001
    """Whatever follows a good beginning is read or reported."""
    name, data = log_of(form)
    records, problems = read(form, data + noise if after else noise, name)
    assert isinstance(records, list)
    assert all(problem.what for problem in problems)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200) | st.text(max_size=100).map(str.encode), st.sampled_from(sorted(LOGS))
)
def test_detection_takes_any_bytes(noise: bytes, form: str) -> None:
    """Every format says how sure it is, between 0 and 1, and why."""
    head = head_of(noise, LOGS[form][0])
    for entry, said in evidence(head):
        assert 0 <= said.confidence <= 1, entry.name
        assert said.reason, entry.name
