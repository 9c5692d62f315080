"""The user's own rules: `tbingest.toml`, or `[tool.tbingest]` of a `pyproject.toml`.

The file is named by `--config`, or sought from the working directory upwards, then in the person's
own configuration folder; never in the paths to be read. A file that was merely found on the way may
come from a stranger, so it steers reading only: it runs no plug-in, and writes nothing outside its
own folder. Keys are the names of the flags; a flag goes before a `TBINGEST_*` variable, and both go
before the file.
"""

from __future__ import annotations

import os
import re
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tbingest.check.rules import KEYS, Rule, rules_of_table
from tbingest.errors import UsageError
from tbingest.formats.generic.pattern import compiled
from tbingest.model.charts import PLOT_KINDS, Charted, Plot
from tbingest.options import SourceRule, tag_rule_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NAME = "tbingest.toml"
_TABLE = "tool.tbingest"
_TEXTS = "a string or a list of strings"
_KINDS: dict[str, tuple[type, ...]] = {
    "a string": (str,),
    _TEXTS: (str, list),
    "true or false": (bool,),
    "a whole number": (int,),
    "a string or a number": (str, int, float),
    "a number": (int, float),
    "a string, a number or a time": (str, int, float, datetime, date),
}
SETTINGS = {
    "logdir": "a string",
    "as": "a string",
    "run": "a string",
    "step": "a string",
    "time": "a string",
    "wall-time": "a string, a number or a time",
    "include": _TEXTS,
    "exclude": _TEXTS,
    "tag-map": _TEXTS,
    "run-map": _TEXTS,
    "drop-tags": _TEXTS,
    "only": "a string",
    "thin": "a whole number",
    "on-restart": "a string",
    "plots": "a string",
    "adopt": "true or false",
    "aggregate": "a string",
    "tensors": _TEXTS,
    "every": "a whole number",
    "statistics": "true or false",
    "projector": "a string",
    "jobs": "a whole number",
    "strict": "true or false",
    "verify": "true or false",
    "output-format": "a string",
    "report": "a string",
    "port": "a whole number",
    "all-points": "true or false",
}
"""The flags that may stand in a config, and what they hold."""
_SOURCE = {
    "match": "a string",
    "format": "a string",
    "run": "a string",
    "step": "a string",
    "time": "a string",
    "pattern": _TEXTS,
}
_TAG = {"match": "a string", "to": "a string"}
_LAYOUT = {"name": "a string", "tags": _TEXTS, "band": "true or false"}
_PLOT = {
    "title": "a string",
    "kind": "a string",
    "y": _TEXTS,
    "x": "a string",
    "log": "a string",
    "smoothing": "a number",
}
FOLLOW = {
    "interval": "a string or a number",
    "until-idle": "a string or a number",
    "once-done": "a string",
}
"""The flags that may stand in the table `[follow]`."""
_TABLES = {
    "check": KEYS,
    "source": _SOURCE,
    "tag": _TAG,
    "layout": _LAYOUT,
    "plot": _PLOT,
    "follow": FOLLOW,
}
_PATHS = ("logdir", "report", "once-done")
_WRITTEN = ("logdir", "report")
_TRUST = "name the config with --config if you trust it"
_HEADER = re.compile(r"\s*\[(\[)?([^\[\]]+)\]")
_AT = re.compile(r" \(at line (\d+), column (\d+)\)$")


@dataclass(frozen=True)
class Config:
    """What a config says; all empty where there is none.

    `settings` holds values by flag, without the dashes; `tags`, `sources`, `layouts` and `plots`
    the rules in order; `plugins` whole paths.
    """

    path: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[tuple[str, str], ...] = ()
    sources: tuple[SourceRule, ...] = ()
    layouts: tuple[Charted, ...] = ()
    plots: tuple[Plot, ...] = ()
    plugins: tuple[str, ...] = ()
    checks: tuple[Rule, ...] = ()

    def check_plugins(self, paths: Sequence[str | os.PathLike[str]]) -> None:
        """Raises UsageError where code would come from the paths to be read."""
        for given in paths if self.plugins else ():
            for path in (self.path, *self.plugins):
                if _lies_in(path, os.fspath(given)):
                    raise UsageError(
                        f"{self.path}: plugins are not loaded: {path} lies in {given}, "
                        "which is to be read",
                        "logs must not bring code: keep it elsewhere, and name the config "
                        "with --config",
                    )


