"""Finding and opening files: what is read, what is passed by and why, and that nothing hangs."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import random
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tbingest
from tbingest.errors import SourceError, UsageError
from tbingest.model.rows import Ignored
from tbingest.sources.discover import Filters, Source, discover
from tbingest.sources.stream import Opened, Spoilt, sniff_encoding

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable

CSV = b"step,loss\n1,0.5\n2,0.25\n"
PACKERS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd.compress,
}


def found_in(path: Path, filters: Filters | None = None) -> tuple[list[str], dict[str, str]]:
    """Names of the sources below a path, and why the others are not read."""
    names, ignored = [], {}
    for entry in discover([path], filters or Filters()):
        if isinstance(entry, Ignored):
            ignored[os.path.relpath(entry.shown, path)] = entry.reason
        else:
            names.append(entry.name)
    return names, ignored


def values_of(path: Path) -> tuple[dict[str, list[tuple[int, float]]], list[str]]:
    """(tag to (step, value), what was reported) of the logs at a path."""
    reading = tbingest.read(path)
    found: dict[str, list[tuple[int, float]]] = {}
    for points in reading:
        for place, tag in enumerate(points.tags):
            for step, row in zip(points.steps.tolist(), points.values, strict=True):
                found.setdefault(tag, []).append((step, float(row[place])))  # type: ignore[arg-type]
    said = [problem.what for problem in reading.problems]
    return found, said + [entry.reason for entry in reading.plan.ignored]


def source(path: Path) -> Source:
    [entry] = discover([path], Filters())
    assert isinstance(entry, Source)
    return entry


def content(path: Path, piece: int = 1000) -> tuple[bytes, str]:
    """(everything that is decoded, what was damaged)."""
    data = b""
    with Opened(source(path)) as opened:
        while more := opened.read(piece):
            data += more
        return data, opened.damage


# Walking


def test_files_are_found_in_order_of_their_names(tmp_path: Path) -> None:
    """The order of the directory does not matter."""
    for name in ("b/2.csv", "b/10.csv", "a/x/1.csv", "c.csv", "a.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(CSV + name.encode())
    names, ignored = found_in(tmp_path)
    assert names == ["a.csv", "c.csv", "a/x/1.csv", "b/10.csv", "b/2.csv"]
    assert ignored == {}


def test_a_loop_of_symbolic_links_is_not_followed(tmp_path: Path) -> None:
    """Every file is met once."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "log.csv").write_bytes(CSV)
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    names, ignored = found_in(tmp_path)
    assert names == ["a/log.csv"]
    assert ignored == {
        "a/up": "symbolic link: not followed",
        "self": "symbolic link: not followed",
    }


