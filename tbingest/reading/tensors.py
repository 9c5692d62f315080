"""A parameter dump as rows: of every tensor a histogram and the scalars that people look for.

<group>/<module path> is the histogram, as in `weights/encoder/layer_0/attn/q_proj/weight`;
<group>_norm/... is that of the finite numbers, and _update the norm of what changed since the dump
before, over the norm of that dump. Where they are not 0, now or in the dump before, _zeros is the
share of zeros and _nonfinite the count of NaN and infinities. On request there are _mean, _std,
_min and _max, too: a checkpoint has many tensors, whose curves must not hide those of the training.
`<group>/summary` is a table of the tensors; how the model computes, where the dump says it, is for
the Graphs tab. On request there are pictures of the first matrices: `<group>_heat_map/...`,
`_filters` and `_spectrum`.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.errors import ReadError, SourceError
from tbingest.model.markdown import text_rows
from tbingest.model.points import Histogram
from tbingest.model.rows import Problem, Rows
from tbingest.names.files import join
from tbingest.names.tags import tensor_path
from tbingest.reading.histograms import Statistics, summarize

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from tbingest.model.tensors import Dump, Tensor
    from tbingest.plan.planned import DumpPlan, Planned

_TENSORS = 256
_BYTES = 4 << 20
_SHOWN = 500
_MOST_PICTURED = 24
_MOST_TENSORS = 20_000
"""Of one dump: each is a histogram and a dozen scalars."""
_WRAPPERS = frozenset(
    "model model_state model_state_dict model_weights module net network params state_dict".split()
)


@dataclass
class Part:
    """Some tensors of a dump. `stop` counts the numbers up to its end."""

    columns: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    stop: int = 0
    size: int = 0

    @property
    def digest(self) -> str:
        """Of all that it says."""
        found = hashlib.blake2b(digest_size=12)
        for name, (value, *_) in self.columns.items():
            plain = (
                value.buckets.tobytes() if isinstance(value, Histogram) else repr(value).encode()
            )
            found.update(f"{len(plain)} {name}\0".encode("utf-8", "replace") + plain)
        return found.hexdigest()

    def put(self, columns: Mapping[str, Any], tensor: str) -> None:
        """Take in the columns of a tensor.

        Two tensors of one path are told apart by the name that one of them has in the file.
        """
        for name, column in columns.items():
            unique = name if name not in self.columns else f"{name} ({tensor})"
            self.columns[unique] = column

    def rows(self, place: int) -> list[Rows]:
        """What it holds as one record, or none."""
        return [Rows(self.columns, np.asarray([place]))] if self.columns else []


def parts(planned: Planned) -> Iterator[Part]:
    """What a dump holds, some tensors at a time. Raises SourceError where it cannot be read."""
    if planned.dump is None:
        return
    held = planned.dump.file.open()
    wanted = [tensor for tensor in held.tensors if is_wanted(tensor.name, planned.dump.wanted)]
    unread = list(held.problems)
    before = _before(planned.dump)
    beyond = len(wanted) - _MOST_TENSORS
    if beyond > 0:
        what = f"only the first {_MOST_TENSORS:,} of {len(wanted):,} tensors are shown"
        unread.append(Problem("", None, None, what, "--tensors takes others", beyond))
        del wanted[_MOST_TENSORS:]
    part = Part(problems=list(unread))
    pictures = _MOST_PICTURED if planned.dump.pictures else 0
    for tensor in wanted:
        _add(part, tensor, before.get(tensor.name), planned)
        if pictures and _draw(part, tensor, planned.prefix):
            pictures -= 1
        part.stop += max(math.prod(tensor.shape), 1)
        if len(part.columns) > _TENSORS * _COLUMNS or part.size > _BYTES:
            unread += part.problems
            yield part
            part = Part(stop=part.stop)
    try:
        graph = held.graph()
        part.columns |= {join(planned.prefix, "graph"): [graph]} if graph else {}
    except SourceError as error:
        part.problems.append(Problem("", None, None, str(error), values=1))
    unread += part.problems
    part.columns |= _summary(planned, held, wanted, unread)
    yield part


def is_wanted(name: str, globs: Sequence[str]) -> bool:
    """True where a glob matches a tensor's name or its path; without any, all are wanted."""
    path = tensor_path(name)
    return not globs or any(fnmatchcase(name, glob) or fnmatchcase(path, glob) for glob in globs)


