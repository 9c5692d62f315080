"""A format of the user's own, in a package that pip installs from a wheel."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from helpers.loaded import scalars
from helpers.plugin import FORMAT, LOG

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(find_spec("pip") is None, reason="pip is not installed here")


def wheel(folder: Path, module: str, source: str, target: str) -> Path:
    """A wheel with one module, and `target` as entry point of `tbingest.formats`."""
    info = f"{module}-1.0.dist-info"
    files = {
        f"{module}.py": source,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[tbingest.formats]\n{module} = {target}\n",
    }
    record = "".join(f"{name},{digest(text)},{len(text)}\n" for name, text in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    path = folder / f"{module}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def digest(text: str) -> str:
    raw = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def installed(folder: Path, module: str, source: str, target: str) -> Path:
    """The folder that pip installs such a package into; nothing is downloaded."""
    packages = folder / "packages"
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet"]
    subprocess.run(
        [*command, "--target", packages, wheel(folder, module, source, target)], check=True
    )
    return packages


def run(packages: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`tbingest` in `folder`, with the installed packages."""
    return subprocess.run(
        [sys.executable, "-m", "tbingest", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def at_lines(tmp_path_factory: Any) -> Path:
    return installed(tmp_path_factory.mktemp("wheel"), "tbingest_at", FORMAT, "tbingest_at:FORMAT")


def test_a_format_of_an_installed_package_is_read_like_our_own(
    at_lines: Path, tmp_path: Path
) -> None:
    """It is listed and sure of its log; its values are shown and its problems are told."""
    (tmp_path / "run.at").write_text(LOG)
    assert "at-lines" in run(at_lines, tmp_path, "formats").stdout
    done = run(at_lines, tmp_path, "convert", "run.at", "--no-plots")
    assert done.returncode == 0, done.stderr
    assert "run.at:2: is no @ line" in done.stdout + done.stderr
    assert scalars(tmp_path / "runs") == {
        "run": {
            "loss": [(10, 0.5), (20, 0.125), (30, -0.75)],
            "acc": [(10, 0.25), (30, math.inf)],
        }
    }


def test_lines_appended_to_the_log_of_an_installed_format_are_added(
    at_lines: Path, tmp_path: Path
) -> None:
    """Its reader is taken up where it stood; a line that was half written counts once, whole."""
    log = tmp_path / "run.at"
    log.write_text("@10 loss=0.5\n@20 lo")
    run(at_lines, tmp_path, "convert", "run.at", "--no-plots")
    log.write_text("@10 loss=0.5\n@20 loss=0.25\n@30 loss=0.125\n")
    done = run(at_lines, tmp_path, "convert", "run.at", "--no-plots", "--output-format", "json")
    assert done.returncode == 0, done.stderr
    assert scalars(tmp_path / "runs") == {"run": {"loss": [(10, 0.5), (20, 0.25), (30, 0.125)]}}
    assert json.loads(done.stdout)["totals"]["read"] == 2


def test_an_entry_point_that_is_no_format_is_named(tmp_path: Path) -> None:
    """The user learns which package is wrong; nothing is converted and nothing else is blamed."""
    packages = installed(tmp_path, "tbingest_bad", "FORMAT = 'at'\n", "tbingest_bad:FORMAT")
    (tmp_path / "log.csv").write_text("step,loss\n1,0.5\n")
    done = run(packages, tmp_path, "convert", "log.csv")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "error: plug-in 'tbingest_bad' (tbingest_bad:FORMAT) is not a tbingest.Format\n"
        "hint: its entry point must name a Format object\n"
    )
    assert not (tmp_path / "runs").exists()


def test_an_entry_point_that_cannot_be_imported_is_named(tmp_path: Path) -> None:
    """A package whose module is broken is the package's fault, and the message says which."""
    packages = installed(tmp_path, "tbingest_bad", "import no_such_module\n", "tbingest_bad:FORMAT")
    (tmp_path / "log.csv").write_text("step,loss\n1,0.5\n")
    done = run(packages, tmp_path, "convert", "log.csv")
    assert done.returncode == 2
    assert "'tbingest_bad'" in done.stderr
    assert "no_such_module" in done.stderr
    assert not (tmp_path / "runs").exists()