def test_a_symbolic_link_out_of_the_tree_is_not_followed(tmp_path: Path) -> None:
    """What lies outside stays outside; a link that is named itself is read."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "log.csv").write_bytes(CSV)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "folder").symlink_to(tmp_path / "outside")
    (tmp_path / "logs" / "log.csv").symlink_to(tmp_path / "outside" / "log.csv")
    names, ignored = found_in(tmp_path / "logs")
    assert names == []
    assert set(ignored.values()) == {"symbolic link: not followed"}
    assert source(tmp_path / "logs" / "log.csv").name == "log.csv"


@pytest.mark.parametrize("named", [True, False])
def test_a_fifo_hangs_nothing(named: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """A pipe that is called log.csv is passed by, found or named."""
    os.mkfifo(tmp_path / "log.csv")
    (tmp_path / "a.csv").write_bytes(CSV)
    target = tmp_path / "log.csv" if named else tmp_path
    done = subprocess.run(
        [sys.executable, "-m", "tbingest", "inspect", str(target)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == int(named)
    assert f"{tmp_path}/log.csv  not read: not a regular file" in done.stdout


def test_a_file_that_turned_into_a_fifo_is_not_opened(tmp_path: Path) -> None:
    """Between the walk and the read anything may happen."""
    path = tmp_path / "log.csv"
    path.write_bytes(CSV)
    entry = source(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(SourceError, match="cannot be read: not a regular file"):
        Opened(entry)


def test_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    """It is an error of the source, not of ours."""
    path = tmp_path / "log.csv"
    path.write_bytes(CSV)
    entry = source(path)
    path.unlink()
    with pytest.raises(SourceError, match="cannot be read: No such file or directory"):
        Opened(entry)


def test_a_folder_called_like_a_log_is_walked(tmp_path: Path) -> None:
    """A name says nothing about what it is."""
    (tmp_path / "train.csv").mkdir()
    (tmp_path / "train.csv" / "log.csv").write_bytes(CSV)
    assert found_in(tmp_path) == (["train.csv/log.csv"], {})


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    """Named by the user it is a failure, found on the way it is not."""
    path = tmp_path / "log.csv"
    path.touch()
    assert list(discover([tmp_path], Filters())) == [Ignored(str(path), "empty")]
    assert list(discover([path], Filters())) == [Ignored(str(path), "empty", failed=True)]


def test_a_folder_that_holds_no_files_is_a_failure(tmp_path: Path) -> None:
    """It was named, so something was expected in it; one further down is none."""
    (tmp_path / "none").mkdir()
    assert list(discover([tmp_path], Filters())) == [
        Ignored(str(tmp_path), "holds no files", failed=True)
    ]
    (tmp_path / "a.csv").write_bytes(CSV)
    assert found_in(tmp_path) == (["a.csv"], {})


def test_hard_links_are_one_file(tmp_path: Path) -> None:
    """The second name of a file is not read again."""
    (tmp_path / "a.csv").write_bytes(CSV)
    (tmp_path / "b.csv").hardlink_to(tmp_path / "a.csv")
    assert found_in(tmp_path) == (["a.csv"], {"b.csv": "the same file was met before"})


def test_a_path_that_is_given_twice_is_read_once(tmp_path: Path) -> None:
    """Also as a folder and as a file in it."""
    (tmp_path / "a.csv").write_bytes(CSV)
    entries = list(discover([tmp_path, tmp_path], Filters()))
    assert [isinstance(entry, Source) for entry in entries] == [True, False]


def test_event_files_and_tool_folders_are_passed_by(tmp_path: Path) -> None:
    """Event files are output; `.git` and the like hold no logs."""
    for name in (".git/a.csv", "__pycache__/a.csv", ".tbingest/a.csv", "events.out.tfevents.1.x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(CSV)
    assert found_in(tmp_path) == ([], {"events.out.tfevents.1.x": "already an event file"})


def test_a_logdir_inside_the_logs_is_not_read(tmp_path: Path) -> None:
    """What tbingest wrote is no log, and neither is what others put beside it."""
    (tmp_path / "train.csv").write_bytes(CSV)
    logdir = tmp_path / "runs"
    first = tbingest.convert(tmp_path, logdir)
    (logdir / "notes.csv").write_bytes(CSV + b"9,9\n")
    second = tbingest.convert(tmp_path, logdir)
    assert [entry.source for entry in first.sources] == [str(tmp_path / "train.csv")]
    assert [entry.status for entry in second.sources] == ["unchanged"]
    assert second.bytes_written == 0


def test_the_logs_may_be_the_logdir(tmp_path: Path) -> None:
    """Runs get folders of their own; the logs stay as they are."""
    (tmp_path / "train.csv").write_bytes(CSV)
    report = tbingest.convert(tmp_path, tmp_path)
    assert report.points == 2
    assert (tmp_path / "train.csv").read_bytes() == CSV
    assert tbingest.convert(tmp_path, tmp_path).bytes_written == 0


def test_a_file_name_that_is_no_utf8_is_read(tmp_path: Path) -> None:
    """Its run has the byte's value in its name."""
    path = os.fsdecode(os.path.join(os.fsencode(tmp_path), b"caf\xe9.csv"))  # noqa: PTH118
    with open(path, "wb") as stream:  # noqa: PTH123
        stream.write(CSV)
    report = tbingest.convert(path, tmp_path / "runs")
    assert report.runs == {"caf%E9": 2}
    assert [entry.name for entry in (tmp_path / "runs").glob("caf*")] == ["caf%E9"]


