"""What is saved of a source between conversions, beside what stands of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tbingest.plan.planned import claim_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tbingest.pipeline.work import Work
    from tbingest.plan.planned import Planned
    from tbingest.reading.feed import Feed


def source_state(work: Work, feed: Feed) -> dict[str, Any]:
    """Where reading stands, and what was decided; JSON."""
    planned = work.planned
    return {
        "format": work.format.name,
        "owner": work.owner.number,
        "rule": planned.rule.digest,
        "run": planned.run,
        "root": planned.source.root,
        "encoding": planned.encoding,
        "sure": planned.evidence[0][1].confidence,
        "claim": claim_digest(planned.member),
        "feed": feed.state,
        "head": list(planned.head),
        "header": planned.header.decode("latin-1"),
        "memory": work.mapping.state(),
        "restarts": asdict(work.restarts),
        "unended": work.unended,
        "trainings": work.trainings.to_json(),
        "roles": {**asdict(planned.roles), "fields": []},
        "base": planned.base,
        "base_from": planned.base_from,
    }


def decided(roles: Mapping[str, Any]) -> list[Any]:
    """What of the roles of a source's fields decides where its points go."""
    return [roles.get(name, "") for name in ("step", "time", "split", "run", "epoch")]


def is_fixed(planned: Planned) -> bool:
    """True where nothing was decided this time: the source is as it was."""
    return "as the last time" in planned.evidence[0][1].reason
