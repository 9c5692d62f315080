"""What was decided of a source, as it is saved; and whether that is decided otherwise now."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tbingest.logdir.source_state import SourceState
from tbingest.plan.planned import claim_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tbingest.pipeline.work import Work
    from tbingest.plan.planned import Planned
    from tbingest.reading.feed import Feed


def state_of(work: Work, feed: Feed) -> SourceState:
    """Where reading stands, and what was decided."""
    planned = work.planned
    return SourceState(
        owner=work.owner.number,
        format=work.format.name,
        rule=planned.rule.digest,
        run=planned.run,
        root=planned.source.root,
        encoding=planned.encoding,
        sure=planned.evidence[0][1].confidence,
        claim=claim_digest(planned.member),
        head=list(planned.head),
        header=planned.header.decode("latin-1"),
        feed=feed.state,
        **meanings(work),
        unended=work.unended,
        before=work.before,
        roles={**asdict(planned.roles), "fields": []},
        base=planned.base,
        base_from=planned.base_from,
        stands=stands(planned),
    )


def meanings(work: Work) -> dict[str, Any]:
    """What the records so far mean for later ones."""
    return {
        "memory": work.mapping.state(),
        "restarts": asdict(work.restarts),
        "trainings": work.trainings.to_json(),
    }


def decided(roles: Mapping[str, Any]) -> list[Any]:
    """What of the roles of a source's fields decides where its points go."""
    return [roles.get(name, "") for name in ("step", "time", "split", "run", "epoch")]


def stands(planned: Planned) -> list[Any]:
    """Where the finals of a document stand, as the courses beside it say; nothing of others."""
    other = planned.joins or planned.member or planned.dump
    placed = not other and (planned.step is not None or planned.finals)
    return [planned.step, *planned.finals] if placed else []


def is_otherwise(saved: SourceState, planned: Planned) -> bool:
    """True where it is decided otherwise now what the fields of a source are, or where its finals
    stand.
    """
    roles = decided(saved.roles) != decided(vars(planned.roles)) and not is_fixed(planned)
    return roles or saved.stands != stands(planned)


def is_fixed(planned: Planned) -> bool:
    """True where nothing was decided this time: the source is as it was."""
    return "as the last time" in planned.evidence[0][1].reason