def test_no_path_and_a_path_that_is_none_are_usage_errors(tmp_path: Path) -> None:
    """Nothing is read by mistake."""
    with pytest.raises(UsageError, match="no path was given"):
        list(discover([], Filters()))
    with pytest.raises(UsageError, match="nowhere: no such file or folder"):
        list(discover([tmp_path / "nowhere"], Filters()))


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (Filters(include=("*.csv",)), ["a.csv", "sub/b.csv"]),
        (Filters(exclude=("*.csv",)), ["c.log"]),
        (Filters(include=("sub/*",)), ["sub/b.csv"]),
        (Filters(include=("*.csv",), exclude=("b.*",)), ["a.csv"]),
        (Filters(include=("*.x",)), []),
    ],
)
def test_globs_choose_names_and_whole_paths(
    filters: Filters, names: list[str], tmp_path: Path
) -> None:
    """`--include` and `--exclude` match the base name, the whole name, or its end."""
    (tmp_path / "sub").mkdir()
    for name in ("a.csv", "sub/b.csv", "c.log"):
        (tmp_path / name).write_bytes(CSV + name.encode())
    found, ignored = found_in(tmp_path, filters)
    assert found == names
    assert len(ignored) == 3 - len(names)
    assert set(ignored.values()) <= {"not in --include", "in --exclude"}


UNREADABLE = """
import os, sys
import tbingest
tbingest.convert("good", "warm")
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
report = tbingest.convert("logs", "runs")
for entry in report.ignored:
    print(entry.shown, entry.reason, entry.failed, sep="|")
print(sorted(report.runs))
"""


def test_an_unreadable_file_or_folder_is_a_failure_and_the_others_are_read() -> None:
    """What the system refuses is reported with its reason."""
    with tempfile.TemporaryDirectory() as name:  # others may not enter pytest's own folder
        base = Path(name)
        for folder in (base, base / "logs", base / "logs" / "closed", base / "good"):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o777)
        for log in ("good/a.csv", "logs/open.csv", "logs/secret.csv", "logs/closed/a.csv"):
            (base / log).write_bytes(CSV + log.encode())
        (base / "logs" / "secret.csv").chmod(0)
        (base / "logs" / "closed").chmod(0)
        done = subprocess.run(
            [sys.executable, "-c", UNREADABLE],
            cwd=base,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        (base / "logs" / "closed").chmod(0o700)
    assert done.stderr == ""
    *ignored, runs = done.stdout.splitlines()
    assert sorted(ignored) == [
        "logs/closed|cannot be read: Permission denied|True",
        "logs/secret.csv|cannot be read: Permission denied|True",
    ]
    assert runs == "['logs']"


# Compression


@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz", "log.dat"])
@pytest.mark.parametrize("kind", PACKERS)
def test_compressed_files_are_known_by_their_first_bytes(
    kind: str, name: str, tmp_path: Path
) -> None:
    """Whatever they are called."""
    path = tmp_path / name
    path.write_bytes(PACKERS[kind](CSV))
    assert content(path) == (CSV, "")
    assert values_of(path) == ({"loss": [(1, 0.5), (2, 0.25)]}, [])


@pytest.mark.parametrize("kind", PACKERS)
def test_members_one_after_another_are_one_file(kind: str, tmp_path: Path) -> None:
    """Appending loggers make such files."""
    path = tmp_path / "log.csv.x"
    pack = PACKERS[kind]
    path.write_bytes(pack(CSV[:15]) + pack(CSV[15:]) + pack(b"3,0.125\n"))
    assert content(path) == (CSV + b"3,0.125\n", "")


def noise(rows: int) -> bytes:
    """A table that does not compress well."""
    numbers = random.Random(7)
    lines = (f"{step},{numbers.random()!r}\n" for step in range(rows))
    return b"step,loss\n" + "".join(lines).encode()


@pytest.mark.parametrize("rows", [2_000, 20_000], ids=["below 64 KiB", "above 64 KiB"])
@pytest.mark.parametrize("kind", PACKERS)
def test_a_truncated_file_gives_what_stands_before_the_damage(
    kind: str, rows: int, tmp_path: Path
) -> None:
    """The readable part is read, to within a block of the compressor, and the damage reported."""
    data = noise(rows)
    packed = PACKERS[kind](data)
    path = tmp_path / "log.csv.x"
    path.write_bytes(packed[: len(packed) - 10])
    got, damage = content(path)
    assert damage
    assert data.startswith(got)
    if kind == "gz":
        assert len(got) > len(data) - 100
    values, problems = values_of(path)
    assert damage in problems
    if kind == "gz":
        assert len(values["loss"]) > rows - 10


def test_garbage_behind_a_gzip_member_costs_nothing_before_it(tmp_path: Path) -> None:
    """It is reported."""
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(CSV) + b"garbage, no member")
    got, damage = content(path)
    assert got == CSV
    assert damage.startswith("damaged gz data: ")


