"""The command line, and what stands in the folders that it wrote."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import traceback
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

from tbingest.cli import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


LOG = (  # JSON lines, as they need no pandas: each test starts processes
    '{"step": 1, "loss": 0.5, "val_loss": 0.75}\n{"step": 2, "loss": 0.25, "val_loss": 0.5}\n'
)


RAW = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def tbingest_(
    *arguments: str | Path,
    cwd: Path,
    env: dict[str, str] | None = None,
    stdin: str = "",
    encoding: str = "utf-8",
) -> subprocess.CompletedProcess[str]:
    """`tbingest ARGUMENTS`, not on a terminal, within this process: starting one takes a second."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding, write_through=True) for _ in range(2))
    err.reconfigure(errors="backslashreplace")
    with _as_started(cwd, _plain_environment(env or {}), stdin), ExitStack() as streams:
        streams.enter_context(redirect_stdout(out))
        streams.enter_context(redirect_stderr(err))
        code = _run(list(map(str, arguments)))
    said = [stream.buffer.getvalue().decode(encoding) for stream in (out, err)]
    return subprocess.CompletedProcess(arguments, code, *said)


def _run(arguments: list[str]) -> int:
    try:
        return run(arguments)
    except Exception:  # noqa: BLE001 - as Python ends a process
        traceback.print_exc()
        return 1


@contextmanager
def _as_started(cwd: Path, env: dict[str, str], told: str) -> Iterator[None]:
    """The folder, environment, arguments, stdin and signals of a process that was just started."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    before = dict(os.environ), sys.argv, sys.stdin
    with tempfile.TemporaryFile("w+", encoding="utf-8") as opened, chdir(cwd):
        opened.write(told)
        opened.seek(0)
        try:
            _set_environment(env)
            sys.argv, sys.stdin = ["tbingest"], opened
            yield
        finally:
            _set_environment(before[0])
            _, sys.argv, sys.stdin = before
            for number, handler in handlers.items():
                signal.signal(number, handler)


def _set_environment(env: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(env)


def _plain_environment(more: dict[str, str]) -> dict[str, str]:
    """This environment without what changes how the commands work or look."""
    env = {name: text for name, text in os.environ.items() if not name.startswith("TBINGEST_")}
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS", "PY_COLORS", "CLICOLOR_FORCE"):
        env.pop(name, None)
    return env | more


def started(
    *arguments: str | Path, cwd: Path, env: dict[str, str] | None = None, **more: Any
) -> subprocess.CompletedProcess[str]:
    """The same as a process: where its imports, streams, signals or end are what is tested."""
    return subprocess.run(
        [sys.executable, "-m", "tbingest", *map(str, arguments)],
        cwd=cwd,
        env={"PYTHONIOENCODING": "utf-8", **_plain_environment(env or {})},
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
        **more,
    )


def tree(path: Path) -> dict[str, bytes | None]:
    """Every file below a path and what it holds; folders hold None."""
    return {
        str(entry.relative_to(path)): entry.read_bytes() if entry.is_file() else None
        for entry in sorted(path.rglob("*"))
    }


def tags_of(logdir: Path) -> set[str]:
    """Every tag's bytes that stand in event files, found through their lengths."""
    found = set()
    for path in logdir.rglob("*tfevents*"):
        for match in re.finditer(rb"\x0a([\x01-\x7f])([\x20-\x7e]+)", path.read_bytes()):
            found.add(match[2][: match[1][0]].decode("ascii"))
    return found
