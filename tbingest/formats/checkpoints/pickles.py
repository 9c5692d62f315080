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
from typing import IO, TYPE_CHECKING, Any, cast

from tbingest.errors import SourceError
from tbingest.formats.checkpoints.pickle_machine import BOX, Budget, Machine

if TYPE_CHECKING:
    from collections.abc import Callable

    from tbingest.formats.checkpoints.pickle_machine import Calls, Step


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
    machine = Machine(stream, calls, persistent, budget or Budget())
    try:
        return machine.run(_STEPS)
    except (IndexError, KeyError, TypeError, ValueError, AttributeError, struct.error) as error:
        what = f"{type(error).__name__} {error}"[:80]
        raise SourceError(f"no whole pickle: {what}", "was it copied completely?") from None


def buffered(stream: IO[bytes]) -> IO[bytes]:
    """The stream itself where it is buffered, which `load` needs."""
    if isinstance(stream, io.BufferedReader | io.BytesIO):
        return stream
    return cast("IO[bytes]", io.BufferedReader(cast("io.RawIOBase", stream)))


def _text(size: int) -> Step:
    def step(machine: Machine) -> None:
        data = machine.take(machine.number(size))
        if not data.isascii():
            machine.charge(3 * len(data))  # one emoji makes every character take four bytes
        machine.stack.append(data.decode("utf-8", "surrogatepass"))

    return step


def _native(size: int) -> Step:
    """A str of Python 2: text where it can be, bytes otherwise."""

    def step(machine: Machine) -> None:
        data = machine.take(machine.number(size))
        try:
            machine.stack.append(data.decode("ascii"))
        except UnicodeDecodeError:
            machine.stack.append(data)

    return step


def _bytes(size: int) -> Step:
    return lambda m: m.stack.append(m.take(m.number(size)))


def _skipped(size: int) -> Step:
    def step(machine: Machine) -> None:
        machine.stream.read(size)

    return step


def _constant(value: Any) -> Step:
    return lambda m: m.push(value, 8)


def _made(make: Callable[[], Any]) -> Step:
    return lambda m: m.push(make(), BOX)


def _appended(machine: Machine) -> None:
    item = machine.stack.pop()
    machine.append([item])


def _set(machine: Machine) -> None:
    value, name = machine.stack.pop(), machine.stack.pop()
    machine.fill([name, value])


def _from_stack(machine: Machine) -> None:
    attribute, module = machine.stack.pop(), machine.stack.pop()
    if not isinstance(attribute, str) or not isinstance(module, str):
        raise SourceError("no pickle: a name that is not text")
    machine.name(module, attribute)


def _pop(machine: Machine) -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.marked()


def _pop_marked(machine: Machine) -> None:
    machine.marked()


def _pairs(machine: Machine) -> None:
    items = machine.marked()
    machine.push({}, BOX)
    machine.fill(items)


def _collected(kind: Callable[[list[Any]], Any]) -> Step:
    def step(machine: Machine) -> None:
        items = machine.marked()
        machine.push(kind(items), BOX + 8 * len(items))

    return step


_STEPS: dict[bytes, Step] = {
    b"\x80": _skipped(1),
    b"\x95": _skipped(8),
    b"(": Machine.mark,
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
    b"R": Machine.reduce,
    b"\x81": Machine.reduce,
    b"\x92": Machine.new_with_keywords,
    b"i": Machine.instance,
    b"o": Machine.make,
    b"b": Machine.build,
    b"P": lambda m: m.outside(m.line()),
    b"Q": lambda m: m.outside(m.stack.pop()),
}
