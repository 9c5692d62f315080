"""The stack machine that reads a pickle: its stack, marks and memo, and what it counts.

A class or function is only its `Name`; calling one gives what `calls` says for that name, and
otherwise an `Opaque` that remembers name, arguments and state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from tbingest.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Calls: TypeAlias = "Mapping[str, Callable[..., Any]]"
    Step: TypeAlias = "Callable[[Machine], None]"

_MAX_STEPS = 8_000_000
_MAX_BYTES = 160 << 20
"""About as much memory as the objects may take, strings included."""
_MAX_TEXT = 32 << 20
_MAX_DIGITS = 1024
_MAX_PLACE = 1 << 26
_MAX_LINE = 4096
_MAX_KEY = 16
_SMALL, BOX, _ENTRY = 32, 72, 100
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


class Machine:
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

    def run(self, steps: Mapping[bytes, Step]) -> Any:
        """Every step until STOP."""
        read = self.stream.read
        for _ in range(_MAX_STEPS):
            code = read(1)
            if code == b".":
                return self.stack.pop()
            step = steps.get(code)
            if step is None:
                self.refuse(code)
            else:
                step(self)
        raise SourceError(f"a pickle of more than {_MAX_STEPS:,} steps")

    def refuse(self, code: bytes) -> None:
        """Say why a step is none."""
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
        self.charge(BOX + size)
        data = self.stream.read(size)
        while len(data) < size:
            if not (more := self.stream.read(size - len(data))):
                raise SourceError("ends within a pickle", "was it copied completely?")
            data += more
        return data

    def number(self, size: int) -> int:
        """A length or a place."""
        return int.from_bytes(self.take(size), "little")

    def line(self, encoding: str = "utf-8") -> str:
        """A line of text, without its end."""
        line = self.stream.readline(_MAX_LINE)
        if not line.endswith(b"\n"):
            raise SourceError(f"no pickle: a line of more than {_MAX_LINE:,} bytes, or none")
        self.charge(BOX + len(line))
        return line[:-1].decode(encoding, "backslashreplace")

    def push(self, value: Any, size: int = _SMALL) -> None:
        """Put a value on the stack."""
        self.charge(size)
        self.stack.append(value)

    def mark(self) -> None:
        """Set a mark."""
        self.charge(BOX)
        self.marks.append(self.stack)
        self.stack = []

    def marked(self) -> list[Any]:
        """What was pushed since the last mark, which is gone."""
        items, self.stack = self.stack, self.marks.pop()
        return items

    def name(self, module: str, attribute: str) -> None:
        """Put a class or function on the stack: its name."""
        if len(module) + len(attribute) > _MAX_LINE:
            raise SourceError(f"no pickle: a name of {len(module) + len(attribute):,} characters")
        self.push(Name(f"{module}.{attribute}"), BOX + len(module) + len(attribute))

    def call(self, function: Any, arguments: Any) -> None:
        """What stands for the result of a call; nothing is called but our own stand-ins."""
        self.charge(2 * BOX + _weight(arguments))
        if isinstance(function, Name) and isinstance(arguments, tuple):
            if stand_in := self.calls.get(function.name):
                self.stack.append(_stood_in(stand_in, function.name, arguments))
            else:
                self.stack.append(Opaque(function.name, arguments))
        else:
            self.stack.append(Opaque("an unnamed thing", arguments))

    def reduce(self) -> None:
        """REDUCE and NEWOBJ: function and arguments are on the stack."""
        arguments = self.stack.pop()
        self.call(self.stack.pop(), arguments)

    def new_with_keywords(self) -> None:
        """NEWOBJ_EX."""
        keywords, arguments = self.stack.pop(), self.stack.pop()
        self.call(self.stack.pop(), arguments)
        if isinstance(self.stack[-1], Opaque) and isinstance(keywords, dict):
            self.stack[-1].entries = keywords

    def instance(self) -> None:
        """INST."""
        name = f"{self.line()}.{self.line()}"
        self.call(Name(name), tuple(self.marked()))

    def make(self) -> None:
        """OBJ."""
        made = self.marked()
        self.call(made[0], tuple(made[1:]))

    def build(self) -> None:
        """BUILD: give the state on the stack to the object below it."""
        state = self.stack.pop()
        restore = getattr(self.stack[-1], "restore", None)
        if restore is not None:
            restore(state)

    def append(self, items: list[Any]) -> None:
        """Append to the list, or the object, on the stack."""
        self.charge(16 * len(items))
        target = self.stack[-1]
        if isinstance(target, Opaque):
            target.items = target.items or []
            target = target.items
        if not isinstance(target, list):
            raise SourceError("no pickle: appends to what is not a list")
        target.extend(items)

    def fill(self, items: list[Any]) -> None:
        """Set entries, keys and values in turn, of the dict, or the object, on the stack."""
        self.charge(_ENTRY * (len(items) // 2))
        target = self.stack[-1]
        if isinstance(target, Opaque):
            target.entries = target.entries or {}
            target = target.entries
        if not isinstance(target, dict) or len(items) % 2:
            raise SourceError("no pickle: sets entries of what is not a dict")
        for place in range(0, len(items), 2):
            target[key(items[place], len(target))] = items[place + 1]

    def put(self, place: int) -> None:
        """Remember what is on the stack."""
        if place > _MAX_PLACE:
            raise SourceError(f"a pickle that remembers something in place {place:,}")
        self.charge(_ENTRY)
        self.memo[place] = self.stack[-1]

    def pack(self, size: int) -> None:
        """Make a tuple of the last `size` values."""
        items = tuple(self.stack[-size:])
        if len(items) < size:
            raise SourceError("no pickle: a tuple of more than there is")
        del self.stack[-size:]
        self.push(items, BOX)

    def outside(self, said: Any) -> None:
        """What stands for an object outside the pickle."""
        if self.persistent is None:
            raise SourceError("a pickle that names objects outside of it")
        self.push(self.persistent(said), BOX)

    def long(self, size: int) -> None:
        """A whole number of so many bytes."""
        if size > _MAX_DIGITS:
            raise SourceError(f"a pickle with a number of {size:,} bytes")
        self.push(int.from_bytes(self.take(size), "little", signed=True))

    def text_number(self) -> int:
        """A whole number, or a flag, of protocol 0."""
        text = self.line().rstrip("L")
        return text == "01" if text in {"00", "01"} else int(text)

    def quoted(self) -> str:
        """The STRING of protocol 0: quoted, with escapes."""
        text = self.line().strip()
        if len(text) < 2 or text[0] != text[-1] or text[0] not in "'\"":
            raise SourceError("no pickle: a string without quotes")
        return text[1:-1].encode("latin-1", "replace").decode("unicode_escape", "replace")


def _stood_in(stand_in: Callable[..., Any], name: str, arguments: tuple[Any, ...]) -> Any:
    try:
        return stand_in(*arguments)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return Opaque(name, arguments)  # called in a way that its module never does


def _weight(arguments: Any) -> int:
    """What a copy of the arguments may take: they can be large, and used many times."""
    found = 0
    for part in arguments if isinstance(arguments, tuple) else ():
        if isinstance(part, list | dict | tuple):
            found += _ENTRY * len(part)
        elif isinstance(part, str | bytes):
            found += len(part)
    return found
