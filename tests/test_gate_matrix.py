"""Every rule of `check` on every kind of data: the lines of its answer, and its exit code.

gate_matrix.txt holds the commands and what they say, as a terminal would show it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tbingest.cli import run

HERE = Path(__file__).resolve().parent
CALM = "".join(f"{n},{1 + n % 2 / 10:g}\n" for n in range(12))
LOGS = {
    "plain.csv": "step,loss,acc\n1,0.5,0.1\n2,0.4,0.6\n3,0.3,0.5\n",
    "nan.csv": "step,loss,acc\n1,0.5,0.1\n2,nan,nan\n3,0.4,nan\n",
    "inf.csv": "step,loss,acc\n1,0.5,0.1\n2,inf,inf\n",
    "minus.csv": "step,loss,acc\n1,0.5,0.1\n2,-inf,-inf\n",
    "one.csv": "step,loss,acc\n1,0.5,0.1\n",
    "restart.csv": "step,loss,acc\n1,0.5,0.1\n2,0.4,0.2\n3,0.9,0.3\n2,0.6,0.4\n",
    "spike.csv": f"step,loss,acc\n{CALM.replace(chr(10), ',0.5' + chr(10))}12,9,0.5\n",
    "runs/a/log.csv": "step,loss,acc\n1,0.5,0.4\n2,0.4,0.5\n",
    "runs/b/log.csv": "step,loss\n1,0.5\n2,0.6\n",
    "gap.csv": "step,loss\n1,0.5\n2,nan\n3,0.6\n",
    "foo.csv": "step,foo\n1,0.5\n2,0.6\n",
    "base.csv": "step,loss,acc\n1,0.5,0.1\n2,0.4,0.6\n",
}
CASES = re.findall(
    r"^\$ check (.*)\n((?:.*\n)*?)exit (\d)\n",
    (HERE / "gate_matrix.txt").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def answered(out: str) -> str:
    """What was said, but for the seconds that it took."""
    return re.sub(r"  \(\d+\.\d s\)", "", out)


def test_the_matrix_is_whole() -> None:
    """No case is there twice."""
    commands = [command for command, _, _ in CASES]
    assert len(commands) == len(set(commands)) >= 90


@pytest.mark.parametrize(
    ("command", "expected", "code"), CASES, ids=[command for command, _, _ in CASES]
)
def test_a_rule_says_of_its_data_what_the_matrix_holds(
    command: str,
    expected: str,
    code: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Line by line: place, run, tag, step, value, bound, rule, curve and hint."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "TBINGEST_OUTPUT_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    for name, text in LOGS.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert run(["check", *command.split()]) == int(code)
    assert answered(capsys.readouterr().out) == expected
