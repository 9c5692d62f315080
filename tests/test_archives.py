"""An archive of logs is the folder that it holds; nothing of it becomes a path."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

import tbingest
from tbingest.sources import archive

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = tbingest.Options(plots="none")
LOG = "step,loss\n" + "".join(f"{step},{1 / (step + 1)}\n" for step in range(20))
FILES = {"exp1/metrics.csv": LOG, "exp2/metrics.csv": LOG, "exp2/hparams.yaml": "lr: 0.5\n"}
NAMES = ("logs.zip", "logs.tar", "logs.tar.gz", "logs.tgz", "logs.tar.bz2", "logs.tar.xz")


def packed(path: Path, files: dict[str, str | bytes]) -> Path:
    """An archive of the kind that its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = {name: one.encode() if isinstance(one, str) else one for name, one in files.items()}
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as found:
            for name, content in data.items():
                found.writestr(name, content)
        return path
    kind = {"gz": "gz", "tgz": "gz", "bz2": "bz2", "xz": "xz"}.get(path.suffix[1:], "")
    with tarfile.open(path, f"w:{kind}") as tar:  # type: ignore[call-overload]
        for name, content in data.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1_780_000_000
            tar.addfile(info, io.BytesIO(content))
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_an_archive_that_is_named_is_its_folder(name: str, tmp_path: Path) -> None:
    """Its runs are those of the folder; again nothing is new."""
    path = packed(tmp_path / name, {**FILES, "metrics.csv": LOG})
    report = tbingest.convert(path, tmp_path / "runs", PLAIN)
    assert {run.partition("/")[0] for run in report.runs} == {"exp1", "exp2", "logs"}
    assert report.runs.keys() == {"exp1", "exp2", "logs"}
    assert {one.source for one in report.sources} >= {f"{path}/exp1/metrics.csv"}
    again = tbingest.convert(path, tmp_path / "runs", PLAIN)
    assert {one.status for one in again.sources} == {"unchanged"}


def test_an_archive_in_a_folder_is_a_folder_in_it(tmp_path: Path) -> None:
    """Unless that lies unpacked beside it."""
    logs = tmp_path / "logs"
    packed(logs / "colab.zip", FILES)
    (logs / "own").mkdir()
    (logs / "own" / "metrics.csv").write_text(LOG)
    report = tbingest.convert(logs, tmp_path / "runs", PLAIN)
    assert report.runs.keys() == {"colab/exp1", "colab/exp2", "own"}
    (logs / "colab").mkdir()
    plan = tbingest.inspect(logs)
    [said] = [one.reason for one in plan.ignored if one.shown.endswith("colab.zip")]
    assert said == "the folder colab beside it is what it holds"


def test_a_checkpoint_is_no_archive_of_logs(samples: Path) -> None:
    """A model of Stable-Baselines3 is a zip file, too."""
    plan = tbingest.inspect(samples / "formats/checkpoints/sb3")
    assert {one.format for job in plan.jobs for one in job.sources} == {"sb3"}


HOSTILE = {
    "../../out.csv": "its name leads out of the archive",
    "/etc/out.csv": "its name leads out of the archive",
    "C:\\out.csv": "its name leads out of the archive",
    "inner.zip": "an archive within an archive: not unpacked",
}


@pytest.mark.parametrize("kind", ["logs.zip", "logs.tar.gz"])
@pytest.mark.parametrize("name", HOSTILE)
def test_what_an_archive_must_not_do_is_refused(name: str, kind: str, tmp_path: Path) -> None:
    """The rest of it is read, and nothing is written beside the logdir."""
    path = packed(tmp_path / "in" / kind, {name: LOG, "good/metrics.csv": LOG})
    report = tbingest.convert(path, tmp_path / "runs", PLAIN)
    assert report.runs.keys() == {"good"}
    assert [one.reason for one in report.ignored] == [HOSTILE[name]]
    assert names(tmp_path) == ["in", "runs"]
    assert names(tmp_path / "in") == [kind]


def test_links_and_devices_of_an_archive_are_not_followed(tmp_path: Path) -> None:
    """Wherever they point to."""
    path = tmp_path / "logs.tar"
    with tarfile.open(path, "w") as tar:
        for name, kind in (("a.csv", tarfile.SYMTYPE), ("b.csv", tarfile.LNKTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
        fifo = tarfile.TarInfo("c.csv")
        fifo.type = tarfile.FIFOTYPE
        tar.addfile(fifo)
    plan = tbingest.inspect(path)
    reasons = [one.reason for one in plan.ignored]
    assert reasons == ["a link: not followed"] * 2 + ["not a regular file"]


@pytest.mark.parametrize("long", [{"comment": "x" * (2 << 20)}, {"path": "a/" * (1 << 20)}])
def test_remarks_of_megabytes_are_refused(long: dict[str, str], tmp_path: Path) -> None:
    """They are taken into memory, and 200 MB of them are 200 kB of gzip."""
    with tarfile.open(tmp_path / "logs.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("metrics.csv")
        info.pax_headers = long
        tar.addfile(info)
    [ignored] = tbingest.inspect(tmp_path).ignored
    assert "name or remarks are too long" in ignored.reason


def test_an_archive_takes_no_more_than_its_cap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is decompressed is counted, whatever the archive says of itself."""
    monkeypatch.setattr(archive, "FREE_BYTES", 4_000)
    monkeypatch.setattr(archive, "MAX_RATIO", 1)
    path = packed(tmp_path / "logs.zip", {"good/metrics.csv": LOG, "bomb.csv": "1" * 3_000_000})
    plan = tbingest.inspect(path)
    assert [one.reason for one in plan.ignored] == [
        "too large: the archive holds more than is read"
    ]
    assert len(plan.jobs) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_archive_says_so(name: str, tmp_path: Path) -> None:
    """However far it was copied."""
    path = packed(tmp_path / name, FILES)
    whole = path.read_bytes()
    for size in (3, len(whole) // 2):
        path.write_bytes(whole[:size])
        report = tbingest.convert(path, tmp_path / f"runs{size}", PLAIN)
        said = " ".join(one.reason for one in report.ignored)
        assert "archive" in said or "damaged" in said or report.points, (size, said)


@pytest.mark.parametrize("kind", ["logs.zip", "logs.tar.gz"])
def test_what_an_archive_unpacks_is_bounded_in_all(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also members that are refused cost their unpacking; what was read before stays."""
    monkeypatch.setattr(archive, "FREE_BYTES", 2 << 20)
    monkeypatch.setattr(archive, "MAX_RATIO", 1)
    large = {f"{n}.csv": "1" * (3 << 20) for n in range(9)}
    path = packed(tmp_path / kind, {"good/metrics.csv": LOG, **large, "last/metrics.csv": LOG})
    plan = tbingest.inspect(path)
    assert plan.ignored[-1].shown.endswith("/...")
    assert plan.ignored[-1].reason == "the archive unpacks to too much: the rest is not read"
    assert len(plan.ignored) < 5
    assert len(plan.jobs) == 1


def test_members_that_are_passed_over_cost_their_unpacking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is none of a log's, an archive within an archive."""
    monkeypatch.setattr(archive, "FREE_BYTES", 1 << 20)
    monkeypatch.setattr(archive, "MAX_RATIO", 1)
    members = {"good/metrics.csv": LOG, "a.zip": bytes(9 << 20), "last/metrics.csv": LOG}
    path = packed(tmp_path / "logs.tar.xz", members)
    plan = tbingest.inspect(path)
    reasons = [one.reason for one in plan.ignored]
    assert reasons[-1] == "the archive unpacks to too much: the rest is not read"
    assert len(plan.jobs) == 1
