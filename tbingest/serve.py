"""Find and start TensorBoard on a logdir, and stop it cleanly. Prints nothing.

Run as a program, this is TensorBoard that ends once its standard input does: it cannot outlive the
tbingest that started it, whatever ends that.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, urlsplit

from tbingest.errors import ServeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_URL = re.compile(r"at (https?://\S+)")
_START_SECONDS = 60.0
_STOP_SECONDS = 5.0
_TURN_SECONDS = 0.2
_DESCRIPTORS = 65_536
_KEPT_LINES = 50
_CAPS = {"scalars": 100_000, "histograms": 1_000, "images": 1_000, "text": 10_000}
_ALL = 1_000_000_000  # 0 is documented as "keep all" and shows nothing


@dataclass(frozen=True)
class ServeOptions:
    """How TensorBoard is started. `load_fast` is auto, true or false; `more` flags of TensorBoard's
    own are handed on, and go before ours.
    """

    port: int | None = None
    bind_all: bool = False
    all_points: bool = False
    reload_seconds: int = 5
    load_fast: str = "auto"
    more: tuple[str, ...] = ()


def command(logdir: Path, options: ServeOptions) -> list[str]:
    """The command line of TensorBoard: every point kept, old logs shown live, loopback only."""
    caps = dict.fromkeys(_CAPS, _ALL) if options.all_points else _CAPS
    address = ["--bind_all"] if options.bind_all else ["--host", "127.0.0.1"]
    port = ["--port", str(options.port)] if options.port is not None else []
    return [
        sys.executable,
        "-m",
        "tbingest.serve",
        "--logdir",
        str(logdir),
        "--samples_per_plugin",
        ",".join(f"{plugin}={cap}" for plugin, cap in caps.items()),
        "--reload_multifile=true",
        "--reload_multifile_inactive_secs=-1",
        "--reload_interval",
        str(options.reload_seconds),
        "--load_fast",
        options.load_fast,
        *address,
        *port,
        *options.more,
    ]


class Server:
    """A running TensorBoard. Use it as a context manager; `url` is where it answers.

    Raises UsageError for a logdir that is none, ServeError where TensorBoard does not start.
    """

    def __init__(self, logdir: Path, options: ServeOptions | None = None) -> None:
        check_logdir(logdir)
        self._options = options or ServeOptions()
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._found = threading.Event()
        self.url = ""
        _raise_descriptor_limit()
        # A session of its own: Ctrl-C in the terminal reaches only us, and we pass it on once.
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
            command(logdir, self._options),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._drain = threading.Thread(target=self._read, daemon=True)
        self._drain.start()

    def __enter__(self) -> Self:
        try:
            self._until_answering()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id of TensorBoard."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """True once TensorBoard is no more."""
        return self._process.poll() is not None

    def check(self) -> None:
        """Raises ServeError where TensorBoard has ended: it was not told to."""
        code = self._process.poll()
        if code is not None:
            raise ServeError(f"TensorBoard ended (exit code {code})", self._last_words())

    def wait(self, stop: Callable[[], bool]) -> None:
        """Block until `stop` says so. Raises ServeError where TensorBoard ends before."""
        while not stop():
            self.check()
            time.sleep(_TURN_SECONDS)

    def stop(self) -> None:
        """Stop the process that was started, and nothing else."""
        for end in (self._hang_up, self._process.terminate, self._process.kill):
            if self._process.poll() is not None:
                break
            end()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        self._drain.join(_STOP_SECONDS)
        for stream in (self._process.stdin, self._process.stderr):
            if stream:
                stream.close()

    def _hang_up(self) -> None:
        """It ends with its standard input; Windows has no signal that would ask it to."""
        if self._process.stdin:
            self._process.stdin.close()

    def _read(self) -> None:
        for line in self._process.stderr or ():
            self._lines.append(line.rstrip())
            match = _URL.search(line)
            if match and not self.url:
                self.url = match[1]
                self._found.set()
        self._found.set()

    def _until_answering(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        self._found.wait(_START_SECONDS)
        while time.monotonic() < deadline:
            code = self._process.poll()
            if code is not None:
                self._drain.join(1)
                raise self._not_started(code)
            if self.url and _answers(self.url):
                return
            time.sleep(0.05)
        raise ServeError(
            f"TensorBoard did not answer within {_START_SECONDS:.0f} s", self._last_words()
        )

    def _not_started(self, code: int) -> ServeError:
        said = "\n".join(self._lines)
        if "could not bind" in said or "already in use" in said:
            return ServeError(
                f"port {self._options.port} is in use",
                "choose another with --port, or leave it out",
            )
        missing = re.search(r"No module named '?([\w.]+)", said)
        if missing and missing[1].partition(".")[0] == "tensorboard":
            return ServeError("TensorBoard is not installed", "pip install tensorboard")
        if missing:
            return ServeError(
                f"TensorBoard does not start: it lacks the module {missing[1]}",
                "pip install --upgrade tensorboard",
            )
        return ServeError(f"TensorBoard did not start (exit code {code})", self._last_words())

    def _last_words(self) -> str:
        return " / ".join(line for line in list(self._lines)[-3:] if line)


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port or 80, timeout=5)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def _raise_descriptor_limit() -> None:
    """TensorBoard keeps every event file open: a thousand runs need a thousand descriptors."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def check_logdir(logdir: Path) -> None:
    """Raises UsageError for what is no folder: TensorBoard itself would wait for it for ever."""
    if not logdir.exists():
        raise UsageError(
            f"{logdir}: no such logdir", "convert logs first: tbingest convert logs/ --logdir runs"
        )
    if not logdir.is_dir():
        raise UsageError(f"{logdir}: is not a folder", "name the logdir, not a file in it")


@contextmanager
def side_by_side(logdirs: Sequence[Path]) -> Iterator[Path]:
    """One folder in which TensorBoard finds several logdirs, each by a link; of one, itself.

    A run's name begins with the folder's, or with what of its path differs. Raises UsageError.
    """
    for logdir in logdirs:
        check_logdir(logdir)
    whole = {logdir.resolve(): None for logdir in logdirs}
    roots = [one for one in whole if not any(other in one.parents for other in whole)]
    if len(roots) == 1:
        yield logdirs[0] if len(whole) == 1 else roots[0]
        return
    common = Path(os.path.commonpath([one.parent for one in roots]))
    with TemporaryDirectory(prefix="tbingest-") as folder:
        for one in roots:
            link = Path(folder, one.relative_to(common))
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(one, target_is_directory=True)
        yield Path(folder)


def pinned(url: str, tags: Sequence[str]) -> str:
    """The address of TensorBoard's Time Series tab with cards of `tags` pinned above all others."""
    cards = [{"plugin": "scalars", "tag": tag} for tag in tags]
    asked = quote(json.dumps(cards, separators=(",", ":")), safe=",:/")
    return f"{url}?pinnedCards={asked}#timeseries" if cards else url


def ssh_hint(url: str, environ: Mapping[str, str]) -> str | None:
    """The command that forwards the port to the user's own machine, within an ssh session."""
    connection = environ.get("SSH_CONNECTION", "").split()
    if len(connection) < 4:
        return None
    user = environ.get("USER") or environ.get("LOGNAME") or "you"
    port = urlsplit(url).port
    return f"ssh -L {port}:127.0.0.1:{port} {user}@{connection[2]}"


def _end_with_our_parent() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGINT)


def _main() -> None:
    threading.Thread(target=_end_with_our_parent, daemon=True).start()
    from tensorboard.main import run_main

    run_main()


if __name__ == "__main__":
    _main()
