"""Bytes of a text log in, rows out, by the plan that a sample of the log gave."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tbingest.formats.readers.lines import CUT_NUMBER, LineReader
from tbingest.formats.readers.records import RUN
from tbingest.formats.textlog.decide import decide
from tbingest.formats.textlog.decision import Decision, Plan, named
from tbingest.formats.textlog.follower import Follower
from tbingest.formats.textlog.gather import STEP, TIME, Gathered
from tbingest.formats.textlog.quick import Quick
from tbingest.formats.textlog.recorder import Record, Recorder
from tbingest.formats.textlog.screen import states, uncoloured
from tbingest.formats.textlog.shapes import Lines, Shapes
from tbingest.formats.textlog.words import is_outer
from tbingest.formats.textlog.wrapper import wrapper_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tbingest.model.accounts import LineKind
    from tbingest.model.rows import Problem, Rows

_FEW = 5
_CODE_SHARE = 6
"""Where one line in so many is of a program, fewer lines of values than `_FEW` and than those of
the program are its own."""


def records_of(blocks: Iterable[bytes], wrapper: str = "") -> tuple[list[Record], int]:
    """The records of the blocks of a sample, each of whole lines; how many lines are code.

    What stands in a list of settings is none. `wrapper` is what stands before each line.
    """
    found: list[Record] = []
    unwanted: Counter[str] = Counter()
    line, code = 1, 0
    shapes = Shapes()
    for block in blocks:
        recorder = Recorder(_shapes=shapes)
        here: list[Record] = []
        numbers, texts = states(block, line, wrapper)
        lines = Lines(texts)
        for at, (number, text) in enumerate(zip(numbers, texts, strict=True)):
            here += recorder.take(number, text, shapes.looked(lines, at))
        here += recorder.close()
        listed = recorder.settings()
        found += here
        unwanted.update(named(one.family) for one in here if one.line in listed)
        line += block.count(b"\n") + 1
        code += recorder.code
    said: dict[str, list[tuple[str, ...]]] = {}
    for one in found:
        said.setdefault(named(one.family), []).append(tuple(one.numbers))
    settings = {
        name
        for name, values in said.items()
        if unwanted[name] > 0.5 * len(values) and not (len(values) >= 5 and len(set(values)) > 1)
    }
    for one in found:
        one.setting = named(one.family) in settings
    return found, code


def plan_of(blocks: Sequence[bytes]) -> Plan:
    """The plan of a sample."""
    wrapper = wrapper_of([uncoloured(block) for block in blocks])
    records, code = records_of(blocks, wrapper)
    plan = decide(records)
    plan.wrapper = wrapper
    plan.size = sum(map(len, blocks))
    plan.lines = sum(block.count(b"\n") for block in blocks)
    plan.valued = sum(plan.families[named(one.family)].kind != "none" for one in records)
    if not any(_speaks(one, plan.families[named(one.family)]) for one in records):
        plan.valued = 0
    said = sum(1 for block in blocks for line in block.split(b"\n") if line)
    if (not plan.moving or plan.valued < min(_FEW, code)) and _CODE_SHARE * code > said:
        return Plan({name: Decision() for name in plan.families})
    in_tables = sum(one.part.family[0] in {"row", "bare"} for one in records)
    plan.table = in_tables > 0.9 * max(plan.valued, 1)
    plan.timed = any(one.time for one in records)
    return plan


def _speaks(record: Record, decision: Decision) -> bool:
    """Whether a line says a value, or an epoch below which some may follow yet."""
    if decision.kind == "none":
        return False
    shown = (slot.name for slot in record.part.slots if slot.name and slot.kind != "count")
    return is_outer(decision.why) or any(name not in decision.dropped for name in shown)


@dataclass
class TextLogReader(LineReader):
    """Reads a text log. Its public fields are JSON: the plan, and where in the log it stands."""

    plan: dict[str, Any] = field(default_factory=dict)
    recorder: dict[str, Any] = field(default_factory=dict)
    follower: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._plan = Plan.restored(self.plan)
        self._recorder = Recorder(**self.recorder)
        self._follower = Follower(self._plan, **self.follower)
        self._quick = Quick(self._recorder, self._follower)
        self._keep()

    def cut(self, block: bytes) -> int:
        """The last line end, or the end of the last state that was overwritten within a line."""
        end = super().cut(block)
        at = block.rfind(b"\r", end, -1)
        while at >= 0 and block[at + 1] in b"\r\n":
            at = block.rfind(b"\r", end, at)
        return max(end, at + 1)

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """The values of one block's lines."""
        if final and (found := CUT_NUMBER.search(block, block.rfind(b"\n") + 1)):
            block = block[: found.start()]
        gathered = Gathered(self._plan)
        self._quick.read(*states(block, self.line + 1, self._plan.wrapper), gathered)
        self._recorder.forget()
        yield from self.with_overflows(block, gathered.rows())
        self._keep()

    def close(self) -> Iterator[Rows | Problem]:
        """What the last line means, and what is only certain where the log ends."""
        yield from super().close()
        gathered = Gathered(self._plan)
        for gathered.at, record in enumerate(self._recorder.close()):
            self._quick.add(record, "", gathered)
        for said in self._follower.close():
            gathered.add(said)
        yield from gathered.rows()

    def account(self) -> Iterator[LineKind]:
        """What became of the numbers of the lines since this was last asked."""
        return self._quick.kinds()

    @property
    def promised(self) -> set[str]:
        """Columns that some of its rows have."""
        return {STEP, *([TIME] * self._plan.timed), *([RUN] * self._plan.restarts)}

    def _keep(self) -> None:
        self.plan = self._plan.saved(self.plan.get("families", {}))
        self.recorder = _public(self._recorder)
        self.follower = _public(self._follower)


def _public(thing: object) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(thing).items()
        if not name.startswith("_") and name != "plan"
    }
