"""Every format and store that there is keeps the contract; `tbingest.testing` says which it is."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tbingest
from tbingest import Format
from tbingest.errors import SourceError
from tbingest.formats.registry import FORMATS, STORES, formats, stores
from tbingest.testing import (
    check_format,
    check_noise,
    in_pieces,
    own_logs,
    ranked,
    resumed,
)

SAMPLES = Path(__file__).resolve().parent.parent / "sample_logs"
BUILT_IN = list(formats().values())[: len(FORMATS)]
NO_SAMPLE: dict[str, str] = {
    "hf-results": "its folder comes with its next version",
}
"""Formats without a log in `sample_logs/` yet, and why."""

by_name = pytest.mark.parametrize("entry", BUILT_IN, ids=lambda entry: entry.name)
readers = pytest.mark.parametrize(
    "entry",
    [entry for entry in BUILT_IN if entry.reader and entry.name not in NO_SAMPLE],
    ids=lambda entry: entry.name,
)


@cache
def homes() -> dict[str, list[Path]]:
    """By format, the sample folders that hold a log of it; the one of its own name first."""
    own = sorted(path for path in (SAMPLES / "formats").iterdir() if path.is_dir())
    older = sorted(path for path in SAMPLES.iterdir() if path.is_dir() and path.name != "formats")
    found: dict[str, list[Path]] = {}
    for folder in (*own, *older):
        for job in tbingest.inspect(folder).jobs:
            for source in job.sources:
                known = found.setdefault(source.format, [])
                if folder not in known:
                    known.insert(0 if folder.name == source.format else len(known), folder)
    return found


@by_name
def test_a_format_keeps_the_contract_with_its_sample_logs(entry: Format) -> None:
    """Detection with a margin, cuts, saved states, and bytes of every kind."""
    folders = homes().get(entry.name, [])
    if entry.name in NO_SAMPLE:
        assert not folders, f"{entry.name} has a sample log: strike it from NO_SAMPLE"
        pytest.skip(NO_SAMPLE[entry.name])
    assert folders, f"sample_logs/formats/{entry.name} is missing"
    check_format(entry, folders[0])


@readers
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_cuts_of_a_log_give_the_same_rows(entry: Format, data: st.DataObject) -> None:
    """Several at once, where the contract's own checks cut evenly."""
    log = data.draw(st.sampled_from(own_logs(entry, homes()[entry.name][0])))
    log = log._replace(data=log.data[: data.draw(st.integers(1, len(log.data)), "end")])
    cuts = data.draw(st.lists(st.integers(0, len(log.data)), max_size=6), "cuts")
    whole = in_pieces(entry, log, ())
    assert in_pieces(entry, log, cuts) == whole
    if not entry.rewritten:
        assert resumed(entry, log, data.draw(st.integers(0, len(log.data)), "kept")) == whole


@by_name
@settings(max_examples=25, deadline=None)
@given(noise=st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode()))
def test_a_format_takes_any_bytes(entry: Format, noise: bytes) -> None:
    """Alone, and after the format's own sample."""
    for name in ("log", "metrics.csv", "a/b.json"):
        check_noise(entry, name, noise)
        check_noise(entry, name, entry.sample.encode() + noise)


@pytest.mark.parametrize("module", [*FORMATS, *STORES])
def test_a_docstring_says_what_it_is_shows_it_and_names_its_traps(module: str) -> None:
    """Three paragraphs: one line, a sample, and what to beware of."""
    text = importlib.import_module(f"tbingest.{module}").__doc__ or ""
    first, *others = text.strip().split("\n\n")
    assert "\n" not in first
    assert first.endswith((".", ":"))
    assert len(others) >= 2, "a sample and a word on its traps follow the first line"


@pytest.mark.parametrize("name", stores())
def test_a_store_claims_what_is_its_own(name: str) -> None:
    """Its sample folder holds a file that it claims, for formats that there are."""
    folder = SAMPLES / "formats" / name
    assert folder.is_dir(), f"sample_logs/formats/{name} is missing"
    planned = tbingest.inspect(folder)
    assert any(one.member for job in planned.jobs for one in job.sources)
    assert stores()[name].layout.strip()


def test_no_sample_log_is_left_unread() -> None:
    """Every file below `sample_logs/formats/` is read, or a store says why not."""
    for folder in (SAMPLES / "formats").iterdir():
        for ignored in tbingest.inspect(folder).ignored:
            known = ignored.reason.startswith(tuple(f"{name}: " for name in stores()))
            assert known, f"{ignored.source}: {ignored.reason}"


def test_what_breaks_the_contract_is_said(tmp_path: Path) -> None:
    """A reader that forgets a piece, and one that raises, are found out."""
    (tmp_path / "log.csv").write_text("step,loss\n" + "".join(f"{n},0.5\n" for n in range(50)))
    table = formats()["table"]
    other = Format("table", "another", detect=table.detect, reader=table.reader)
    assert own_logs(table, tmp_path)
    assert ranked(other, own_logs(table, tmp_path)[0].head)[0][0] is table
    with pytest.raises(AssertionError, match="is not the surest of any log"):
        check_format(other, tmp_path)
    with pytest.raises(AssertionError, match="raises SourceError"):
        check_noise(Format("x", "x", detect=_fails), "log", b"")


def _fails(_: object) -> tbingest.Evidence:
    raise SourceError("no")
