"""What people met in environments of their own, of which no other test is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.command import tbingest_
from helpers.logs import put

if TYPE_CHECKING:
    from pathlib import Path


def test_a_tensorboard_that_lacks_a_module_is_said_to(tmp_path: Path) -> None:
    """As an older one does beside a newer setuptools, which has no `pkg_resources`."""
    lacking = "raise ModuleNotFoundError(\"No module named 'pkg_resources'\")\n"
    modules = put(tmp_path / "modules", werkzeug__py=lacking)
    logs = put(tmp_path / "exp", log__csv="step,loss\n1,0.5\n2,0.25\n")
    assert tbingest_("convert", str(logs), "--logdir", "runs", cwd=tmp_path).returncode == 0
    env = {"PYTHONPATH": str(modules)}
    said = tbingest_("serve", "runs", cwd=tmp_path, env=env)
    assert "TensorBoard does not start: it lacks the module pkg_resources" in said.stderr
    assert "pip install --upgrade tensorboard" in said.stderr
    assert said.returncode != 0
