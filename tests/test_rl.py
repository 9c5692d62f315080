"""Logs of reinforcement learning libraries: what their readers make of the traps in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from test_formats import head_of, read

import tbingest
from tbingest.formats.registry import evidence

if TYPE_CHECKING:
    from pathlib import Path

NO_PLOTS = tbingest.Options(plots="none")
HEADER = '#{"t_start": 1700000000.5, "env_id": null}\n'


def records(form: str, text: str | bytes, name: str = "log") -> list[dict[str, Any]]:
    """The records of a log that is read without a problem, the same however it is cut."""
    found, problems = read(form, text, name)
    assert problems == []
    for size in (1, 7):
        cuts = range(size, len(text), size)
        assert read(form, text, name, cuts)[0] == found
    return [fields for _, fields in found]


def chosen(text: str | bytes, name: str) -> str:
    data = text if isinstance(text, bytes) else text.encode()
    return evidence(head_of(data, name))[0][0].name


def test_the_step_of_an_episode_is_the_sum_of_lengths_and_its_time_that_of_the_clock() -> None:
    """t_start + t, in unix seconds."""
    assert records("monitor", f"{HEADER}r,l,t\n1.5,20,0.5\n2.5,30,0.75\n") == [
        {"r": 1.5, "l": 20, "sum of l": 20, "t_start + t": 1700000001.0},
        {"r": 2.5, "l": 30, "sum of l": 50, "t_start + t": 1700000001.25},
    ]


def test_a_monitor_written_on_windows_ends_its_lines_with_two_carriage_returns() -> None:
    """`# {`, CR LF and CR CR LF in one file."""
    text = '# {"t_start": 1700000000.0, "env_id": null} \r\nr,l,t\r\r\n1,2,3\r\r\n4,5,6\r\r\n'
    assert chosen(text, "monitor.csv") == "monitor"
    assert [entry["sum of l"] for entry in records("monitor", text)] == [2, 7]


def test_a_comment_with_as_many_commas_as_the_columns_is_no_header() -> None:
    """Old Baselines names the version of gym too."""
    text = '#{"t_start": 1500000000.0, "gym_version": "0.9", "env_id": "A-v0"}\nr,l,t\n1,2,3\n'
    assert chosen(text, "0.monitor.csv") == "monitor"
    assert [entry["r"] for entry in records("monitor", text)] == [1]


def test_a_resumed_monitor_goes_on_counting_steps() -> None:
    """With a second header its clock is the new one."""
    again = HEADER.replace("1700000000", "1700000100")
    found = records("monitor", f"{HEADER}r,l,t\n1,20,5\n{again}r,l,t\n2,20,5\n")
    assert [entry["sum of l"] for entry in found] == [20, 40]
    assert [entry["t_start + t"] for entry in found] == [1700000005.5, 1700000105.5]


def test_time_never_falls_where_a_monitor_was_resumed_without_a_header() -> None:
    """The seconds of the second training come after those of the first."""
    found = records("monitor", f"{HEADER}r,l,t\n1,1,5\n1,1,9\n1,1,2\n1,1,3\n1,1,1\n")
    times = [entry["t_start + t"] - 1700000000.5 for entry in found]
    assert times == [5, 9, 11, 12, 13]


def test_more_columns_of_a_monitor_are_values_of_their_own() -> None:
    """Those of `info_keywords`; one may be blank."""
    found = records("monitor", f"{HEADER}r,l,t,is_success,note\n1,2,3,True,a\n1,2,4,,b\n")
    assert found[0]["is_success"] == 1
    assert "is_success" not in found[1]
    assert [entry["sum of l"] for entry in found] == [2, 4]


def test_a_monitor_without_a_comment_is_known_by_its_name() -> None:
    """Its times are seconds since the start."""
    assert chosen("r,l,t\n1,2,3\n", "0.monitor.csv") == "monitor"
    assert records("monitor", "r,l,t\n1,2,3\n")[0]["seconds"] == 3
    assert chosen("r,l,t\n1,2,3\n", "other.csv") == "table"


MONITORS = {
    "sb3/dqn_crcrlf/monitor.csv": (38, 3838),
    "sb3/gen_seed1/0.monitor.csv": (326, 6000),
    "sb3/hopper/.monitor.csv": (100, 2237),
    "openai_baselines/deepcars/0.0.monitor.csv": (17972, 999810),
}


@pytest.mark.parametrize("name", MONITORS)
def test_every_episode_of_a_real_monitor_is_read(name: str, corpus: Path, tmp_path: Path) -> None:
    """As many rewards and lengths as the file has, up to the sum of its lengths."""
    points, _ = MONITORS[name]
    (source,) = tbingest.convert(corpus / name, tmp_path / "runs", NO_PLOTS).sources
    assert (source.format, source.read, source.written["scalar"]) == ("monitor", points, points)
