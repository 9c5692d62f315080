"""Every format and store that there is keeps the contract; `tbingest.testing` says which it is."""

from __future__ import annotations

import importlib
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers.places import SAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st

import tbingest
from tbingest import Format
from tbingest.errors import SourceError
from tbingest.formats.registry import formats, modules, stores
from tbingest.testing import (
    Log,
    check_format,
    check_noise,
    in_pieces,
    noises,
    own_logs,
    ranked,
    resumed,
)

if TYPE_CHECKING:
    from tbingest.model.contracts import Store
    from tbingest.plan.planned import Plan

BUILT_IN = list(formats().values())[: len(modules()["FORMAT"])]
HOMES = {
    importlib.import_module(module).FORMAT.name: module.split(".")[2]
    for module in modules()["FORMAT"]
}
"""By format, the folder or file below `tbingest/formats` that it is written in."""
NO_SAMPLE: dict[str, str] = {
    "pattern": "is chosen by the user's own patterns only",
    "tidy": "its folder comes with its samples",
}
"""Formats without a log in `sample_logs/`, and why."""

by_name = pytest.mark.parametrize("entry", BUILT_IN, ids=lambda entry: entry.name)
readers = pytest.mark.parametrize(
    "entry",
    [entry for entry in BUILT_IN if entry.reader and entry.name not in NO_SAMPLE],
    ids=lambda entry: entry.name,
)


@cache
def folders() -> list[Path]:
    """The folders of sample logs, those of single frameworks first."""
    own = sorted(path for path in (SAMPLES / "formats").iterdir() if path.is_dir())
    older = sorted(path for path in SAMPLES.iterdir() if path.is_dir() and path.name != "formats")
    return [path for path in (*own, *older) if not path.name.startswith("__")]


@cache
def plan_of(folder: Path) -> Plan:
    return tbingest.inspect(folder)


def plans() -> dict[Path, Plan]:
    """What each folder of sample logs holds."""
    return {folder: plan_of(folder) for folder in folders()}


@cache
def home_of(name: str) -> Path | None:
    """A sample folder that holds a log of a format: that of its own framework, if it does."""
    own = SAMPLES / "formats" / HOMES[name]
    for folder in (own, *folders()):
        if folder.is_dir() and name in {s.format for j in plan_of(folder).jobs for s in j.sources}:
            return folder
    return None


@cache
def claimants() -> set[str]:
    """The stores that claim a file of a sample folder, or say why it is not read."""
    said = [ignored.reason for plan in plans().values() for ignored in plan.ignored]
    members = [one for plan in plans().values() for job in plan.jobs for one in job.sources]
    said += [one.evidence[0][1].reason.removeprefix("claimed by ") for one in members if one.member]
    return {reason.partition(":")[0] for reason in said}


@by_name
def test_a_format_keeps_the_contract_with_its_sample_logs(entry: Format) -> None:
    """Detection with a margin, cuts, saved states, and bytes of every kind."""
    folder = home_of(entry.name)
    if entry.name in NO_SAMPLE:
        assert not folder, f"{entry.name} has a sample log: strike it from NO_SAMPLE"
        pytest.skip(NO_SAMPLE[entry.name])
    assert folder, f"sample_logs/formats/{HOMES[entry.name]} holds no log of {entry.name}"
    check_format(entry, folder)


def logs_of(entry: Format) -> list[Log]:
    folder = home_of(entry.name)
    assert folder
    return own_logs(entry, folder)


@readers
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_cuts_of_a_log_give_the_same_rows(entry: Format, data: st.DataObject) -> None:
    """Several at once, where the contract's own checks cut evenly."""
    log = data.draw(st.sampled_from(logs_of(entry)))
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


@by_name
def test_a_spoilt_log_ends_no_conversion(entry: Format, tmp_path: Path) -> None:
    """Whatever its bytes are: what cannot be read is reported, and nothing is raised."""
    if entry.name in NO_SAMPLE:
        pytest.skip(NO_SAMPLE[entry.name])
    log = logs_of(entry)[0]
    options = tbingest.Options(plots="none", as_format=entry.name)
    for number, noise in enumerate(islice(noises(log.data), 4, 24)):
        path = tmp_path / str(number) / Path(log.head.name).name
        path.parent.mkdir()
        path.write_bytes(noise)
        report = tbingest.convert(path, tmp_path / "runs" / str(number), options)
        assert all(one.read >= one.reported for one in report.sources)


class Names:
    """A listing of files that all begin with the same text."""

    def __init__(self, names: list[str], text: str) -> None:
        self.names = sorted(set(names))
        self._text = text

    def text(self, name: str) -> str:
        assert name in self.names
        return self._text


@pytest.mark.parametrize("store", stores().values(), ids=lambda store: store.name)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_store_takes_any_folder(store: Store, data: st.DataObject) -> None:
    """Names of its own files anywhere, with anything in them: it claims only what is there."""
    known = sorted({name for names in listings().values() for name in names})
    parts = sorted({part for name in known for part in name.split("/")})
    odd = st.lists(st.sampled_from(parts) | st.text("a/._-0 ü", min_size=1), min_size=1, max_size=4)
    names = data.draw(
        st.lists(st.sampled_from(known) | odd.map("/".join), max_size=12).map(
            lambda found: [name.strip("/") or "x" for name in found]
        )
    )
    listing = Names(names, data.draw(st.sampled_from(texts()) | st.text(max_size=60)))
    for name, claim in store.claim(listing).items():
        assert name in listing.names
        assert claim if isinstance(claim, str) else claim.format in {"", *formats()}


@cache
def listings() -> dict[Path, list[str]]:
    """The names below each folder of sample logs."""
    return {
        folder: [
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
        ]
        for folder in plans()
    }


@cache
def texts() -> list[str]:
    """How the sample logs begin."""
    found = {
        (folder / name).read_bytes()[:400].decode("utf-8", "ignore")
        for folder, names in listings().items()
        for name in names
    }
    return sorted(found)


@pytest.mark.parametrize("module", [*modules()["FORMAT"], *modules()["STORE"]])
def test_a_docstring_says_what_it_is_shows_it_and_names_its_traps(module: str) -> None:
    """Three paragraphs: one line, a sample, and what to beware of."""
    text = importlib.import_module(module).__doc__ or ""
    first, *others = text.strip().split("\n\n")
    assert "\n" not in first
    assert first.endswith((".", ":"))
    assert len(others) >= 2, "a sample and a word on its traps follow the first line"


@pytest.mark.parametrize("name", stores())
def test_a_store_claims_what_is_its_own(name: str) -> None:
    """Some sample folder holds a file that it claims, or that it says not to read."""
    assert name in claimants(), f"sample_logs/formats/{name} holds no file of it"
    assert stores()[name].layout.strip()


UNKNOWN = ("no format is sure", "no numbers in a form", "binary, of no known kind")
NOT_LOGS = {
    "oracle.json": "Keras Tuner's own state: it holds no metric",
    "model.txt": "a model of LightGBM: its trees hold no metric",
    "output.log": "W&B's copy of a console, here one without numbers",
    "expected.json": "what the samples beside it should show",
}
"""Files that lie beside the logs of a framework, and why they are not read."""


def test_no_sample_log_is_left_unread() -> None:
    """Every file below `sample_logs/formats/` is read, or it is known why not."""
    for folder, plan in plans().items():
        for ignored in plan.ignored if folder.parent.name == "formats" else ():
            known = not ignored.reason.startswith(UNKNOWN)
            name = Path(ignored.shown).name
            known |= name in NOT_LOGS or name.endswith(".py")
            assert known, f"{ignored.shown}: {ignored.reason}"


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
