"""Run the benchmarks and write what each of them says to RESULTS.md: figures, never gates.

python benchmarks/results.py [NAME ...]    (as `s12`; all of them without a name)
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from common import machine_line

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
ABOUT = """# Results

Written by `make bench`. Ratios taken in one run are what counts: seconds differ from machine to
machine, and with its load.
"""


def said(script: Path) -> str:
    """What a benchmark says, a heading before it."""
    done = subprocess.run(
        [sys.executable, str(script)], cwd=HERE, capture_output=True, text=True, check=False
    )
    failed = f"\nended with {done.returncode}: {done.stderr.strip()[-400:]}"
    text = done.stdout.strip() + (failed if done.returncode else "")
    print(f"== {script.name}\n{text}", flush=True)
    return f"## {script.stem}\n\n```\n{text.strip()}\n```\n"


def sections(text: str) -> dict[str, str]:
    """The sections of earlier results, by the name of their benchmark."""
    parts = text.split("\n## ")[1:]
    return {part.partition("\n")[0].strip(): f"## {part.strip()}\n" for part in parts}


def main(names: list[str]) -> None:
    """Run those that are asked for; what the others said before stays."""
    found = sections(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for script in sorted(HERE.glob("s*.py")):
        if not names or script.stem.partition("_")[0] in names:
            found[script.stem] = said(script)
            body = "\n".join(found[name] for name in sorted(found))
            RESULTS.write_text(f"{ABOUT}\n{body}", encoding="utf-8")
    print(machine_line())


if __name__ == "__main__":
    main(sys.argv[1:])
