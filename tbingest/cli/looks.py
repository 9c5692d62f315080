"""Looks as text: what a file is taken for and why, what patterns match, which formats there are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tbingest.cli.text import SHOWN_PROBLEMS, said
from tbingest.formats.generic.pattern_groups import is_plain_number
from tbingest.names.escape import printable
from tbingest.names.words import counted
from tbingest.series.metrics import ranked_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tbingest.cli.console import Talk
    from tbingest.model.accounts import Account, LineKind
    from tbingest.model.contracts import Format, Store
    from tbingest.model.rows import Ignored
    from tbingest.pipeline.looks import Look
    from tbingest.pipeline.try_pattern import Tried

_SHOWN_TAGS = 12
_SHOWN_KINDS = 8
_SAMPLE = 60


def show_looks(talk: Talk, found: Sequence[Look], ignored: Sequence[Ignored]) -> None:
    """What every file is taken for, and why."""
    for look in found:
        _show_look(talk, look)
    for entry in ignored:
        style = "red" if entry.failed else "dim"
        talk.line((f"{entry.shown}  not read: {entry.reason}", style))


def _show_look(talk: Talk, look: Look) -> None:
    planned = look.planned
    (name, best), *others = planned.evidence
    talk.line(
        (planned.source.shown, "bold"),
        "  ",
        (name, "cyan"),
        f" {best.confidence:.2f}  ",
        best.reason,
    )
    lines = [f"encoding: {planned.encoding}"] if planned.encoding != "utf-8" else []
    rejected = [f"{other} {said_.confidence:.2f} ({said_.reason})" for other, said_ in others[:3]]
    if rejected:
        lines.append("rejected: " + ", ".join(rejected))
    values = "  ".join(counted(count, kind) for kind, count in look.values.items())
    lines.append(f"run {planned.run}   {values or 'no values'}   {_steps_of(look)}")
    if len(look.tried) > 1 or not all("100%" in one for one in look.tried):
        lines.append(f"steps looked at: {'; '.join(look.tried)}")
    for run, tags in look.tags.items():
        shown = ranked_tags(tag for tag in tags if not tag.startswith("_hparams_/"))
        more = f"  and {len(shown) - _SHOWN_TAGS:,} more" if len(shown) > _SHOWN_TAGS else ""
        place = f"tags in {run}: " if run != planned.run else "tags: "
        if shown:
            lines.append(place + "  ".join(shown[:_SHOWN_TAGS]) + more)
    lines.append(f"wall time: {_wall_time_of(look)}")
    for text in lines:
        talk.line("    ", text)
    _show_account(talk, look)
    for problem in look.problems[: None if talk.verbose else SHOWN_PROBLEMS]:
        talk.line("    ", (f"not used: {said(problem)}", "yellow"))
    if look.problem_count > SHOWN_PROBLEMS and not talk.verbose:
        talk.line("    ", f"and {look.problem_count - SHOWN_PROBLEMS:,} more (-v shows more)")


def _show_account(talk: Talk, look: Look) -> None:
    """Which kinds of lines a text log has, what says their steps, and what is not taken of them."""
    account = look.account
    taken = [one for one in account.by_line if one.taken or one.is_counter]
    _show_kinds(talk, "lines", taken, _counter_of)
    left = account.not_taken
    many = sum(one.left for one in left)
    whole = many + account.taken
    title = f"not taken: {many:,} of {counted(whole, 'number')}"
    _show_kinds(talk, title, left, lambda one: f"{counted(one.left, 'number')}, {one.why}")
    _show_aside(talk, account)
    if look.rule:
        talk.line("    ", ("a rule that takes them, for tbingest.toml:", "bold"))
        for text in look.rule.rstrip("\n").split("\n"):
            talk.line("    ", text)
        talk.line("    ", ("a log with a rule is read by its patterns alone", "dim"))


def _show_aside(talk: Talk, account: Account) -> None:
    """Which numbers of a table or document are not shown."""
    if account.aside:
        talk.line("    ", (f"not shown: {counted(account.set_aside, 'number')}", "bold"))
    every = list(account.aside.values())
    shown = every if talk.verbose else every[:_SHOWN_KINDS]
    for one in shown:
        talk.line("      ", (printable(one.name), "cyan"), f"  {one.values:,}: {one.why}")
    if len(every) > len(shown):
        talk.line("      ", f"and {len(every) - len(shown):,} more names (-v shows all)")


def _show_kinds(
    talk: Talk, title: str, kinds: Sequence[LineKind], said: Callable[[LineKind], str]
) -> None:
    if kinds:
        talk.line("    ", (title, "bold"))
    shown = kinds if talk.verbose else kinds[:_SHOWN_KINDS]
    for one in shown:
        where = f"{one.lines:,} like line {one.line:,}: " if one.lines > 1 else f"line {one.line}: "
        sample = one.sample or "a box or block"
        short = sample if len(sample) <= _SAMPLE or talk.verbose else sample[:_SAMPLE] + "…"
        talk.line("      ", where, (printable(short), "cyan"), f"  {said(one)}")
    if len(kinds) > len(shown):
        talk.line("      ", f"and {len(kinds) - len(shown):,} more kinds (-v shows all)")


def _counter_of(one: LineKind) -> str:
    """What says the step of such lines, how well it tells them apart, and what is no value."""
    kept = f" ({one.kept:.0%} of its steps differ)" if one.kept < 1 else ""
    besides = f"; no values: {', '.join(one.aside)}" if one.aside else ""
    return f"step: {one.counter or 'none'}{kept}{besides}"


def _steps_of(look: Look) -> str:
    why = look.planned.roles.why.get("step", "")
    if look.account.kinds:
        why = "by kind of line"
    elif look.tried and look.planned.evidence[0][1].tried:
        why = look.tried[0].partition(":")[0]
    elif why[1:2] in {":", "@"}:
        why = "by its shape"  # no field of the file's own
    if look.first_step is None:
        return f"step: {why}"
    return f"step: {why} ({look.first_step:,} to {look.last_step:,})"


def _wall_time_of(look: Look) -> str:
    planned = look.planned
    when = datetime.fromtimestamp(planned.base, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    if planned.roles.unit == "elapsed":
        return f"{planned.roles.time!r} seconds after {when} ({planned.base_from})"
    if planned.roles.time:
        return f"{planned.roles.time!r}, from {when}"
    return f"{when} for all, from {planned.base_from}"


def show_tried(talk: Talk, tried: Tried) -> None:
    """What patterns match in a file, what they do not, and the rule to paste."""
    lines, matches = counted(tried.lines, "line"), f"{tried.count:,} matches"
    matches = "1 match" if tried.count == 1 else matches
    talk.line((tried.shown, "bold"), f"  {lines}: {matches} in {tried.matched_lines:,} of them")
    for match in tried.matches:
        talk.line(f"  {match.line}: ", match.text)
        for group in match.groups:
            odd = "" if group.tag in {"time", "run"} or is_plain_number(group.text) else "no number"
            place = f"{group.start + 1}-{group.stop}"
            shown = f"      {group.tag}  {place}  {group.text!r}"
            talk.line((shown, "cyan"), (f"  ({odd})" if odd else "", "yellow"))
    if tried.count > len(tried.matches):
        talk.line(f"  and {tried.count - len(tried.matches):,} more")
    if tried.misses:
        talk.line((f"not matched: {counted(tried.missed_lines, 'line')}", "bold"))
    for number, text in tried.misses:
        talk.line((f"  {number}: {text}", "dim"))
    if tried.missed_lines > len(tried.misses):
        talk.line(f"  and {tried.missed_lines - len(tried.misses):,} more")
    if tried.count:
        talk.line(("for tbingest.toml:", "bold"))
        for text in ["", *tried.rule.rstrip("\n").split("\n")]:
            talk.line(text)


def show_formats(
    talk: Talk, known: Sequence[Format], stores: Sequence[Store], *, every: bool = True
) -> None:
    """A paragraph for each format, and one for each kind of folder; `every` says that it is all."""
    pictures = [(entry.name, entry.about, entry.sample.expandtabs(4)) for entry in known]
    for name, about, picture in pictures + [(one.name, one.about, one.layout) for one in stores]:
        talk.line((name, "bold cyan"), "  ", about)
        for text in picture.split("\n"):
            talk.line("    ", (text, "dim"))
    if not every:
        return
    talk.line()
    talk.line("More come with packages that have an entry point in the group tbingest.formats,")
    talk.line("and with the files that are named as plugins in tbingest.toml.")
