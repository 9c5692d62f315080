"""One source: its format by its first 64 KiB or by its store, and the roles of its fields."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tbingest.errors import SourceError
from tbingest.formats.refusals import refusal
from tbingest.formats.registry import ENOUGH, evidence, formats
from tbingest.model import Evidence, Format, Head, Member, Rows
from tbingest.options import NO_RULE, Options, SourceRule
from tbingest.roles import Roles, choose_roles, fixed_roles
from tbingest.rules import PATTERN, first_rows, pattern_roles, rule_of
from tbingest.sources.discover import Ignored, Source
from tbingest.sources.opened import Opened
from tbingest.sources.snapshot import table_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HEAD_DIGEST_BYTES = 4096
_LFS = b"version https://git-lfs"


@dataclass(frozen=True)
class Planned:
    """A source and what is to become of it.

    `evidence` is what the formats said, the surest first; `base` the wall time of what has none
    and `base_from` where it comes from; `rule` what the user says of it, `member` what the store
    says that claims it.
    """

    source: Source
    format: str
    evidence: tuple[tuple[str, Evidence], ...]
    roles: Roles
    encoding: str
    head: tuple[int, str]
    run: str = ""
    prefix: str = ""
    step: int | None = None
    base: float = 0.0
    base_from: str = ""
    rule: SourceRule = NO_RULE
    member: Member | None = None

    @property
    def folder(self) -> str:
        """The folder below the root that is its run."""
        return self.member.run if self.member else self.source.folder

    @property
    def joins(self) -> bool:
        """True for what joins the run of a log: dumps, pictures, notes, configs."""
        settled = self.member and self.member.format
        return not settled and is_attachment(formats()[self.format])

    @property
    def history(self) -> bool:
        """True where only steps beyond those of the files before it are new."""
        return bool(self.member and self.member.history)


def examine(
    source: Source, options: Options, claim: tuple[str, Member | str] | None = None
) -> Planned | Ignored:
    """One source: its format by its first 64 KiB or by its store, and the roles of its fields."""
    rule = rule_of(source, options)
    if rule.pattern or rule.format:
        claim = None
    if claim and isinstance(claim[1], str):
        return Ignored(source.shown, f"{claim[0]}: {claim[1]}")
    member = claim[1] if claim and isinstance(claim[1], Member) else None
    try:
        with Opened(source) as opened:
            head = replace(
                opened.head(source), patterns=rule.pattern, tables=table_names(opened, source)
            )
            encoding = "+".join(filter(None, (opened.compression, opened.encoding)))
            damage = opened.damage
            ahead = first_rows(opened, head) if rule.pattern else []
    except SourceError as error:
        return Ignored(source.shown, error.message, failed=True)
    if not head.data:
        return Ignored(source.shown, damage or "empty", failed=source.single or bool(damage))
    if head.data.startswith(_LFS):
        reason = "a Git LFS pointer: the file itself was not fetched (git lfs pull)"
        return Ignored(source.shown, reason, failed=source.single)
    asked = (PATTERN if rule.pattern else rule.format) or options.as_format
    if rule.pattern and not ahead:
        reason = f"no line matches a pattern of [[source]] {rule.match!r}"
        return Ignored(source.shown, reason, failed=source.single)
    if asked:
        chosen = formats()[asked]
        ruled = rule.pattern or rule.format
        reason = f"as [[source]] {rule.match!r} says" if ruled else "as asked"
        said = [(chosen, Evidence(1.0, reason))]
    elif member and member.format:
        chosen = formats()[member.format]
        said = [(chosen, Evidence(1.0, f"claimed by {claim[0] if claim else ''}"))]
    elif refused := refusal(head):
        return Ignored(source.shown, refused, failed=source.single)
    else:
        said = evidence(head)
        chosen = said[0][0]
        if said[0][1].confidence < ENOUGH:
            return Ignored(source.shown, _not_sure(head, said), failed=source.single)
    roles = _roles(chosen, ahead if rule.pattern else sample(chosen, head), rule, options)
    if member and member.step is not None and not chosen.fields.step_from_name:
        roles = replace(roles, why={"step": f"{member.step}, as its folder says"})
    start = head.data[:HEAD_DIGEST_BYTES]
    return Planned(
        source,
        chosen.name,
        tuple((entry.name, found) for entry, found in said if found.confidence > 0),
        roles,
        encoding,
        (len(start), hashlib.blake2b(start, digest_size=12).hexdigest()),
        rule=rule,
        member=member,
    )


def _roles(chosen: Format, rows: Sequence[Rows], rule: SourceRule, options: Options) -> Roles:
    step, time = rule.step or options.step, rule.time or options.time
    if rule.pattern:
        return pattern_roles(rows, rule, step, time)
    if chosen.database:
        return fixed_roles(chosen.fields)
    return choose_roles(rows, chosen.fields, step, time)


def _not_sure(head: Head, said: Iterable[tuple[Format, Evidence]]) -> str:
    for entry, found in said:
        if found.confidence > 0:
            return f"no format is sure: {entry.name} {found.confidence:.2f} ({found.reason})"
        break
    return "binary, of no known kind" if head.binary else "no numbers in a form that is known"


def sample(entry: Format, head: Head) -> list[Rows]:
    """The first rows of a source, as far as its head shows them."""
    if not entry.reader or entry.fields.step_from_name:
        return []
    reader = entry.reader(head)
    found = list(reader.feed(head.data))
    if head.complete or entry.rewritten:
        found += reader.close()
    return [item for item in found if isinstance(item, Rows)]


def is_attachment(entry: Format) -> bool:
    """True for dumps, pictures, notes and configs: they join the run of a log."""
    return entry.fields.step_from_name
