"""Decisions taken again when more of a log is there: the same, more, or others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tbingest.formats.textlog.decision import unnumbered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tbingest.formats.textlog.decision import Plan

_EVIDENCE = frozenset({"count", "kept", "why"})
_OF_RESTARTS = frozenset({"first", "rise"})


def renewed(plan: Plan, saved: Mapping[str, Any]) -> dict[str, Any] | None:
    """A reader's saved state under the decisions of now; None where others were taken before.

    Families of lines that were not there before are no contradiction.
    """
    now, before = plan.saved(), saved["plan"]
    seen = saved["follower"].get("places", {})
    if now["wrapper"] != before.get("wrapper", ""):
        return None
    if set(now["headings"]) - set(before.get("headings", [])) and seen:
        return None
    now["headings"] = sorted({*now["headings"], *before.get("headings", [])})
    merged = set(now["rising"]) - set(before.get("rising", []))
    if any(unnumbered(name) in merged for name in seen):
        return None
    now["rising"] = sorted({*now["rising"], *before.get("rising", [])})
    now["samples"] = sorted({*now["samples"], *before.get("samples", [])})
    for name, decision in before.get("families", {}).items():
        again = now["families"].get(name)
        if again is None:
            now["families"][name] = decision  # the sample does not show it any more
            continue
        if name in seen:
            same = _effective(again) == _effective(decision)
        else:
            same = again.get("kind", "none") == decision.get("kind", "none")
        if not same:
            return None
    had = before.get("clashes", {})
    for tag, first in saved["follower"].get("owners", {}).items():
        if had.get(tag, first) != now["clashes"].get(tag, first):
            return None
    return {**saved, "plan": now}


def _effective(decision: Mapping[str, Any]) -> dict[str, Any]:
    """What of a decision changes what is read."""
    hidden = _EVIDENCE if decision.get("restarts") else _EVIDENCE | _OF_RESTARTS
    found = {name: value for name, value in decision.items() if name not in hidden}
    if "dropped" in found:
        found["dropped"] = sorted(found["dropped"])
    return found
