"""The steps of our GitHub action, run by bash as GitHub runs them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import yaml

from helpers.places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())


STEPS: dict[str, dict[str, Any]] = {step["name"]: step for step in ACTION["runs"]["steps"]}


def ran(
    name: str, inputs: dict[str, str], folder: Path, github: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A step with its inputs, by bash as GitHub calls it."""
    known = {key: entry.get("default", "") for key, entry in ACTION["inputs"].items()} | inputs
    env = {
        key: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda match: known[match[1]], text)
        for key, text in STEPS[name].get("env", {}).items()
    }
    script = folder / "step.sh"
    script.write_text(STEPS[name]["run"])
    (folder / "bin").mkdir(exist_ok=True)
    python = folder / "bin" / "python"
    if not python.exists():
        python.symlink_to(sys.executable)
    code = f'exec {sys.executable} "$@"\n'
    python.unlink()
    python.write_text("#!/bin/sh\n" + code)
    python.chmod(0o755)
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=folder,
        env={**os.environ, **env, **(github or {}), "PATH": path, "RUNNER_TEMP": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
