"""The last values of a check for other tools: nested JSON for `dvc metrics diff`, OpenMetrics."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from tbingest.names.escape import printable

if TYPE_CHECKING:
    from tbingest.check.verdict import Verdict


def as_metrics(verdict: Verdict) -> str:
    """`{run: {tag: last}}`; values that are no numbers are left out, as JSON has none."""
    nested: dict[str, Any] = {}
    for curve in verdict.curves:
        if math.isfinite(curve.last):
            nested.setdefault(curve.run, {})[curve.tag] = curve.last
    return json.dumps(nested, indent=2, sort_keys=True) + "\n"


def as_openmetrics(verdict: Verdict) -> str:
    """A gauge for the last values, one for their steps, and whether the check passed.

    https://prometheus.io/docs/specs/om/open_metrics_spec/
    """
    lines = ["# TYPE tbingest_last gauge", "# HELP tbingest_last The last value of a tag."]
    lines += [
        f"tbingest_last{_labels(curve.run, curve.tag)} {_number(curve.last)}"
        for curve in verdict.curves
    ]
    lines += ["# TYPE tbingest_step gauge", "# HELP tbingest_step The last step of a tag."]
    lines += [
        f"tbingest_step{_labels(curve.run, curve.tag)} {curve.last_step}"
        for curve in verdict.curves
    ]
    lines += ["# TYPE tbingest_failures gauge", "# HELP tbingest_failures The checks that failed."]
    lines += [f"tbingest_failures {len(verdict.failures)}", "# EOF"]
    return "\n".join(lines) + "\n"


def _labels(run: str, tag: str) -> str:
    return f'{{run="{_escaped(run)}",tag="{_escaped(tag)}"}}'


def _escaped(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace('"', '\\"')


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return repr(value) if math.isfinite(value) else f"{'+' if value > 0 else '-'}Inf"
