"""One source: its format by its first 64 KiB or by its store, and the roles of its fields."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from tbingest.errors import SourceError
from tbingest.formats.blame import blamed
from tbingest.formats.readers.head import cut_json
from tbingest.formats.readers.refusals import refusal
from tbingest.formats.registry import ENOUGH, evidence, format_of, is_format
from tbingest.model.contracts import Evidence, Format, Head, Member
from tbingest.model.rows import Ignored, Problem, Rows
from tbingest.names.steps import step_of_name
from tbingest.plan.planned import DumpFile, DumpPlan, Planned, claim_digest
from tbingest.plan.roles import Roles, choose_roles, fixed_roles
from tbingest.plan.rules import PATTERN, first_rows, pattern_roles, rule_of
from tbingest.sources.identity import HEAD_DIGEST_BYTES, begins_as, head_digest, is_unchanged
from tbingest.sources.sqlite import table_names
from tbingest.sources.stream import Opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.logdir.source_state import SourceState
    from tbingest.options import Options, SourceRule
    from tbingest.sources.discover import Source


_LFS = b"version https://git-lfs"


def remembered(
    source: Source, options: Options, member: Member | None, saved: SourceState
) -> Planned | None:
    """What a source was taken for when it was read to its end, where nothing has changed since.

    A table without a header is what it was as long as it begins so, though it is to be read anew:
    the part with its header may be gone.
    """
    rule = rule_of(source, options)
    header = saved.header.encode("latin-1")
    seen = saved.is_read and _was_seen(source, saved)
    same = (
        (seen or (header and begins_as(source, saved.beginning)))
        and not (rule.step or rule.time)
        and saved.rule == rule.digest
        and saved.claim == claim_digest(member)
        and is_format(saved.format)
        and not format_of(saved.format).dump
    )
    if not same:
        return None
    roles = Roles(**saved.roles)
    return Planned(
        source,
        saved.format,
        ((saved.format, Evidence(saved.sure, "as the last time, and nothing has changed")),),
        replace(roles, unused=tuple(roles.unused)),
        saved.encoding,
        saved.beginning,
        rule=rule,
        member=member,
        header=header,
    )


def _was_seen(source: Source, saved: SourceState) -> bool:
    """True where nothing has changed; what was decided while a log was short is decided anew."""
    size, _ = saved.beginning
    return is_unchanged(source, saved.feed) and size >= min(source.size, HEAD_DIGEST_BYTES)


class _Beginning(NamedTuple):
    """What a source begins with; `ahead` are the first rows that the user's patterns find."""

    head: Head
    compression: str
    encoding: str
    damage: str
    ahead: list[Rows]


def examine(
    source: Source,
    options: Options,
    claim: tuple[str, Member | str] | None = None,
    *,
    live: bool = False,
) -> Planned | Ignored:
    """One source: its format by its first 64 KiB or by its store, and the roles of its fields.

    The last line of a `live` source may go on.
    """
    try:
        return _examined(source, options, claim, live=live)
    except SourceError as error:
        return Ignored(source.shown, _why(error), failed=True)


def _examined(
    source: Source, options: Options, claim: tuple[str, Member | str] | None, *, live: bool
) -> Planned | Ignored:
    """As `examine`. Raises SourceError where a format fails on the source."""
    rule = rule_of(source, options)
    if rule.pattern or rule.format:
        claim = None
    if claim and isinstance(claim[1], str):
        return Ignored(source.shown, f"{claim[0]}: {claim[1]}")
    member = claim[1] if claim and isinstance(claim[1], Member) else None
    try:
        begun = _begin(source, rule)
    except SourceError as error:
        return Ignored(source.shown, error.message, failed=True)
    if unfit := _unfit(source, begun, rule):
        return unfit
    claimed = (claim[0], member) if claim and member else None
    head, said = _asked(begun.head, rule, options, claimed, live=live)
    if isinstance(said, str):
        return Ignored(source.shown, said, failed=source.single)
    chosen = said[0][0]
    dump = _look(DumpFile(source, chosen.dump, bool(begun.compression))) if chosen.dump else None
    if isinstance(dump, Ignored):
        return dump
    roles = _roles(chosen, begun.ahead if rule.pattern else sample(chosen, head), rule, options)
    if member and member.step is not None and not chosen.fields.step_from_name:
        roles = replace(roles, why={"step": f"{member.step}, as its folder says"})
    start = head.data[:HEAD_DIGEST_BYTES]
    return Planned(
        source,
        chosen.name,
        tuple((entry.name, found) for entry, found in said if found.confidence > 0),
        roles,
        begun.encoding,
        (len(start), head_digest(start)),
        rule=rule,
        member=member,
        dump=dump,
        remarks=_remarks(source, said),
    )


def _remarks(source: Source, said: Sequence[tuple[Format, Evidence]]) -> tuple[Problem, ...]:
    return tuple(Problem(source.shown, None, None, one.reason) for _, one in said if one.failed)


