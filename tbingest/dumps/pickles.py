r"""Reads a pickle without running anything of it: what it would import or call stays a record.

80 02 63 "torch._utils\n_rebuild_tensor_v2\n" ... 52 2E

A pickle is a program for a small stack machine. This one knows lists, dicts, tuples, text and
numbers. A class or function is only its `Name`; calling one gives what `calls` says for that name,
and otherwise an `Opaque` that remembers name, arguments and state. Everything is counted, so that
a small file cannot claim much memory or time.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, TypeAlias, cast

from tbingest.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Calls: TypeAlias = "Mapping[str, Callable[..., Any]]"

_MAX_STEPS = 8_000_000
_MAX_BYTES = 192 << 20
"""About as much memory as the objects may take, strings included."""
_MAX_TEXT = 32 << 20
_MAX_DIGITS = 1024
_MAX_PLACE = 1 << 26
_MAX_LINE = 4096
_MAX_KEY = 16
_SMALL, _BOX, _ENTRY = 32, 72, 100
_SCALARS = (str, int, float, bool, bytes, type(None))


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function, as the pickle names it; nothing was imported."""

    name: str


@dataclass(slots=True, eq=False)
class Opaque:
    """An object of a class that is not known: what it was made from, and its state."""

    name: str
    arguments: Any = ()
    state: Any = None
    items: list[Any] | None = None
    entries: dict[Any, Any] | None = None

    def restore(self, state: Any) -> None:
        """Take the state that the pickle gives."""
        self.state = state


@dataclass(slots=True)
class Budget:
    """How much memory the pickles of one file may still take."""

    room: int = _MAX_BYTES


def load(
    stream: IO[bytes],
    calls: Calls,
    persistent: Callable[[Any], Any] | None = None,
    budget: Budget | None = None,
) -> Any:
    """The next object of `stream`, which must be buffered.

    `calls` gives for a function's name what is made of its arguments; `persistent` what stands for
    the persistent id of an object outside the pickle. Raises SourceError for what is no pickle, is
    damaged, or asks for too much.
    """
    machine = _Machine(stream, calls, persistent, budget or Budget())
    try:
        return machine.run()
    except (IndexError, KeyError, TypeError, ValueError, AttributeError, struct.error) as error:
        what = f"{type(error).__name__} {error}"[:80]
        raise SourceError(f"no whole pickle: {what}", "was it copied completely?") from None


def buffered(stream: IO[bytes]) -> IO[bytes]:
    """The stream itself where it is buffered, which `load` needs."""
    if isinstance(stream, io.BufferedReader | io.BytesIO):
        return stream
    return cast("IO[bytes]", io.BufferedReader(cast("io.RawIOBase", stream)))


def key(said: Any, place: int = 0) -> Any:
    """What stands for a dict's key: plain ones stay, any other is named by its place.

    Raises SourceError for a tuple of tuples: one that holds itself many times over would take
    forever to hash.
    """
    if isinstance(said, _SCALARS):
        return said
    if isinstance(said, tuple) and len(said) <= _MAX_KEY:
        if all(isinstance(part, _SCALARS) for part in said):
            return said
        raise SourceError("a pickle with a dict key that is a tuple of more than plain values")
    return said.name if isinstance(said, Name) else f"key {place}"


