"""What is saved of the jobs of a logdir: signed, checked, and asked which sources are known."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tbingest.errors import OutputError
from tbingest.logdir import state_files
from tbingest.logdir.checked import is_sound
from tbingest.logdir.files import STATE_FOLDER
from tbingest.logdir.source_state import SourceState
from tbingest.names.files import rotated_from
from tbingest.sources.identity import begins_as
from tbingest.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.sources.discover import Source

SCHEMA = "tbingest.state/4"
_DIGEST = b'{"digest":"%s",'
_DIGEST_BYTES = len(_DIGEST % (b"0" * 32))


def known_sources(logdir: str) -> Iterator[tuple[str, str, SourceState]]:
    """(options, name below the root of its walk, what is saved) of every source.

    Of conversions by this version of tbingest.
    """
    for data in states(logdir):
        if data["version"] == VERSION:
            for name, saved in data["sources"].items():
                yield data["options"], name, SourceState(**saved)


def states(logdir: str) -> Iterator[dict[str, Any]]:
    """What is saved of every job; the damaged ones are left out."""
    for path in sorted(Path(logdir, STATE_FOLDER).glob("*.json")):
        try:
            data = load(path)
        except OutputError:
            continue  # said where it is wanted
        if data:
            yield data


def may_own(logdir: str, prefix: str, root: str, sources: Sequence[Source]) -> bool:
    """True where no other source root owns a run prefix.

    A folder that was moved is still itself: its files have their beginnings, and their names or
    those that a rotation gave them.
    """
    try:
        data = load(state_path(logdir, prefix))
    except OutputError:
        return True  # it is built anew, and that is said
    if not data or data.get("root") == root:
        return True
    known = {
        name: (saved["head"][0], saved["head"][1])
        for name, saved in data["sources"].items()
        if saved["head"]
    }
    for source in sources:
        name = source.name if source.name in known else rotated_from(source.name, known)
        if name and begins_as(source, known[name]):
            return True
    return False


def state_path(logdir: str, prefix: str) -> Path:
    """Where the state of a job is kept."""
    digest = hashlib.blake2b(prefix.encode("utf-8", "surrogateescape"), digest_size=10)
    return Path(logdir, STATE_FOLDER, f"{digest.hexdigest()}.json")


def load(path: Path) -> dict[str, Any]:
    """A state; empty where there is none. Raises OutputError where it is not to be believed."""
    try:
        text = state_files.read(path)
        data = json.loads(text) if text is not None else {}
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path) from error
    if text is None:
        return {}
    if not is_signed(text) or not is_sound(data) or data.get("schema") != SCHEMA:
        raise _damaged(path)
    found: dict[str, Any] = data
    return found


def signed(data: dict[str, Any]) -> bytes:
    """One line of JSON that begins with the digest of the rest."""
    text = json.dumps(data, separators=(",", ":"), sort_keys=True).encode()[1:]
    return _DIGEST % _digest(text) + text


def is_signed(text: bytes) -> bool:
    """True where a text is as it was signed."""
    return text[:_DIGEST_BYTES] == _DIGEST % _digest(text[_DIGEST_BYTES:])


def _digest(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=16).hexdigest().encode()


def _damaged(path: Path) -> OutputError:
    return OutputError(
        f"{path}: the state of an earlier conversion is damaged or of another version",
        "delete this file: what already stands in the event files is recognised",
    )