def _begin(source: Source, rule: SourceRule) -> _Beginning:
    with Opened(source) as opened:
        head = opened.head(source)
        head = replace(head, patterns=rule.pattern, tables=table_names(opened, source))
        encoding = "+".join(filter(None, (opened.compression, opened.encoding)))
        damage = opened.damage
        ahead = first_rows(opened, head) if rule.pattern else []
        return _Beginning(head, opened.compression, encoding, damage, ahead)


def _unfit(source: Source, begun: _Beginning, rule: SourceRule) -> Ignored | None:
    """Why no format is asked about a source."""
    if not begun.head.data:
        failed = source.single or bool(begun.damage)
        return Ignored(source.shown, begun.damage or "empty", failed=failed)
    if begun.head.data.startswith(_LFS):
        reason = "a Git LFS pointer: the file itself was not fetched (git lfs pull)"
        return Ignored(source.shown, reason, failed=source.single)
    if rule.pattern and not begun.ahead:
        reason = f"no line matches a pattern of [[source]] {rule.match!r}"
        return Ignored(source.shown, reason, failed=source.single)
    return None


def _asked(
    head: Head,
    rule: SourceRule,
    options: Options,
    claim: tuple[str, Member] | None,
    *,
    live: bool,
) -> tuple[Head, list[tuple[Format, Evidence]] | str]:
    """(the head that is looked at, what `_said` gives of it): of a `live` log whole lines only."""
    said = _said(head, rule, options, claim)
    if not live or isinstance(said, str) or not said[0][0].is_log:
        return head, said
    head = head.whole_lines
    return head, _said(head, rule, options, claim) if head.data else "no whole line yet"


def _said(
    head: Head, rule: SourceRule, options: Options, claim: tuple[str, Member] | None
) -> list[tuple[Format, Evidence]] | str:
    """What the formats say, the one that reads it first; or why none does."""
    asked = (PATTERN if rule.pattern else rule.format) or options.as_format
    if asked:
        ruled = rule.pattern or rule.format
        reason = f"as [[source]] {rule.match!r} says" if ruled else "as asked"
        return [(format_of(asked), Evidence(1.0, reason))]
    if claim and claim[1].format:
        return [(format_of(claim[1].format), Evidence(1.0, f"claimed by {claim[0]}"))]
    if refused := refusal(head):
        return refused
    said = evidence(head)
    return said if said[0][1].confidence >= ENOUGH else _not_sure(head, said)


def _look(file: DumpFile) -> DumpPlan | Ignored:
    """What the headers of a dump say, or why it is not read."""
    source = file.source
    try:
        held = file.open()
    except SourceError as error:
        return Ignored(source.shown, _why(error), failed=True)
    if held.refused or not (held.tensors or held.problems):
        return Ignored(source.shown, held.refused or "holds no tensors", failed=source.single)
    stem = step_of_name(source.name)[1].rpartition("/")[2]
    alone = {tensor.name.partition("/")[0] for tensor in held.tensors} == {stem}
    shapes = sorted((tensor.name, tensor.shape) for tensor in held.tensors)
    holds = hashlib.blake2b(repr(shapes).encode("utf-8", "replace"), digest_size=12).hexdigest()
    whole = not held.problems
    return DumpPlan(file, holds, held.step, held.step_from, alone, whole=whole)


def _why(error: SourceError) -> str:
    return "; ".join(filter(None, (error.message, error.hint)))


def _roles(chosen: Format, rows: Sequence[Rows], rule: SourceRule, options: Options) -> Roles:
    step, time = rule.step or options.step, rule.time or options.time
    if rule.pattern:
        return pattern_roles(rows, rule, step, time)
    if chosen.database:
        return fixed_roles(chosen.fields)
    return choose_roles(rows, chosen.fields, step, time)


def _not_sure(head: Head, said: Sequence[tuple[Format, Evidence]]) -> str:
    """Why none reads it. Raises SourceError where one that might have failed."""
    if failed := [found.reason for _, found in said if found.failed]:
        raise SourceError(failed[0])
    for entry, found in said:
        if found.confidence > 0:
            return f"no format is sure: {entry.name} {found.confidence:.2f} ({found.reason})"
        break
    if head.binary:
        return "binary, of no known kind"
    return cut_json(head) or "no numbers in a form that is known"


def sample(entry: Format, head: Head) -> list[Rows]:
    """The first rows of a source, as far as its head shows them.

    Raises SourceError where the format fails on it.
    """
    if not entry.reader or (entry.fields.step_from_name and not entry.fields.step):
        return []
    with blamed(entry):
        reader = entry.reader(head)
        whole = head.whole if entry.rewritten and not entry.dump else None
        found = list(reader.feed(head.data if whole is None else whole))
        if head.complete or entry.rewritten:
            found += reader.close()
        if not (found or head.complete or entry.rewritten):  # its lines are longer than the head
            reader = entry.reader(head)
            found = [item for block in head.sample for item in reader.feed(block)]
        promised: set[str] = getattr(reader, "promised", set())
        shown = {name for part in found if isinstance(part, Rows) for name in part.columns}
        if promised - shown and not head.complete:
            for block in head.sample[1:]:
                found += reader.feed(block)
    return [item for item in found if isinstance(item, Rows)]