def load(path: str = "") -> Config:
    """The config at `path`, or the nearest from the working directory upwards, or the person's own.

    Raises UsageError where it cannot be read, says something that is not known, or asks for more
    than a file that was merely found may.
    """
    own = None if path else _own()
    found = Path(path) if path else _find() or own
    if found is None:
        return Config()
    shown = path or (str(own) if found == own else os.path.relpath(found))
    text = _text(found, shown)
    checked = _Checked(shown, text, inside=found.name == "pyproject.toml")
    config = checked.config(_parse(text, shown))
    if not path and found != own:
        checked.steers_only(config)
    return config


def _own() -> Path | None:
    """The config in the person's own configuration folder, where there is one."""
    fallback = os.environ.get("APPDATA", "") if os.name == "nt" else "~/.config"
    folder = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser(fallback)  # noqa: PTH111
    own = Path(folder, "tbingest", NAME)
    try:
        return own if own.is_absolute() and own.is_file() else None
    except OSError:
        return None


def _find() -> Path | None:
    try:
        folder = Path.cwd()
    except OSError:  # it was deleted
        return None
    for place in (folder, *folder.parents):
        own, project = place / NAME, place / "pyproject.toml"
        with suppress(PermissionError):
            if own.is_file():
                return own
            if project.is_file() and _has_table(project):
                return project
    return None


def _has_table(project: Path) -> bool:
    """A project file that is not ours to judge is passed over, even where it is broken."""
    try:
        text = project.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return any(_section(line)[0].split(".")[:2] == _TABLE.split(".") for line in text.split("\n"))


def _text(found: Path, shown: str) -> str:
    try:
        return found.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read: {error.strerror}", "see --config") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{shown}: not UTF-8 text: {error.reason}", "save it as UTF-8") from None


