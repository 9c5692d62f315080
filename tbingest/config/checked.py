"""A config file whose every key is known and holds what it should."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tbingest.check.rules import KEYS, Rule, rules_of_table
from tbingest.config.found import TABLE, section
from tbingest.config.keys import (
    CHOICES,
    FOLLOW,
    SETTINGS,
    TABLES,
    TEXTS,
    is_kind,
    listed,
    plain,
    said,
)
from tbingest.config.said import Config
from tbingest.errors import UsageError
from tbingest.formats.generic.pattern_groups import compiled
from tbingest.model.charts import PLOT_KINDS, Charted, Plot
from tbingest.options import SourceRule, tag_rule_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_PATHS = ("logdir", "report", "once-done")
_WRITTEN = ("logdir", "report")
_TRUST = "name the config with --config if you trust it"


class Checked:
    """A config file whose every key is known and holds what it should."""

    def __init__(self, shown: str, text: str, *, inside: bool) -> None:
        self.shown = shown
        self.lines = text.split("\n")
        self.above = f"{TABLE}." if inside else ""

    def config(self, data: dict[str, Any]) -> Config:
        """Raises UsageError at the first thing that cannot be right."""
        if self.above:
            tool = data.get("tool", {})
            data = tool.get("tbingest", {}) if isinstance(tool, dict) else {}
            if not isinstance(data, dict):
                raise UsageError(f"{self.shown}: [{TABLE}] is not a table", "see the README")
        known = {**SETTINGS, "plugins": TEXTS}
        found = self._fields({key: data[key] for key in data if key not in TABLES}, known)
        plugins = listed(found.pop("plugins", ()))
        found |= {key: str(value) for key, value in self._follow(data).items()}
        folder = Path(self.shown).parent
        for key in _PATHS:
            if found.get(key):
                found[key] = str(folder / found[key])
        return Config(
            self.shown,
            {
                key: list(listed(value)) if SETTINGS.get(key) == TEXTS else plain(value)
                for key, value in found.items()
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
        return Charted(fields["name"], tuple(listed(fields["tags"])), fields.get("band", False))

    def _plots(self, data: dict[str, Any]) -> Iterator[Plot]:
        titles = set()
        for number, entry in enumerate(self._tables(data, "plot")):
            fields = self._rule(entry, "plot", number, ("title", "y"))
            fields["y"] = tuple(listed(fields["y"]))
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
        patterns = tuple(listed(fields.pop("pattern", ())))
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
        fields = self._fields(entry, TABLES[table], table, number)
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
                names = [*known, *(() if table else TABLES)]
                near = get_close_matches(key, names, 1)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
                raise self._error(written, "unknown key", hint, table, number)
            if key in fields:
                raise self._error(written, "given twice", "leave one out", table, number)
            if not is_kind(value, known[key]):
                what = f"expected {known[key]}, got {said(value)}"
                raise self._error(written, what, "", table, number)
            choices = [] if table else CHOICES.get(key, [])
            if choices and value not in choices:
                near = get_close_matches(value, choices, 1)
                hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(choices)}"
                raise self._error(written, f"{value}: no such choice", hint, table, number)
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
            name, several = section(text)
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
