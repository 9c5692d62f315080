"""Run the tests of what changed: `make quick`.

What changed is what differs from the branch `main`, committed or not; on `main` itself, from the
commit before. A changed module is tested by the test files that import it, or else by those that
import what imports it. Of tests that go through every format, those of the changed formats are run.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALWAYS = ("test_architecture.py", "test_imports.py")
EVERY_FORMAT = ("test_contract.py", "test_formats.py")
LONG = {"test_corpus.py", "test_live.py", "test_loaders.py", "test_recovery.py", "test_syscalls.py"}
"""These take minutes: they are run where they are what changed."""


def git(*arguments: str) -> list[str]:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.split()


def changed() -> set[str]:
    """Paths below the repository."""
    head, base = git("rev-parse", "HEAD"), git("merge-base", "HEAD", "main")
    if base == head:
        base = git("rev-parse", "HEAD^")
    names = git("diff", "--name-only", *base)
    return {*names, *git("ls-files", "--others", "--exclude-standard")}


def imports(path: Path) -> set[str]:
    """The modules that a file imports, and those that it may import: `from package import name`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def module_of(path: str) -> str:
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return name.removeprefix("tests.")


def tests_of(module: str, ours: dict[str, set[str]], tests: dict[str, set[str]]) -> set[str]:
    """The test files nearest to a module."""
    wanted, known = {module}, {module}
    while wanted:
        found = {name for name, of in tests.items() if of & wanted and name.startswith("test_")}
        if found:
            return found
        users = {user for user, of in (*ours.items(), *tests.items()) if of & wanted}
        wanted = {module_of(user) for user in users} - known
        known |= wanted
    return set()


def chosen(names: set[str]) -> set[str]:
    """The test files of what changed."""
    ours = {
        path.relative_to(ROOT).as_posix(): imports(path)
        for path in (ROOT / "tbingest").rglob("*.py")
    }
    folder = ROOT / "tests"
    tests = {path.relative_to(folder).as_posix(): imports(path) for path in folder.rglob("*.py")}
    found = {name.removeprefix("tests/") for name in names if name.startswith("tests/test_")}
    found &= set(tests)
    for name in names:
        if name in ours or (name.startswith("tests/helpers/") and name.endswith(".py")):
            found |= tests_of(module_of(name), ours, tests) - LONG
    return found | set(ALWAYS)


def formats(names: set[str]) -> set[str]:
    """The formats that the changed files hold."""
    files = [ROOT / name for name in names if re.match(r"tbingest/formats/.*\.py$", name)]
    texts = [path.read_text(encoding="utf-8") for path in files if path.is_file()]
    return {name for text in texts for name in re.findall(r'Format\(\s*(?:name=)?"([\w-]+)"', text)}


def main() -> int:
    names = changed()
    files = chosen(names)
    runs = [[str(ROOT / "tests" / name) for name in sorted(files)]]
    if formats(names):
        rest = [str(ROOT / "tests" / name) for name in EVERY_FORMAT if name not in files]
        runs += [[*rest, "-k", " or ".join(sorted(formats(names)))]] if rest else []
    print(len(names), "files changed; tests:", *sorted(files), *sorted(formats(names)))  # noqa: T201
    return max(pytest(*run) for run in runs)


def pytest(*arguments: str) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "-m", "not browser and not soak"]
    return subprocess.run([*command, *arguments], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