def _parse(text: str, shown: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        at = _AT.search(str(error))
        place = f"{shown}:{at[1]}:{at[2]}" if at else shown
        raise UsageError(
            f"{place}: not valid TOML: {_AT.sub('', str(error))}", "see toml.io"
        ) from None


def _section(line: str) -> tuple[str, bool]:
    """(name, whether it is one of several) of the table that a line begins, if any."""
    header = _HEADER.match(line)
    return (re.sub(r"[\s\"']", "", header[2]), bool(header[1])) if header else ("", False)


def _lies_in(path: str, folder: str) -> bool:
    """True where a file is in a folder, or is it, by its own place or by where its links lead."""
    places = (Path(os.path.realpath(path)), Path(os.path.realpath(Path(path).parent)))
    for place in places:
        for above in (place, *place.parents):
            try:
                if above.samefile(folder):
                    return True
            except OSError:
                continue
    return False


class _Checked:
    """A config file whose every key is known and holds what it should."""

    def __init__(self, shown: str, text: str, *, inside: bool) -> None:
        self.shown = shown
        self.lines = text.split("\n")
        self.above = f"{_TABLE}." if inside else ""

    def config(self, data: dict[str, Any]) -> Config:
        """Raises UsageError at the first thing that cannot be right."""
        if self.above:
            tool = data.get("tool", {})
            data = tool.get("tbingest", {}) if isinstance(tool, dict) else {}
            if not isinstance(data, dict):
                raise UsageError(f"{self.shown}: [{_TABLE}] is not a table", "see the README")
        known = {**SETTINGS, "plugins": _TEXTS}
        plain = self._fields({key: data[key] for key in data if key not in _TABLES}, known)
        plugins = _listed(plain.pop("plugins", ()))
        plain |= {key: str(value) for key, value in self._follow(data).items()}
        folder = Path(self.shown).parent
        for key in _PATHS:
            if plain.get(key):
                plain[key] = str(folder / plain[key])
        return Config(
            self.shown,
            {
                key: list(_listed(value)) if SETTINGS.get(key) == _TEXTS else _plain(value)
                for key, value in plain.items()
            },
            tuple(self._tag(entry, n) for n, entry in enumerate(self._tables(data, "tag"))),
            tuple(self._source(entry, n) for n, entry in enumerate(self._tables(data, "source"))),
            tuple(self._layout(entry, n) for n, entry in enumerate(self._tables(data, "layout"))),
            tuple(self._plots(data)),
            tuple(str(Path(folder, name).absolute()) for name in plugins),
            tuple(
                rule
                for n, entry in enumerate(self._tables(data, "check"))
                for rule in self._check(entry, n)
            ),
        )

    def steers_only(self, config: Config) -> None:
        """Raises UsageError for what only a config that the person trusts may say."""
        if config.plugins:
            what = "a config that was found, not named, runs no plug-ins"
            raise self._error("plugins", what, _TRUST)
        folder = Path(os.path.realpath(Path(self.shown).parent))
        for key in _WRITTEN:
            value = config.settings.get(key)
            if value and not Path(os.path.realpath(value)).is_relative_to(folder):
                what = "a config that was found, not named, writes only in its own folder"
                raise self._error(key, what, _TRUST)

    def _follow(self, data: dict[str, Any]) -> dict[str, Any]:
        found = data.get("follow", {})
        if not isinstance(found, dict):
            raise self._error("follow", "expected a table", f"write it as [{self.above}follow]")
        return self._fields(found, FOLLOW, "follow")

    def _tables(self, data: dict[str, Any], name: str) -> list[dict[str, Any]]:
        found = data.get(name, [])
        if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            raise self._error(name, "expected tables", f"write it as [[{self.above}{name}]]")
        return found

    def _tag(self, entry: dict[str, Any], number: int) -> tuple[str, str]:
        fields = self._rule(entry, "tag", number, ("match", "to"))
        wrong = tag_rule_error(fields["match"], fields["to"])
        if wrong:
            hint = r"""write it as match = 'val_(.*)' and to = 'val/\1'"""
            raise self._error("match", wrong, hint, "tag", number)
        return fields["match"], fields["to"]

    def _layout(self, entry: dict[str, Any], number: int) -> Charted:
        fields = self._rule(entry, "layout", number, ("name", "tags"))
        return Charted(fields["name"], tuple(_listed(fields["tags"])), fields.get("band", False))

    def _plots(self, data: dict[str, Any]) -> Iterator[Plot]:
        titles = set()
        for number, entry in enumerate(self._tables(data, "plot")):
            fields = self._rule(entry, "plot", number, ("title", "y"))
            fields["y"] = tuple(_listed(fields["y"]))
            fields["x"] = "" if fields.get("x") == "step" else fields.get("x", "")
            wanted = Plot(**{"kind": "line", **fields})
            scattered = wanted.kind == "scatter"
            near = get_close_matches(wanted.kind, PLOT_KINDS, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(PLOT_KINDS)}"
            wrong = {
                "kind": ("unknown kind of plot", hint, wanted.kind not in PLOT_KINDS),
                "x": ("a scatter plot needs a tag", "add x", scattered and not wanted.x),
                "log": (
                    "expected x, y or xy",
                    "name the axes",
                    wanted.log not in {"", "x", "y", "xy"},
                ),
                "smoothing": (
                    "expected 0 to below 1",
                    "write it as 0.9",
                    not 0 <= wanted.smoothing < 1,
                ),
                "title": ("is the title of another plot", "rename one", wanted.title in titles),
            }
            for key, (what, hint, found) in wrong.items():
                if found:
                    raise self._error(key, what, hint, "plot", number)
            titles.add(wanted.title)
            yield wanted

    def _check(self, entry: dict[str, Any], number: int) -> list[Rule]:
        try:
            return rules_of_table(self._fields(entry, KEYS, "check", number))
        except UsageError as error:
            if error.message.startswith(self.shown):
                raise
            raise self._error("check", error.message, error.hint, "check", number) from None

    def _source(self, entry: dict[str, Any], number: int) -> SourceRule:
        fields = self._rule(entry, "source", number, ("match",))
        patterns = tuple(_listed(fields.pop("pattern", ())))
        if patterns and fields.get("format", "pattern") != "pattern":
            what = f"a source with patterns has no format {fields['format']!r}"
            raise self._error("format", what, "leave one of them out", "source", number)
        if fields.get("format") == "pattern" and not patterns:
            hint = r"""add pattern = 'it (?P<step>\d+) loss (?P<loss>\S+)'"""
            raise self._error("format", "there is no pattern", hint, "source", number)
        try:
            compiled(patterns)
        except UsageError as error:
            raise self._error("pattern", error.message, error.hint, "source", number) from None
        return SourceRule(**fields, pattern=patterns)

    def _rule(
        self, entry: dict[str, Any], table: str, number: int, needed: Sequence[str]
    ) -> dict[str, Any]:
        fields = self._fields(entry, _TABLES[table], table, number)
        for key in needed:
            if not fields.get(key):
                raise self._error(key, f"is missing in [[{table}]]", "add it", table, number)
        return fields

    def _fields(
        self, data: dict[str, Any], known: Mapping[str, str], table: str = "", number: int = 0
    ) -> dict[str, Any]:
        """`data` by its keys with dashes."""
        fields: dict[str, Any] = {}
        for written, value in data.items():
            key = written.replace("_", "-")
            if key not in known:
                names = [*known, *(() if table else _TABLES)]
                near = get_close_matches(key, names, 1)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
                raise self._error(written, "unknown key", hint, table, number)
            if key in fields:
                raise self._error(written, "given twice", "leave one out", table, number)
            if not _is(value, known[key]):
                what = f"expected {known[key]}, got {_said(value)}"
                raise self._error(written, what, "", table, number)
            fields[key] = value
        return fields

    def _error(
        self,
        key: str,
        what: str,
        hint: str,
        table: str = "",
        number: int = 0,
    ) -> UsageError:
        line = self._line(key, self.above + table if table else self.above[:-1], number)
        place = f"{self.shown}:{line}" if line else self.shown
        return UsageError(f"{place}: {key}: {what}", hint)

    def _line(self, key: str, table: str, number: int) -> int | None:
        """Where a key stands, or its table begins, as far as a plain look at the lines tells."""
        pattern = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]")
        current, seen, begins = "", -1, None
        for place, text in enumerate(self.lines, 1):
            name, several = _section(text)
            if name:
                current = name
                seen += several and name == table
                if name == (f"{table}.{key}" if table else key):
                    return place
            here = current == table and seen in {-1, number}
            if name and here:
                begins = place
            if not name and here and pattern.match(text):
                return place
        return begins


def _is(value: object, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "true or false"
    if isinstance(value, list) and not all(isinstance(item, str) for item in value):
        return False
    return isinstance(value, _KINDS[kind])


def _said(value: object) -> str:
    names = {
        bool: "true or false",
        str: "a string",
        int: "a whole number",
        float: "a number",
        dict: "a table",
        datetime: "a time",
        date: "a date",
        time: "a time of day",
    }
    return "a list" if isinstance(value, list) else names.get(type(value), "something else")


def _listed(value: str | Sequence[str]) -> Sequence[str]:
    return (value,) if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    """As the flag would be written."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, float) else value