def test_zeros_behind_a_gzip_member_are_padding(tmp_path: Path) -> None:
    """Tapes and block devices make them."""
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(CSV) + bytes(512))
    assert content(path) == (CSV, "")


def test_a_gzip_bomb_stops_at_64_mib(tmp_path: Path) -> None:
    """More than 200:1 above 64 MiB is out of proportion: the rest is left out and reported."""
    path = tmp_path / "log.csv.gz"
    with gzip.open(path, "wb", compresslevel=9) as stream:
        stream.write(CSV)
        for _ in range(100):
            stream.write(b"#" * (1 << 20))
    assert path.stat().st_size * 200 < 64 << 20
    size = 0
    with Opened(source(path)) as opened:
        while more := opened.read(1 << 20):
            size += len(more)
        assert opened.damage == "unpacks to more than 64 MiB: the rest is left out"
    assert size <= 65 << 20
    values, problems = values_of(path)
    assert values["loss"] == [(1, 0.5), (2, 0.25)]
    assert opened.damage in problems


def test_a_name_that_ends_in_gz_means_nothing(tmp_path: Path) -> None:
    """Plain text is read as it is."""
    path = tmp_path / "log.csv.gz"
    path.write_bytes(CSV)
    assert content(path) == (CSV, "")
    assert values_of(path)[0] == {"loss": [(1, 0.5), (2, 0.25)]}


# Encodings


@pytest.mark.parametrize(
    ("pack", "encoding"),
    [
        pytest.param(lambda text: text.encode(), "utf-8", id="UTF-8"),
        pytest.param(lambda text: text.encode("utf-8-sig"), "utf-8", id="UTF-8 with BOM"),
        pytest.param(lambda text: text.encode("utf-16"), "utf-16-le", id="UTF-16 with BOM"),
        pytest.param(
            lambda text: b"\xfe\xff" + text.encode("utf-16-be"), "utf-16-be", id="UTF-16 BE"
        ),
        pytest.param(lambda text: text.encode("utf-16-le"), "utf-16-le", id="UTF-16 LE, no BOM"),
        pytest.param(lambda text: text.encode("utf-16-be"), "utf-16-be", id="UTF-16 BE, no BOM"),
        pytest.param(lambda text: text.encode("utf-32"), "utf-32-le", id="UTF-32 with BOM"),
        pytest.param(lambda text: text.encode("cp1252"), "cp1252", id="cp1252"),
    ],
)
@pytest.mark.parametrize("piece", [1, 1000])
def test_text_is_decoded_from_its_encoding(
    pack: Callable[[str], bytes], encoding: str, piece: int, tmp_path: Path
) -> None:
    """A BOM is no part of the first name; the rows are the same."""
    text = "step,größe\n1,0.5\n2,0.25\n"
    path = tmp_path / "log.csv"
    path.write_bytes(pack(text))
    with Opened(source(path)) as opened:
        assert opened.encoding == encoding
    assert content(path, piece) == (text.encode(), "")
    assert values_of(path) == ({"größe": [(1, 0.5), (2, 0.25)]}, [])


def test_bytes_that_are_no_utf8_far_behind_are_replaced(tmp_path: Path) -> None:
    """The encoding is chosen by the first 64 KiB; what comes later is never lost."""
    rows = "".join(f"{step},0.5,x\n" for step in range(10_000)).encode()
    path = tmp_path / "log.csv"
    path.write_bytes(b"step,loss,note\n" + rows + b"10000,0.25,caf\xe9\n")
    reading = tbingest.read(path)
    scalars = [points for points in reading if points.kind == "scalar"]
    assert sum(len(points) for points in scalars) == 10_001
    assert scalars[-1].steps[-1] == 10_000
    texts = [row[0] for points in reading if points.kind == "text" for row in points.values]
    assert texts[-1] == "caf\ufffd"


