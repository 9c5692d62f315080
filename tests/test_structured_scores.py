"""Tables, JSON and folders as people have them: a floor under how many are read right."""

from __future__ import annotations

from helpers.judged import REAL, needs_real_logs, verdicts

MOST = 150_000
"""Larger items take most of the time; the script itself judges them, too."""


@needs_real_logs
def test_real_tables_and_documents_are_read_as_their_users_would_expect() -> None:
    """Of the items of `real/structured` that are not large."""
    found = verdicts(REAL / "structured", MOST)
    wrong = sorted(name for name, verdict in found.items() if verdict != "right")
    assert len(found) - len(wrong) >= 50, wrong


@needs_real_logs
def test_cases_of_one_kind_each_are_read_as_they_should_be() -> None:
    """Of the 73, five hold more than is expected: rates, times and weights beside the scores."""
    found = verdicts(REAL.parent / "cases")
    wrong = sorted(name for name, verdict in found.items() if verdict != "right")
    assert len(found) - len(wrong) >= 68, wrong
