"""Folders of strangers: hundreds of bad inputs, of which none runs, raises, escapes or ends others.

The small ones are read in one go, as a folder of them would be; `make soak` gives each a process of
its own, and holds what it took to the limits.
"""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from helpers.hostile import cases
from helpers.memory import PEAK
from helpers.places import TESTS
from helpers.watched import watched
from typer.testing import CliRunner

import tbingest
from tbingest.cli import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.hostile import Case

OPTIONS = tbingest.Options(plots="none", processes=1)
POINTS = 40
MOST_SECONDS, MOST_MIB = 10.0, 400
SMALL = [case for case in cases() if not case.large]


def put_good(folder: Path) -> None:
    """A log that must be read whole whatever lies beside it."""
    folder.mkdir(parents=True)
    rows = "".join(f"{step},{step / 8}\n" for step in range(POINTS))
    (folder / "log.csv").write_text(f"step,loss\n{rows}")


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Every small input in a folder of its own, good logs before and after them."""
    top = tmp_path_factory.mktemp("strangers")
    put_good(top / "logs" / "a good one")
    for place, case in enumerate(SMALL):
        (top / "logs" / f"c{place:03}").mkdir()
        case.build(top / "logs" / f"c{place:03}")
    put_good(top / "logs" / "z good one")
    yield top
    assert {path.name for path in top.iterdir()} <= {"logs", "runs"}


@pytest.fixture(scope="module")
def converted(strangers: Path) -> tuple[dict[str, Any], list[str], list[str]]:
    """The report, what was done that must not be, and what formats raised."""
    from tbingest.formats import blame

    raised: list[str] = []
    failure = blame.failure

    def noted(entry: Any, error: Exception) -> Any:
        raised.append(f"{entry.name}: {error!r}"[:300])
        return failure(entry, error)

    blame.failure = noted
    try:
        with watched() as seen:
            report = tbingest.convert(strangers / "logs", strangers / "runs", OPTIONS)
    finally:
        blame.failure = failure
    return report.to_dict(), seen, raised


def said_of(report: dict[str, Any], folder: str) -> str:
    """All that is told of what lies below a folder."""
    mine = [one for one in report["sources"] if f"/{folder}/" in one["source"]]
    told = [
        str(one["problems"]) + f"{one['overflows']} beyond float32" * (one["overflows"] > 0)
        for one in mine
    ]
    aside = [str(one["account"]["aside"]) for one in mine]
    ignored = [f"{one['shown']}: {one['reason']}" for one in report["ignored"]]
    return "\n".join([*told, *aside, *(one for one in ignored if f"/{folder}" in one)])


@pytest.mark.filterwarnings("ignore")
def test_strangers_run_nothing_raise_nothing_and_stay_in_the_logdir(
    converted: tuple[dict[str, Any], list[str], list[str]], strangers: Path
) -> None:
    """And the good logs are whole."""
    report, seen, raised = converted
    assert seen == []
    assert raised == []
    assert not list(strangers.rglob("canary"))
    assert [report["runs"][f"{one} good one"] for one in "az"] == [POINTS] * 2
    assert {path.name for path in (strangers / "runs").iterdir()} <= {
        *(run.partition("/")[0] for run in report["runs"]),
        ".tbingest",
    }


def test_every_number_of_a_stranger_is_accounted_for(
    converted: tuple[dict[str, Any], list[str], list[str]],
) -> None:
    """read = written + superseded + reported + repeated + left out."""
    rest = ("superseded", "reported", "repeated", "left_out")
    for one in converted[0]["sources"]:
        parts = sum(one["written"].values()) + sum(one[name] for name in rest)
        assert one["read"] == parts, one["source"]


@pytest.mark.parametrize("place", range(len(SMALL)), ids=[case.name for case in SMALL])
def test_what_is_wrong_with_a_stranger_is_said(
    converted: tuple[dict[str, Any], list[str], list[str]], place: int
) -> None:
    """In words that name what it is."""
    said = said_of(converted[0], f"c{place:03}")
    assert [word for word in SMALL[place].says if word not in said] == [], said


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("command", ["inspect", "check"])
def test_commands_show_no_raw_control_of_a_stranger(
    strangers: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither escapes nor marks that turn the line; and they end in order."""
    monkeypatch.chdir(strangers)
    more = ["--require", "loss"] if command == "check" else []
    with watched() as seen:
        done = CliRunner().invoke(app(), [command, "logs", *more])
    assert seen == []
    assert done.exit_code in {0, 1}
    assert isinstance(done.exception, SystemExit | None)
    raw = {letter for letter in done.output if unicodedata.category(letter) in {"Cc", "Cf", "Cs"}}
    assert raw <= {"\n"}


@pytest.mark.filterwarnings("ignore")
def test_the_library_reads_among_strangers(strangers: Path) -> None:
    with watched() as seen:
        frame = tbingest.read(strangers / "logs").to_pandas()
    assert seen == []
    assert (frame["run"] == "a good one").sum() == POINTS


BUILD = """
import pathlib, sys
sys.path.insert(0, sys.argv[3])
from helpers.hostile import named, cases
cases()
named[sys.argv[2]].build(pathlib.Path(sys.argv[1]) / "bomb")
"""
ALONE = f"""
import json, pathlib, resource, sys, time
folder = pathlib.Path(sys.argv[1])
import tbingest
tbingest.convert(folder / "good", folder / "warm", tbingest.Options(plots="none", processes=1))
before = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
began = time.process_time()
report = tbingest.convert([folder / "good", folder / "bomb"], folder / "runs",
    tbingest.Options(plots="none", processes=1))
spent = time.process_time() - began - before
spent += sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
print(json.dumps([spent, {PEAK} >> 10, report.to_dict()]))
"""


@pytest.mark.soak
@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_stranger_takes_little(tmp_path: Path, case: Case) -> None:
    """10 s of CPU and 400 MB, whatever it is: what it takes to make it is none of that."""
    put_good(tmp_path / "good")
    (tmp_path / "bomb").mkdir()
    subprocess.run(
        [sys.executable, "-c", BUILD, str(tmp_path), case.name, str(TESTS)], check=True, timeout=300
    )
    arguments = [sys.executable, "-c", ALONE, str(tmp_path)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=300)
    spent, peak, report = json.loads(done.stdout.splitlines()[-1])
    assert POINTS in report["runs"].values()
    told = str(report)
    assert [word for word in case.says if word not in told and "float32" not in word] == []
    assert spent < MOST_SECONDS
    assert peak < MOST_MIB
    subprocess.run(["rm", "-rf", str(tmp_path)], check=False)  # deeper than Python removes