def _before(dump: DumpPlan) -> dict[str, Tensor]:
    """The tensors of the dump before by their names; none where it cannot be read any more."""
    if not dump.before:
        return {}
    try:
        return {tensor.name: tensor for tensor in dump.before.open().tensors}
    except SourceError:
        return {}  # it is reported where it is read itself


def _add(part: Part, tensor: Tensor, before: Tensor | None, planned: Planned) -> None:
    """Put a tensor's histogram and scalars into a part, or why there are none."""
    try:
        made, statistics = summarize(tensor.chunks(), tensor.codes)
        change = _change(tensor, before) if before else Change()
    except ReadError:
        raise  # the next conversion reads it
    except (SourceError, OSError, EOFError, ValueError) as error:
        part.problems.append(Problem("", None, None, f"{tensor.name}: {error}", values=1))
        return
    group, path = place_of(planned.prefix, tensor.name)
    every = planned.dump is not None and planned.dump.statistics
    scalars = _scalars(statistics, change, every=every)
    columns: dict[str, Any] = {join(group, path): [made]} if len(made.buckets) else {}
    for name, value in scalars.items():
        columns[join(f"{group}_{name}", path)] = np.asarray([value])
    part.problems += _remarks(tensor.name, statistics)
    part.put(columns, tensor.name)
    part.size += made.buckets.nbytes


def _draw(part: Part, tensor: Tensor, prefix: str) -> bool:
    """Put pictures of a tensor into a part; False where there are none of it."""
    from tbingest.figures.spectrum import spectrum
    from tbingest.figures.tensors import Sketch, filters, heat_map, pictures_of

    wanted = pictures_of(tensor.name, tensor.shape, tensor.order)
    if not wanted:
        return False
    sketch = Sketch(tensor.name, tensor.shape, tensor.order)
    try:
        for numbers in numbers_of(tensor):
            sketch.add(numbers)
    except (SourceError, OSError, EOFError, ValueError):
        return False  # reported with its histogram
    group, path = place_of(prefix, tensor.name)
    found = {"heat_map": heat_map(sketch)}
    if "filters" in wanted and sketch.array is not None:
        found["filters"] = filters(tensor.name, sketch.array)
    if "spectrum" in wanted and sketch.matrix is not None:
        found["spectrum"] = spectrum(tensor.name, sketch.matrix)
    part.put({join(f"{group}_{kind}", path): [found[kind]] for kind in found}, tensor.name)
    part.size += sum(len(image.data) for image in found.values())
    return True


_COLUMNS = 3


def place_of(prefix: str, name: str) -> tuple[str, str]:
    """(group, path below it) of a tensor: `optimizer`, `state_0/exp_avg`."""
    group, _, rest = prefix.partition("/")
    first, slash, below = name.partition("/")
    if slash and "optim" in first.lower():
        group, name = "optimizer", f"{_after(first)}{below}"
    elif slash and first in _WRAPPERS:
        name = below
    return group, join(rest, tensor_path(name))


def _after(first: str) -> str:
    """What of a key such as `policy.optimizer` says which optimizer it is."""
    kept = [part for part in first.split(".") if "optim" not in part.lower()]
    return "".join(f"{part}/" for part in kept)


def _scalars(statistics: Statistics, change: Change, *, every: bool) -> Mapping[str, float]:
    if not statistics.count:
        return {}
    found = {}
    if statistics.zeros or change.had_zeros or every:
        found["zeros"] = statistics.zeros / statistics.count
    if statistics.not_finite or change.had_nonfinite or every:
        found["nonfinite"] = float(statistics.not_finite)
    if statistics.finite:
        found["norm"] = statistics.norm
    if statistics.finite and every:
        found |= {
            "mean": statistics.mean,
            "std": statistics.std,
            "min": statistics.low,
            "max": statistics.high,
        }
    if change.update is not None:
        found["update"] = change.update
    return found


