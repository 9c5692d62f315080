"""A JSON document to curves: tables where records or lists stand, finals and settings beside them.

{"lr": 0.1, "loss": [0.9, 0.7], "best_acc": 0.8}       a curve, its final score, a hyperparameter
{"train": [{"loss": 0.9}, …], "val": [{"loss": 1}, …]}   a table for each split
{"1": {"loss": 0.9}, "2": {"loss": 0.7}}               keys that count
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tbingest.axis.numbers import is_plain_number, with_spread
from tbingest.axis.outcome import Listing, Outcome
from tbingest.axis.parts import (
    are_counted,
    are_documents,
    are_runs,
    grids_of,
    scored,
    shapes_of,
    without_settings,
)
from tbingest.axis.record_names import joined, names_of
from tbingest.axis.results import is_config
from tbingest.axis.shapes import (
    as_table,
    binned,
    has_curves,
    is_curve,
    is_matrix,
    keyed,
    named_lists,
    numbers_in,
    pairs_of,
    points_of,
    row_keys,
    samples,
    series_in,
    totals_in,
    with_flags,
)
from tbingest.axis.singles import Single, settle
from tbingest.axis.sparse import by_record
from tbingest.axis.table import read_table
from tbingest.axis.things import UNSAFE
from tbingest.axis.vocabulary import CONTAINER
from tbingest.axis.words import rank_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_RUNS = frozenset("runs experiments trials seeds folds per_seed per_fold models".split())
_DEEPEST = 64
_FEW = 3
_MOST_TABLES = 2_000
_BEHIND_LISTS = ("_history", "history")


def read_document(node: Any) -> Outcome:
    """What a document says."""
    document = _Document(node)
    document.walk(node, _Place())
    settle(document.singles, document.outcome)
    return document.outcome


class _Place:
    """Where in a document: the run, the keys that make the tag, whether all below are settings,
    and the lists of steps that stand above, by length.
    """

    def __init__(
        self,
        run: str = "",
        above: str = "",
        depth: int = 0,
        axes: Mapping[int, tuple[str, list[Any]]] | None = None,
        *,
        settings: bool = False,
    ) -> None:
        self.run = run
        self.above = above
        self.depth = depth
        self.axes = dict(axes or {})
        self.settings = settings

    def below(self, key: str, *, run: bool = False) -> _Place:
        """One level further down, as a run or as a part of the tag."""
        return _Place(
            joined(self.run, UNSAFE.sub("_", key)) if run else self.run,
            self.above if run else joined(self.above, key),
            self.depth + 1,
            self.axes,
            settings=self.settings or is_config(key),
        )

    def of_runs(self) -> _Place:
        """The same, without a key that says only that runs stand below it."""
        above, _, last = self.above.rpartition("/")
        if last.lower() in _RUNS:
            self.above = above
        return self

    def tag(self, key: str = "") -> str:
        """The tag of a key: without those that say only that something was logged."""
        kept = [part for part in self.above.split("/") if part and part.lower() not in CONTAINER]
        return "/".join([*kept, key] if key else kept)


class _Document:
    """Takes a document apart."""

    def __init__(self, node: Any) -> None:
        self.outcome = Outcome()
        self.totals = totals_in(node)
        self.singles: list[Single] = []
        self.tables = 0

    def walk(self, node: Any, place: _Place) -> None:
        """Whatever stands at a place."""
        self.outcome.nested |= place.depth > 0
        if place.depth > _DEEPEST:
            self.leave("too deep", node)
        elif isinstance(node, list):
            self._list(node, place)
        elif isinstance(node, dict):
            self._dict(node, place)

    def leave(self, why: str, node: Any) -> None:
        """Count what is not shown."""
        count = numbers_in(node)
        last = self.outcome.unread[-1:]
        if last and last[0][0] == why:
            self.outcome.unread[-1] = (why, last[0][1] + count)
        elif count:
            self.outcome.unread.append((why, count))

    def table(self, table: Mapping[str, Sequence[Any]], place: _Place, prefix: str) -> None:
        """Columns that belong together; of thousands of tables, the first ones."""
        self.tables += 1
        if self.tables > _MOST_TABLES:
            self.leave(f"more than {_MOST_TABLES:,} tables in one document", [*table.values()])
            return
        outcome = read_table(table, self.totals, title=place.above)
        self.outcome.join(outcome, place.run, prefix)

    def _points(self, points: Sequence[tuple[int, float]], run: str, tag: str) -> None:
        """A curve as steps and values."""
        curve = self.outcome.curve(run, tag or "value")
        for at, (step, value) in enumerate(points, len(curve.order) + 1):
            curve.add(step, value, at)

    def _list(self, node: list[Any], place: _Place) -> None:
        if place.settings:
            self._setting(node, place)
        elif node and all(isinstance(item, dict) for item in node):
            self._records(node, place)
        elif not is_matrix(place.above) and (pairs := pairs_of(node)):
            self._points(pairs, place.run, place.tag())
        elif is_matrix(place.above) and _are_rows(node) and all(map(is_curve, node)):
            header = ("", *map(str, range(len(node[0]))))
            rows = [(str(at), *map(str, row)) for at, row in enumerate(node)]
            listing = Listing(place.tag(), header, rows, numbers_in(node))
            self.outcome.listings.append((place.run, listing))
        elif is_curve(node) and len(node) > 1:
            self.table({place.above.rpartition("/")[2] or "value": node}, place, "")
        else:
            self.leave(f"{place.above or 'a list'}: a list of several kinds of values", node)

    def _setting(self, node: Any, place: _Place) -> None:
        """A list among settings is one hyperparameter, as a text."""
        if numbers_in(node) or node:
            self.outcome.setting(place.run, place.tag(), repr(node)[:500])

    def _records(self, node: list[dict[str, Any]], place: _Place) -> None:
        """Records: each a document of its own, or a table."""
        if are_documents(node) and not are_counted(node):
            for one, name in zip(node, names_of(node), strict=True):
                self.totals = totals_in(one)
                self.walk(one, place.below(name, run=True).of_runs())
            return
        if len(node) == 1 and any(isinstance(value, dict) for value in node[0].values()):
            self.outcome.nested = True
            self.walk(node[0], place)
            return
        series = series_in(node) if place.tag() else None
        if series:
            self._points(series, place.run, place.tag())
            return
        settings, rest = without_settings(node)
        for key, value in settings.items():
            self.outcome.setting(place.run, key, value)
        if by_record(rest, self.outcome, place.run, place.tag()):
            return
        table, left = as_table(rest)
        if left:
            self.outcome.unread.append((f"{place.above or 'records'}: long lists", left))
        self.table(table, place, place.tag())

    def _dict(self, node: dict[str, Any], place: _Place) -> None:
        if self._whole(node, place):
            return
        node = with_flags(node)
        lists = {key: value for key, value in node.items() if is_curve(value)}
        used = set() if place.settings else self._named(node, place)
        if not place.settings:
            used |= self._figures(node, used, place)
            courses = {key: value for key, value in lists.items() if key not in used}
            used |= self._curves(node, courses, place)
        grids = {} if place.settings else grids_of(node, place.axes)
        for key, value in grids.items():
            self._matrix(key, value, place)
        for key, value in node.items():
            if pair := with_spread(value):  # `"0.91 ± 0.02"`
                for name, one in zip((key, f"{key}_std"), pair, strict=True):
                    self.singles.append(Single(place.run, place.tag(name), one, place.settings))
            elif isinstance(value, bool | str) or is_plain_number(value):
                plain = str(key).removesuffix(",none")
                self.singles.append(Single(place.run, place.tag(plain), value, place.settings))
            elif key in lists and key not in used:
                if place.settings or not numbers_in(value):
                    self._setting(value, place.below(str(key)))
                elif len(value) == 1:
                    name = place.tag(str(key))
                    self.singles.append(Single(place.run, name, value[0], place.settings))
                elif key in shapes_of(node, place.axes):
                    self._setting(value, place.below(str(key)))
                else:
                    self.leave(f"{place.tag(str(key))}: a list that is not a curve", value)
        self._deeper(node, {*lists, *grids}, place)

    def _named(self, node: dict[str, Any], place: _Place) -> set[str]:
        """Lists of a value for each class or the like: single ones. Gives what was read."""
        found = named_lists(node)
        for key, names in found.items():
            for name, value in zip(names, node[key], strict=True):
                if value is not None:
                    tag = place.tag(f"{key}/{name.replace('/', '_')}")
                    self.singles.append(Single(place.run, tag, value, False))
        return set(found)

    def _figures(self, node: dict[str, Any], done: set[str], place: _Place) -> set[str]:
        """Lists over bins or thresholds: a table each. Gives what was read."""
        used: set[str] = set()
        for keys in binned({key: value for key, value in node.items() if key not in done}):
            columns = [node[key] for key in keys]
            rows = [tuple(map(_said, row)) for row in zip(*columns, strict=True)]
            listing = Listing(place.tag(keys[0]), tuple(keys), rows, numbers_in(columns))
            self.outcome.listings.append((place.run, listing))
            used |= set(keys)
        return used

    def _whole(self, node: dict[str, Any], place: _Place) -> bool:
        """Shapes that are known as a whole; True where it was one."""
        data = node.get("data")
        if isinstance(node.get("columns"), list) and isinstance(data, list) and _are_rows(data):
            index = node.get("index")
            columns = {str(c): [row[at] for row in data] for at, c in enumerate(node["columns"])}
            if isinstance(index, list) and len(index) == len(data):
                columns = {"index": index, **columns}
            self.outcome.nested = True
            self.table(columns, place, place.tag())
            return True
        point = None if place.settings or not place.tag() else series_in([node])
        if point:  # `"first": {"iter": 2, "value": 0.1}`
            self._points(point, place.run, place.tag())
            return True
        points = None if place.settings else points_of(node)
        if points:
            label = next((node[k] for k in ("tag", "name", "metric") if _is_text(node, k)), "")
            run = node["run"] if _is_text(node, "run") else ""
            self._points(points, joined(place.run, run), place.tag(label))
            return True
        return not place.settings and self._counted(node, place)

    def _counted(self, node: dict[str, Any], place: _Place) -> bool:
        """Keys that count: of records, or of the values of each column (pandas)."""
        children = {k: v for k, v in node.items() if isinstance(v, dict) and v}
        own = keyed(node)
        if own and own[0] not in {"", "batch"} and all(map(is_plain_number, node.values())):
            points = sorted(zip(own[1], map(float, node.values()), strict=True))
            self._points(points, place.run, place.tag())
            return True
        if not children or len(children) < len(node):
            return False
        if own and not any(map(has_curves, node.values())):
            word, steps = own
            self.outcome.nested = True
            rows = sorted(zip(steps, node.values(), strict=True), key=lambda one: one[0])
            counter = word or "index"
            records = [{counter: step, **row} for step, row in rows]
            if by_record(records, self.outcome, place.run, place.tag(), counter):
                return True
            found = read_table(as_table(records)[0], self.totals, title=place.above)
            if word or found.curves or not found.listings:
                self.outcome.join(found, place.run, place.tag())
                return True
            return False  # each for itself: no curve would come of them
        keys = row_keys(list(children.values()))
        if keys:
            columns = {key: list(one.values()) for key, one in children.items()}
            self.outcome.nested = True
            self.table({"index": keys, **columns}, place, place.tag())
            return True
        return False

    def _curves(
        self, node: dict[str, Any], lists: Mapping[str, list[Any]], place: _Place
    ) -> set[str]:
        """The lists of numbers of a dict: those of one length are a table. Gives what was read."""
        dull = samples(node, place.above) | shapes_of(node, place.axes)
        sizes: dict[int, dict[str, list[Any]]] = {}
        for key, value in lists.items():
            if key not in dull:
                sizes.setdefault(len(value), {})[key] = value
        used: set[str] = set()
        for size, columns in sizes.items():
            if size == 1 and (max(sizes) > 1 or not any(rank_of(k) >= 10 for k in columns)):
                continue
            named = {k: v for k, v in columns.items() if rank_of(_bare(k)) >= 10}
            if named:
                key = next(iter(named))
                place.axes[size] = (_bare(key), named[key])
                table = {_bare(k) if k in named else k: v for k, v in columns.items()}
            elif size in place.axes:  # the list of steps stands one level above
                table = dict([place.axes[size], *columns.items()])
            else:
                table = columns
            if not named and size not in place.axes:
                self._numbered(table, place)
            else:
                self.table(table, place, place.tag())
            used |= set(columns)
        return used

    def _numbered(self, table: Mapping[str, list[Any]], place: _Place) -> None:
        """Lists without one of steps: the place in the list is the step."""
        for key, values in table.items():
            curve = self.outcome.curve(place.run, place.tag(key))
            start = max(curve.steps, default=-1) + 1
            for at, value in enumerate(values, start):
                if value is not None:
                    curve.add(at, float(value), at + 1)

    def _matrix(self, key: str, value: list[list[Any]], place: _Place) -> None:
        """A list of lists: the side of the steps beside it, else the longer one, is time, the other
        one curves.
        """
        tall = len(value) in place.axes or len(value) > len(value[0])
        rows = list(zip(*value, strict=True)) if tall else value
        columns: dict[str, list[Any]] = {f"{key}/{at}": list(row) for at, row in enumerate(rows)}
        size = len(rows[0])
        if size in place.axes:
            self.table(dict([place.axes[size], *columns.items()]), place, place.tag())
        else:
            self._numbered(columns, place)

    def _deeper(self, node: dict[str, Any], done: set[str], place: _Place) -> None:
        deep = {
            key: value
            for key, value in node.items()
            if isinstance(value, dict | list) and value and key not in done
        }
        curved = [key for key, value in deep.items() if has_curves(value) and not is_config(key)]
        if not (curved or place.settings):
            curved = scored(node, configured=bool(place.tag()))
        runs = are_runs(curved, deep)
        for key, value in deep.items():
            run = runs and key in curved
            below = place.below(str(key), run=run)
            self.walk(value, below.of_runs() if run else below)


def _said(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _is_text(node: Mapping[str, Any], key: str) -> bool:
    return isinstance(node.get(key), str)


def _are_rows(data: list[Any]) -> bool:
    return bool(data) and all(isinstance(row, list) and len(row) == len(data[0]) for row in data)


def _bare(key: str) -> str:
    for ending in _BEHIND_LISTS:
        if key.endswith(ending) and key != ending:
            return key.removesuffix(ending)
    return key
