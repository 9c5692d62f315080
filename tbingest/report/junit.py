"""A verdict as JUnit XML, as GitLab and Jenkins read it: a test case for every rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.report.escape import markup

if TYPE_CHECKING:
    from tbingest.check.verdict import Failure, Verdict


def as_junit(verdict: Verdict) -> str:
    """One suite; a rule that failed has a case for each of its failures."""
    failed: dict[str, list[Failure]] = {}
    for failure in verdict.failures:
        failed.setdefault(failure.rule, []).append(failure)
    cases = [_failed(one) for several in failed.values() for one in several]
    cases += [
        f'    <testcase classname="tbingest" name="{markup(rule)}"/>'
        for rule in dict.fromkeys(verdict.rules)
        if rule not in failed
    ]
    counts = f'tests="{len(cases)}" failures="{len(verdict.failures)}" errors="0"'
    time = f'time="{verdict.seconds:.3f}"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<testsuites {counts} {time}>",
        f'  <testsuite name="tbingest check" {counts} {time}>',
        *cases,
        "  </testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _failed(one: Failure) -> str:
    name = markup(" ".join(part for part in (one.rule, one.run, one.tag) if part))
    place = f' file="{markup(one.source)}"' if one.source else ""
    place += f' line="{one.line}"' if one.line is not None else ""
    text = markup(one.text) + (f"\n{markup(one.hint)}" if one.hint else "")
    return (
        f'    <testcase classname="tbingest" name="{name}"{place}>\n'
        f'      <failure type="{markup(one.rule)}" message="{markup(one.what)}">{text}</failure>\n'
        "    </testcase>"
    )
