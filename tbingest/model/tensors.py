"""Tensors of a checkpoint, and how their numbers are opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tbingest.model.points import Graph
    from tbingest.model.rows import Problem

    Column: TypeAlias = "NDArray[np.float64] | NDArray[np.int64] | Sequence[Any]"


@dataclass(frozen=True, slots=True)
class Tensor:
    """One array of a parameter dump, without its numbers.

    name: its path, the parts split by `/` and each as the file says it
    (`state_dict/encoder.0.weight`); dtype: in its framework's word, as `bfloat16`; chunks: gives
    its numbers, flat, piece by piece, each time anew; a piece is valid until the next one is asked
    for. codes: where it is given, the pieces are uint8 or uint16 codes, and `codes[code]` is the
    number meant (float64, 256 or 65,536 of them). order: tensors of one shape and order give their
    numbers in one sequence, so that two dumps can be compared number by number.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    chunks: Callable[[], Iterable[NDArray[Any]]]
    codes: NDArray[np.float64] | None = None
    order: str = "C"


Opener: TypeAlias = "Callable[[], IO[bytes]]"
"""Opens a source anew, for reading bytes."""


@dataclass(frozen=True, slots=True)
class Dump:
    """What a parameter dump holds, as its headers say: no number was read yet.

    tensors: in the order of the file; problems: what of it cannot be read, each with the tensors
    it cost as `values`; step: as a field of its own says, and `step_from` the field's name; facts:
    what else it says of itself in plain values; refused: why nothing of it is read though it is
    no damaged file, in words that name what it holds; graph: reads how the model computes, where
    the dump says it, and raises SourceError.
    """

    tensors: Sequence[Tensor] = ()
    problems: Sequence[Problem] = ()
    step: int | None = None
    step_from: str = ""
    facts: Mapping[str, bool | float | str] = field(default_factory=dict)
    refused: str = ""
    graph: Callable[[], Graph | None] = lambda: None
