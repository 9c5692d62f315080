"""Which test holds each promise: docs/reliability.md tells it, and every test it names is there."""

from __future__ import annotations

import ast

import pytest
from helpers.places import ROOT, TESTS

PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- promises: kept by tests/test_promises.py -->", "<!-- /promises -->"
PROMISES = {
    "A crash at any moment loses and doubles no point": (
        "test_recovery.py::test_a_killed_conversion_is_taken_up",
        "test_recovery.py::test_chains_of_kills_in_mid_write_lose_and_double_nothing",
    ),
    "The same logs give the same bytes, however they are cut and ordered": (
        "test_append.py::test_a_log_cut_anywhere_shows_the_same_points",
        "test_append.py::test_the_size_of_blocks_does_not_change_the_bytes",
        "test_append.py::test_the_order_of_a_folder_does_not_change_the_bytes",
    ),
    "Converting again writes nothing": ("test_syscalls.py::test_converting_again_writes_nothing",),
    "Any history of rotations, edits and conversions shows what was written": (
        "test_storm.py::test_any_history_shows_what_was_written",
        "test_storm.py::test_five_thousand_histories_show_what_was_written",
        "test_follow.py::test_random_actions_lose_and_double_nothing",
    ),
    "A full disk, EIO, EACCES, short writes, a failing fsync or rename are said, and the next run "
    "completes": (
        "test_syscalls.py::test_any_call_that_fails_is_said_and_the_next_run_completes",
        "test_syscalls.py::test_an_interrupted_call_is_made_again",
        "test_live.py::test_a_disk_that_is_full_loses_nothing",
    ),
    "What is done is on the disk": ("test_syscalls.py::test_what_is_done_is_on_the_disk",),
    "A log that cannot be read ends no other": (
        "test_syscalls.py::test_a_log_that_cannot_be_read_is_said_and_the_others_go_on",
        "test_syscalls.py::test_a_disk_that_fails_while_it_is_read_is_said_by_every_format",
    ),
    "SIGINT and SIGTERM at any moment: taken up later": (
        "test_live.py::test_a_signal_at_any_time_is_heard",
        "test_live.py::test_a_signal_ends_a_conversion_that_is_taken_up_later",
    ),
    "The clock decides nothing": ("test_live.py::test_the_clock_of_the_machine_decides_nothing",),
    "One conversion writes a logdir at a time": (
        "test_recovery.py::test_a_logdir_that_another_process_writes_is_refused",
    ),
    "Sources are only read": ("test_syscalls.py::test_sources_are_opened_for_reading_only",),
    "Nothing of an input runs, is followed out of its folder, or raises": (
        "test_hostile.py::test_strangers_run_nothing_raise_nothing_and_stay_in_the_logdir",
        "test_fuzz.py::test_no_reader_raises_on_changed_bytes",
        "test_dump_traps.py::test_a_dump_opens_imports_and_runs_nothing",
        "test_archives.py::test_what_an_archive_must_not_do_is_refused",
    ),
    "Nothing outside of the logdir changes": (
        "test_handed_over.py::test_a_logdir_that_is_itself_a_link_is_followed",
        "test_handed_over.py::test_a_linked_folder_in_a_logdir_is_not_followed",
        "test_handed_over.py::test_nothing_is_deleted_in_a_linked_run",
    ),
    "Each number is written, or said not to be": (
        "test_hostile.py::test_every_number_of_a_stranger_is_accounted_for",
    ),
    "What is wrong with an input is said": (
        "test_hostile.py::test_what_is_wrong_with_a_stranger_is_said",
    ),
    "No input takes more than 10 s of CPU and 400 MB": (
        "test_hostile.py::test_a_stranger_takes_little",
        "test_large.py::test_millions_of_tiny_records_take_bounded_memory",
    ),
    "Every pattern is linear": (
        "test_patterns.py::test_every_pattern_of_the_package_is_linear",
    ),
    "No raw control character reaches a terminal": (
        "test_hostile.py::test_commands_show_no_raw_control_of_a_stranger",
    ),
    "A server listens on this machine alone": (
        "test_live.py::test_a_server_listens_on_loopback_alone",
    ),
}  # fmt: skip


def is_soak(test: ast.FunctionDef) -> bool:
    return any("soak" in ast.unparse(one) for one in test.decorator_list)


def table() -> str:
    """A row for each promise; names a test that is not there by failing."""
    rows = ["| promise | tests |", "|---|---|"]
    for promise, names in PROMISES.items():
        shown = []
        for name in names:
            file, _, wanted = name.partition("::")
            tree = ast.parse((TESTS / file).read_text("utf-8"))
            there = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
            assert wanted in there, f"{name} holds {promise!r}, and is no test"
            shown.append(f"`{name}`" + " (long round)" * is_soak(there[wanted]))
        rows.append(f"| {promise} | {'<br>'.join(shown)} |")
    return "\n".join(rows)


def test_each_promise_is_held_by_tests_that_the_page_names() -> None:
    """A page that is stale is written anew."""
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    fresh = f"{before}{BEGIN}\n{table()}\n{END}{after}"
    if page != fresh:
        PAGE.write_text(fresh, "utf-8")
        pytest.fail("docs/reliability.md was stale and is written anew: commit it")