def _remarks(name: str, statistics: Statistics) -> Iterator[Problem]:
    odd = statistics.not_finite
    if not statistics.count:
        yield Problem("", None, None, f"{name}: is empty", values=1)
    elif not statistics.finite:
        yield Problem("", None, None, f"{name}: has no finite number", values=1)
    elif odd:
        what = f"{name}: {odd:,} of its numbers are not finite and stand in no bucket"
        yield Problem("", None, None, what)


@dataclass
class Change:
    """A tensor against that of the dump before.

    update: |now - before| / |before|, None where that says nothing; had_zeros, had_nonfinite: what
    the one before held, so that a curve of them comes back to 0.
    """

    update: float | None = None
    had_zeros: bool = False
    had_nonfinite: bool = False


def _change(tensor: Tensor, before: Tensor) -> Change:
    found = Change()
    if (tensor.shape, tensor.order) != (before.shape, before.order):
        return found
    changed = norm = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for now, then in _pairs(numbers_of(tensor), numbers_of(before)):
            apart = now - then
            changed += float((apart * apart).sum())
            norm += float((then * then).sum())
            found.had_zeros = found.had_zeros or bool((then == 0).any())
            found.had_nonfinite = found.had_nonfinite or not np.isfinite(then).all()
    ratio = math.sqrt(changed / norm) if norm > 0 else math.nan
    found.update = ratio if math.isfinite(ratio) else None
    return found


def numbers_of(tensor: Tensor) -> Iterator[NDArray[np.float64]]:
    """Its numbers, piece by piece."""
    for chunk in tensor.chunks():
        flat = chunk.reshape(-1)
        yield flat.astype(np.float64) if tensor.codes is None else tensor.codes[flat]


def _pairs(
    one: Iterator[NDArray[np.float64]], other: Iterator[NDArray[np.float64]]
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Equally long pieces of two streams, however each is cut."""
    first = second = np.zeros(0)
    while True:
        while not len(first):
            if (piece := next(one, None)) is None:
                return
            first = piece
        while not len(second):
            if (piece := next(other, None)) is None:
                return
            second = piece
        size = min(len(first), len(second))
        yield first[:size], second[:size]
        first, second = first[size:], second[size:]


def _summary(
    planned: Planned, held: Dump, wanted: Sequence[Tensor], unread: Sequence[Problem]
) -> dict[str, Any]:
    """A table of the tensors, what else the dump says of itself, and what cannot be read."""
    if not wanted:
        return {}
    numbers = Counter[str]()
    for tensor in wanted:
        numbers[tensor.dtype] += math.prod(tensor.shape)
    globs = planned.dump.wanted if planned.dump else ()
    left = sum(not is_wanted(tensor.name, globs) for tensor in held.tensors)
    types = ", ".join(f"{count:,} {dtype}" for dtype, count in numbers.most_common())
    lines = [
        f"**{len(wanted):,} tensors, {numbers.total():,} numbers** ({types}); {planned.format}",
        f"{left:,} more were not asked for" if left else "",
        text_rows(("field", "value"), held.facts.items()) if held.facts else "",
        text_rows(
            ("tensor", "shape", "type", "numbers"),
            [
                (
                    tensor.name,
                    " x ".join(map(str, tensor.shape)) or "a number",
                    tensor.dtype,
                    f"{math.prod(tensor.shape):,}",
                )
                for tensor in wanted[:_SHOWN]
            ],
        ),
        f"{len(wanted) - _SHOWN:,} more are not shown" if len(wanted) > _SHOWN else "",
        text_rows(("not as it should be",), [(problem.what,) for problem in unread[:_SHOWN]])
        if unread
        else "",
    ]
    text = "\n\n".join(line for line in lines if line)
    part = planned.dump and (planned.dump.label or planned.dump.shard)
    return {join(planned.prefix, "summary", part or ""): [text]}


__all__ = ["Part", "parts", "place_of"]
