"""What regular expressions match in one file, for `inspect --pattern`; nothing is written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from glob import escape
from typing import TYPE_CHECKING, Any

from tbingest.errors import SourceError, UsageError
from tbingest.formats.generic.pattern import MAX_MATCHED
from tbingest.formats.generic.pattern_groups import compiled, is_plain_number, matches
from tbingest.formats.readers.lines import LineReader
from tbingest.model.rows import Ignored
from tbingest.names.escape import RAW
from tbingest.pipeline.looks import PATTERN_SCHEMA
from tbingest.sources.discover import Filters, discover
from tbingest.sources.stream import Opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.formats.generic.pattern_groups import Group
    from tbingest.model.rows import Problem, Rows

MAX_MATCHES = 20
MAX_MISSES = 5
_MAX_SHOWN = 500
_PIECE = 256 << 10
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass
class Match:
    """One match: its line, counted from 1, and the groups that took part."""

    line: int
    text: str
    groups: list[Group]


@dataclass
class Tried:
    """How a file's lines fare. `matches` holds the first of them, `misses` the first other lines.

    `rule` is the `[[source]]` to paste into tbingest.toml.
    """

    shown: str
    rule: str
    lines: int = 0
    matched_lines: int = 0
    count: int = 0
    matches: list[Match] = field(default_factory=list)
    misses: list[tuple[int, str]] = field(default_factory=list)

    @property
    def missed_lines(self) -> int:
        """Lines that no pattern matches."""
        return self.lines - self.matched_lines

    def to_dict(self) -> dict[str, Any]:
        """The document as JSON holds it."""
        return {
            "schema": PATTERN_SCHEMA,
            "source": self.shown,
            "lines": self.lines,
            "matched_lines": self.matched_lines,
            "count": self.count,
            "matches": [
                {"line": one.line, "text": one.text, "groups": [_plain(g) for g in one.groups]}
                for one in self.matches
            ],
            "misses": [{"line": line, "text": text} for line, text in self.misses],
            "rule": self.rule,
        }


def _plain(group: Group) -> dict[str, Any]:
    number = is_plain_number(group.text)
    place = {"start": group.start + 1, "stop": group.stop}
    return {"name": group.name, "tag": group.tag, **place, "text": group.text, "number": number}


def attempt(paths: Sequence[str], patterns: Sequence[str]) -> Tried:
    """Try patterns on one file.

    Raises UsageError for a pattern that is none, or several files; SourceError where it cannot
    be read.
    """
    # A log's stray bytes are read as this letter, too.
    written = tuple(_SURROGATE.sub("\ufffd", pattern) for pattern in patterns)
    try:
        ready = compiled(written)
    except UsageError as error:
        raise UsageError(f"--pattern: {error.message}", error.hint) from None
    found = list(discover(paths, Filters()))
    if len(found) != 1:
        raise UsageError(f"--pattern looks at one file, not at {len(found):,}", "name one file")
    if isinstance(found[0], Ignored):
        raise SourceError(f"{found[0].shown}: {found[0].reason}")
    source = found[0]
    reader = _Trying(Tried(source.shown, rule_for(source.name.rpartition("/")[2], written)), ready)
    with Opened(source) as opened:
        while data := opened.read(_PIECE):
            list(reader.feed(data))
    list(reader.close())
    return reader.tried


class _Trying(LineReader):
    """Counts and keeps what matches."""

    def __init__(self, tried: Tried, ready: Sequence[re.Pattern[str]]) -> None:
        super().__init__()
        self.tried = tried
        self.ready = ready

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """Takes every line that is not blank."""
        text = block.decode("utf-8", "replace")
        lines = (text if final else text.removesuffix("\n")).split("\n")
        for number, line in enumerate(lines, self.line + 1):
            if line.strip():
                self._take(number, line.rstrip("\r"))
        return iter(())

    def _take(self, number: int, line: str) -> None:
        tried = self.tried
        before = tried.count
        for part in line.split("\r"):
            for groups in matches(self.ready, part) if len(part) <= MAX_MATCHED else ():
                tried.count += 1
                if len(tried.matches) < MAX_MATCHES:
                    tried.matches.append(Match(number, part[:_MAX_SHOWN], groups))
        tried.lines += 1
        tried.matched_lines += tried.count > before
        if tried.count == before and len(tried.misses) < MAX_MISSES:
            tried.misses.append((number, line[:_MAX_SHOWN]))


def rule_for(name: str, patterns: Sequence[str]) -> str:
    """A `[[source]]` for files of this name."""
    written = [toml_string(pattern) for pattern in patterns]
    several = ",\n".join(f"    {text}" for text in written)
    pattern = written[0] if len(written) == 1 else f"[\n{several},\n]"
    # What is no Unicode in a name cannot be written in TOML: any letter may stand there.
    glob = _SURROGATE.sub("?", escape(name))
    return f"[[source]]\nmatch = {toml_string(glob)}\npattern = {pattern}\n"


def toml_string(text: str) -> str:
    r"""`text` as TOML writes it, shown safely anywhere: 'as it is' where that can be."""
    if "'" not in text and not RAW.search(text):
        return f"'{text}'"
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{RAW.sub(lambda match: _escape(match[0]), quoted)}"'


def _escape(letter: str) -> str:
    return f"\\u{ord(letter):04X}"
