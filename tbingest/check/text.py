"""A verdict in a terminal: a line for each failure, and one for the sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.check.conversion import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.check.verdict import Verdict


def lines(verdict: Verdict, *, verbose: bool = False) -> Iterator[list[str | tuple[str, str]]]:
    """Each line as parts: a string, or (string, style)."""
    for failure in verdict.failures:
        yield [("✗ ", "bold red"), failure.text, (f"  [{failure.rule}]", "dim")]
        if failure.sparkline:
            yield ["    ", (failure.sparkline, "cyan")]
        if failure.hint:
            yield ["    ", (f"hint: {failure.hint}", "dim")]
    for note in verdict.notes:
        yield [("note: ", "bold"), note]
    if verbose:
        for curve in verdict.curves:
            yield [f"  {curve.run}  {curve.tag}  {curve.last:.8g}  ", (curve.sparkline, "cyan")]
    size = f"{plural(len(verdict.runs), 'run')}, {plural(len(verdict.curves), 'curve')}"
    if verdict.passed:
        yield [("✓ ", "green"), f"all checks passed: {size}  ({verdict.seconds:.1f} s)"]
    else:
        said = f"{plural(len(verdict.failures), 'check')} failed"
        yield [("✗ ", "bold red"), f"{said}: {size}  ({verdict.seconds:.1f} s)"]