@pytest.mark.parametrize("far", [False, True], ids=["among the first bytes", "far behind"])
def test_a_nul_byte_hides_no_number(far: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """A crash may leave some anywhere in a log."""
    rows = [f"{step},0.5\n".encode() for step in range(20_000)]
    rows[19_000 if far else 10] = rows[19_000 if far else 10].replace(b"0.5", b"\0000.5\0")
    path = tmp_path / "log.csv"
    path.write_bytes(b"step,loss\n" + b"".join(rows))
    values, problems = values_of(path)
    assert problems == ["NUL bytes are left out: 2"]
    assert len(values["loss"]) == 20_000


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_have_an_encoding(data: bytes) -> None:
    """One that Python knows, or `binary`."""
    found = sniff_encoding(data)
    assert found == "binary" or data.decode(found, "replace") is not None


@pytest.mark.parametrize("offset", [0, 3, 10, 23, 70_000, 140_000])
@pytest.mark.parametrize("kind", ["plain", "bom", "gz", "utf-16"])
def test_skipping_is_reading_on_from_there(kind: str, offset: int, tmp_path: Path) -> None:
    """Offsets count decoded bytes, whatever lies on disk."""
    text = noise(10_000)
    packed = {
        "plain": text,
        "bom": b"\xef\xbb\xbf" + text,
        "gz": gzip.compress(text),
        "utf-16": text.decode().encode("utf-16"),
    }[kind]
    path = tmp_path / "log.csv"
    path.write_bytes(packed)
    with Opened(source(path)) as opened:
        opened.skip(offset)
        assert opened.position == offset
        rest = b""
        while more := opened.read(1 << 16):
            rest += more
    assert rest == text[offset:]


def test_a_text_behind_a_block_of_zeros_is_a_text() -> None:
    """A log that was emptied while its program wrote on at the place where it stood."""
    text = b"step 10 | loss 2.9\n" * 4
    assert sniff_encoding(b"\0" * 3000 + text) == "utf-8-sig"
    assert sniff_encoding(b"\0" * 3000) == "binary"
    assert sniff_encoding(b"\0\0\x01\x02" * 40 + text) == "binary"


def spoilt(data: bytes, cuts: list[int]) -> list[str]:
    found = Spoilt()
    for start, end in pairwise([0, *cuts, len(data)]):
        found.take(data[start:end])
    return list(found.said())


@given(st.lists(st.integers(0, 40), max_size=5).map(sorted))
def test_bytes_that_mean_nothing_are_counted(cuts: list[int]) -> None:
    """However the text is cut; a character of several bytes is none of them."""
    data = "a\0b\0äöü€\U0001f600".encode() + b"\xff\xfe c \xe4nder" + "ü".encode()
    assert spoilt(data, cuts) == [
        "NUL bytes are left out: 2",
        "bytes that are not of the text's encoding: 3, shown as \ufffd",
    ]


@pytest.mark.parametrize(
    ("name", "lines"), [("log.csv", "{0},{0}\n"), ("log.jsonl", '{{"step": {0}, "loss": {0}}}\n')]
)
def test_what_is_spoilt_in_a_log_is_said(tmp_path: Path, name: str, lines: str) -> None:
    """Once, with how much of it; the rest is read."""
    text = ("step,loss\n" if name == "log.csv" else "") + "".join(map(lines.format, range(9_000)))
    note = b"9000,1\0\n" if name == "log.csv" else b'{"step": 9000, "loss": 1, "note": "\xff"}\n'
    (tmp_path / name).write_bytes(text.encode() + note)
    report = tbingest.convert(tmp_path, tmp_path / "runs", tbingest.Options(plots="none"))
    [source] = report.sources
    assert [one.what for one in source.problems] == [
        "NUL bytes are left out: 1"
        if name == "log.csv"
        else "bytes that are not of the text's encoding: 1, shown as \ufffd"
    ]
    assert source.written["scalar"] == 9_001