class _Machine:
    """The stack, the marks and the memo of one pickle."""

    def __init__(
        self,
        stream: IO[bytes],
        calls: Calls,
        persistent: Callable[[Any], Any] | None,
        budget: Budget,
    ) -> None:
        self.stream, self.calls, self.persistent = stream, calls, persistent
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.budget = budget

    def run(self) -> Any:
        """Every step until STOP."""
        read = self.stream.read
        for _ in range(_MAX_STEPS):
            code = read(1)
            if code == b".":
                return self.stack.pop()
            step = _STEPS.get(code)
            if step is None:
                self.refuse(code)
            else:
                step(self)
        raise SourceError(f"a pickle of more than {_MAX_STEPS:,} steps")

    def refuse(self, code: bytes) -> None:
        if not code:
            raise SourceError("ends within a pickle", "was it copied completely?")
        raise SourceError(f"no pickle that can be read: unknown step 0x{code.hex()}")

    def charge(self, size: int) -> None:
        """Count memory before it is taken."""
        self.budget.room -= size
        if self.budget.room < 0:
            raise SourceError(f"a pickle that takes more than {_MAX_BYTES >> 20} MiB of memory")

    def take(self, size: int) -> bytes:
        """Exactly so many bytes."""
        if size > _MAX_TEXT:
            raise SourceError(f"a pickle with a string of {size:,} bytes, more than are read")
        self.charge(_BOX + size)
        data = self.stream.read(size)
        while len(data) < size:
            if not (more := self.stream.read(size - len(data))):
                raise SourceError("ends within a pickle", "was it copied completely?")
            data += more
        return data

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def line(self, encoding: str = "utf-8") -> str:
        line = self.stream.readline(_MAX_LINE)
        if not line.endswith(b"\n"):
            raise SourceError(f"no pickle: a line of more than {_MAX_LINE:,} bytes, or none")
        self.charge(_BOX + len(line))
        return line[:-1].decode(encoding, "backslashreplace")

    def push(self, value: Any, size: int = _SMALL) -> None:
        self.charge(size)
        self.stack.append(value)

    def mark(self) -> None:
        self.charge(_BOX)
        self.marks.append(self.stack)
        self.stack = []

    def marked(self) -> list[Any]:
        """What was pushed since the last mark, which is gone."""
        items, self.stack = self.stack, self.marks.pop()
        return items

    def name(self, module: str, attribute: str) -> None:
        self.push(Name(f"{module}.{attribute}"), _BOX)

    def call(self, function: Any, arguments: Any) -> None:
        """What stands for the result of a call; nothing is called but our own stand-ins."""
        self.charge(2 * _BOX + _weight(arguments))
        if isinstance(function, Name) and isinstance(arguments, tuple):
            if stand_in := self.calls.get(function.name):
                self.stack.append(_stood_in(stand_in, function.name, arguments))
            else:
                self.stack.append(Opaque(function.name, arguments))
        else:
            self.stack.append(Opaque("an unnamed thing", arguments))

    def reduce(self) -> None:
        arguments = self.stack.pop()
        self.call(self.stack.pop(), arguments)

    def new_with_keywords(self) -> None:
        keywords, arguments = self.stack.pop(), self.stack.pop()
        self.call(self.stack.pop(), arguments)
        if isinstance(self.stack[-1], Opaque) and isinstance(keywords, dict):
            self.stack[-1].entries = keywords

    def instance(self) -> None:
        name = f"{self.line()}.{self.line()}"
        self.call(Name(name), tuple(self.marked()))

    def make(self) -> None:
        made = self.marked()
        self.call(made[0], tuple(made[1:]))

    def build(self) -> None:
        state = self.stack.pop()
        restore = getattr(self.stack[-1], "restore", None)
        if restore is not None:
            restore(state)

    def append(self, items: list[Any]) -> None:
        self.charge(16 * len(items))
        target = self.stack[-1]
        if isinstance(target, Opaque):
            target.items = target.items or []
            target = target.items
        if not isinstance(target, list):
            raise SourceError("no pickle: appends to what is no list")
        target.extend(items)

    def fill(self, items: list[Any]) -> None:
        self.charge(_ENTRY * (len(items) // 2))
        target = self.stack[-1]
        if isinstance(target, Opaque):
            target.entries = target.entries or {}
            target = target.entries
        if not isinstance(target, dict) or len(items) % 2:
            raise SourceError("no pickle: sets entries of what is no dict")
        for place in range(0, len(items), 2):
            target[key(items[place], len(target))] = items[place + 1]

    def put(self, place: int) -> None:
        if place > _MAX_PLACE:
            raise SourceError(f"a pickle that remembers something in place {place:,}")
        self.charge(_ENTRY)
        self.memo[place] = self.stack[-1]

    def pack(self, size: int) -> None:
        items = tuple(self.stack[-size:])
        if len(items) < size:
            raise SourceError("no pickle: a tuple of more than there is")
        del self.stack[-size:]
        self.push(items, _BOX)

    def outside(self, said: Any) -> None:
        if self.persistent is None:
            raise SourceError("a pickle that names objects outside of it")
        self.push(self.persistent(said), _BOX)

    def long(self, size: int) -> None:
        if size > _MAX_DIGITS:
            raise SourceError(f"a pickle with a number of {size:,} bytes")
        self.push(int.from_bytes(self.take(size), "little", signed=True))

    def text_number(self) -> int:
        text = self.line().rstrip("L")
        return text == "01" if text in {"00", "01"} else int(text)

    def quoted(self) -> str:
        """The STRING of protocol 0: quoted, with escapes."""
        text = self.line().strip()
        if len(text) < 2 or text[0] != text[-1] or text[0] not in "'\"":
            raise SourceError("no pickle: a string without quotes")
        return text[1:-1].encode("latin-1", "replace").decode("unicode_escape", "replace")


_Step: TypeAlias = "Callable[[_Machine], None]"


def _stood_in(stand_in: Callable[..., Any], name: str, arguments: tuple[Any, ...]) -> Any:
    try:
        return stand_in(*arguments)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return Opaque(name, arguments)  # called in a way that its module never does


def _weight(arguments: Any) -> int:
    """What a copy of the arguments may take: they can be large, and used many times."""
    found = 0
    for part in arguments if isinstance(arguments, tuple) else ():
        if isinstance(part, list | dict):
            found += _ENTRY * len(part)
        elif isinstance(part, str | bytes):
            found += len(part)
    return found


def _text(size: int) -> _Step:
    def step(machine: _Machine) -> None:
        data = machine.take(machine.number(size))
        if not data.isascii():
            machine.charge(3 * len(data))  # one emoji makes every character take four bytes
        machine.stack.append(data.decode("utf-8", "surrogatepass"))

    return step


def _native(size: int) -> _Step:
    """A str of Python 2: text where it can be, bytes otherwise."""

    def step(machine: _Machine) -> None:
        data = machine.take(machine.number(size))
        try:
            machine.stack.append(data.decode("ascii"))
        except UnicodeDecodeError:
            machine.stack.append(data)

    return step


def _bytes(size: int) -> _Step:
    return lambda m: m.stack.append(m.take(m.number(size)))


def _skipped(size: int) -> _Step:
    def step(machine: _Machine) -> None:
        machine.stream.read(size)

    return step


def _constant(value: Any) -> _Step:
    return lambda m: m.push(value, 8)


def _made(make: Callable[[], Any]) -> _Step:
    return lambda m: m.push(make(), _BOX)


def _appended(machine: _Machine) -> None:
    item = machine.stack.pop()
    machine.append([item])


def _set(machine: _Machine) -> None:
    value, name = machine.stack.pop(), machine.stack.pop()
    machine.fill([name, value])


def _from_stack(machine: _Machine) -> None:
    attribute, module = machine.stack.pop(), machine.stack.pop()
    if not isinstance(attribute, str) or not isinstance(module, str):
        raise SourceError("no pickle: a name that is no text")
    machine.name(module, attribute)


def _pop(machine: _Machine) -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.marked()


def _pop_marked(machine: _Machine) -> None:
    machine.marked()


def _pairs(machine: _Machine) -> None:
    items = machine.marked()
    machine.push({}, _BOX)
    machine.fill(items)


def _collected(kind: Callable[[list[Any]], Any]) -> _Step:
    def step(machine: _Machine) -> None:
        items = machine.marked()
        machine.push(kind(items), _BOX + 8 * len(items))

    return step


_STEPS: dict[bytes, _Step] = {
    b"\x80": _skipped(1),
    b"\x95": _skipped(8),
    b"(": _Machine.mark,
    b"0": _pop,
    b"1": _pop_marked,
    b"2": lambda m: m.push(m.stack[-1], 8),
    b"N": _constant(None),
    b"\x88": _constant(True),
    b"\x89": _constant(False),
    b"I": lambda m: m.push(m.text_number()),
    b"L": lambda m: m.push(m.text_number()),
    b"J": lambda m: m.long(4),
    b"K": lambda m: m.push(m.stream.read(1)[0]),
    b"M": lambda m: m.push(int.from_bytes(m.stream.read(2), "little")),
    b"\x8a": lambda m: m.long(m.number(1)),
    b"\x8b": lambda m: m.long(m.number(4)),
    b"F": lambda m: m.push(float(m.line())),
    b"G": lambda m: m.push(struct.unpack(">d", m.stream.read(8))[0]),
    b"S": lambda m: m.push(m.quoted()),
    b"T": _native(4),
    b"U": _native(1),
    b"V": lambda m: m.push(m.line("raw_unicode_escape")),
    b"X": _text(4),
    b"\x8c": _text(1),
    b"\x8d": _text(8),
    b"B": _bytes(4),
    b"C": _bytes(1),
    b"\x8e": _bytes(8),
    b"\x96": _bytes(8),
    b"]": _made(list),
    b"}": _made(dict),
    b")": _constant(()),
    b"\x8f": _made(list),  # a set: its order is all that matters here
    b"l": _collected(list),
    b"t": _collected(tuple),
    b"\x91": _collected(list),
    b"d": _pairs,
    b"\x85": lambda m: m.pack(1),
    b"\x86": lambda m: m.pack(2),
    b"\x87": lambda m: m.pack(3),
    b"a": _appended,
    b"e": lambda m: m.append(m.marked()),
    b"\x90": lambda m: m.append(m.marked()),
    b"s": _set,
    b"u": lambda m: m.fill(m.marked()),
    b"p": lambda m: m.put(int(m.line())),
    b"q": lambda m: m.put(m.stream.read(1)[0]),
    b"r": lambda m: m.put(int.from_bytes(m.stream.read(4), "little")),
    b"\x94": lambda m: m.put(len(m.memo)),
    b"g": lambda m: m.push(m.memo[int(m.line())], 8),
    b"h": lambda m: m.push(m.memo[m.stream.read(1)[0]], 8),
    b"j": lambda m: m.push(m.memo[int.from_bytes(m.stream.read(4), "little")], 8),
    b"c": lambda m: m.name(m.line(), m.line()),
    b"\x93": _from_stack,
    b"R": _Machine.reduce,
    b"\x81": _Machine.reduce,
    b"\x92": _Machine.new_with_keywords,
    b"i": _Machine.instance,
    b"o": _Machine.make,
    b"b": _Machine.build,
    b"P": lambda m: m.outside(m.line()),
    b"Q": lambda m: m.outside(m.stack.pop()),
}
