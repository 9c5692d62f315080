"""What joins the run of a log: the tag and the step of dumps, pictures, notes and configs."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tbingest.model.rows import Ignored
from tbingest.names.files import join, stem_of
from tbingest.names.steps import step_of_name, step_of_picture
from tbingest.names.tags import clean_tag
from tbingest.options import Options, Plots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.plan.planned import DumpFile, DumpPlan, Planned

_GROUPS = (("grad", "gradients"), ("activ", "activations"), ("optim", "optimizer"))
_PLAIN = frozenset(
    """checkpoint ckpt diffusion_pytorch_model flax_model model model_weights
    params pytorch_model state state_dict tf_model weight weights""".split()
)
_SHARD = re.compile(r"[-_.](\d{2,6}-of-\d{2,6})(?=\.|$)")
_METRIC = re.compile(r"[-_ ](?:[a-z_]{1,40}[-_=]?)?\d{1,18}\.\d{1,8}$", re.IGNORECASE)
"""What Keras' and many others' checkpoints were best at: `weights.01-0.35.h5`."""
_PRECISION = re.compile(r"[._-](?:bf16|fp16|fp32)(?=\.|$)", re.IGNORECASE)
_DIGITS = re.compile(r"(\d+)")


def attached(entry: Planned, folder: str, run: str) -> Planned:
    """An attachment in the run of the log at `folder`: its step, and what its tags begin with."""
    below = below_of(entry, folder)
    if entry.dump:
        return _dump(entry, entry.dump, below, run)
    step, rest = step_of_picture(below)
    if entry.format in {"config", "notes"}:
        step, tag = 0, join(below.rpartition("/")[0], stem_of(below.rpartition("/")[2]))
    elif entry.format == "origin":
        step, tag = 0, join(below.rpartition("/")[0], "source")
    else:
        tag = rest if rest and not rest.endswith("/") else join(rest, entry.format)
    own = entry.roles.step  # a field of its own goes before the name
    return replace(entry, run=run, prefix=clean_tag(tag), step=None if own else step or 0)


def below_of(entry: Planned, folder: str) -> str:
    """The path of an attachment below the folder of its run."""
    return entry.source.name.removeprefix(f"{folder}/") if folder else entry.source.name


def _dump(entry: Planned, dump: DumpPlan, below: str, run: str) -> Planned:
    """A dump's step as a field of its own says, else its name or folder; else it is None."""
    folder, _, base = below.rpartition("/")
    name = stem_of(base)
    shard = _SHARD.search(name)
    name = _PRECISION.sub("", _SHARD.sub("", name)).removesuffix(".weights")
    step, rest = step_of_name(join(folder, f"{_METRIC.sub('', name) or name}.dump"))
    stem = rest.rpartition("/")[2]
    if stem.isdecimal():
        step, stem = int(stem) if step is None else step, ""
    why = "" if step is None else f"{step}, from its name"
    if dump.step is not None:
        step, why = dump.step, f"{dump.step}, {dump.step_from!r} in the file"
    return replace(
        entry,
        run=run,
        prefix=clean_tag(_prefix(stem, alone=dump.alone)),
        step=step,
        roles=replace(entry.roles, why={"step": why}),
        dump=replace(dump, label=stem if dump.alone else "", shard=shard[1] if shard else ""),
    )


def _prefix(stem: str, *, alone: bool) -> str:
    """What stands before a dump's tags: its kind, and its stem where that says more."""
    lower = stem.lower()
    group = next((name for part, name in _GROUPS if part in lower), "weights")
    plain = alone or not stem or lower in _PLAIN or group != "weights"
    return group if plain else f"{group}/{stem}"


def in_steps(members: Sequence[Planned], options: Options) -> tuple[list[Planned], list[Ignored]]:
    """The members, where every dump has a step and knows the dump before it; and those left out.

    Dumps of which nothing says a step stand in the order of their names, after those that have one.
    """
    taken = [entry for entry in members if not entry.dump]
    left_out: list[Ignored] = []
    series: dict[tuple[str, str, str], list[Planned]] = {}
    for entry in members:
        if entry.dump:
            key = (entry.run, entry.prefix, entry.dump.label)
            series.setdefault(key, []).append(entry)
    for found in series.values():
        in_series, out = _series(found, options)
        taken += in_series
        left_out += out
    return taken, left_out


def _series(found: Sequence[Planned], options: Options) -> tuple[list[Planned], list[Ignored]]:
    """The dumps of one prefix in the order of their steps, and those that are left out."""
    known = sorted(_counted(found), key=lambda entry: (entry.step or 0, entry.source.name))
    chosen = set(
        sorted({entry.step for entry in known if entry.step is not None})[:: options.every]
    )
    taken: list[Planned] = []
    left_out: list[Ignored] = []
    twins: dict[tuple[object, ...], Planned] = {}
    earlier: dict[str, Planned] = {}
    for entry in known:
        dump = entry.dump
        if not dump:
            continue
        twin = twins.setdefault((entry.step, dump.shard, dump.holds), entry)
        if twin is not entry:
            reason = f"the tensors and the step of {twin.source.name} in another form"
            left_out.append(Ignored(entry.source.shown, reason))
        elif entry.step not in chosen:
            reason = f"one of every {options.every} dumps is taken (--every)"
            left_out.append(Ignored(entry.source.shown, reason))
        else:
            before = _file_before(entry, earlier.get(dump.shard))
            earlier[dump.shard] = entry
            pictures = options.plots == Plots.ALL
            asked = replace(
                dump,
                before=before,
                wanted=options.tensors,
                pictures=pictures,
                statistics=options.statistics,
            )
            taken.append(replace(entry, dump=asked))
    return taken, left_out


def _file_before(entry: Planned, before: Planned | None) -> DumpFile | None:
    apart = before and before.dump and before.step != entry.step
    return before.dump.file if before and before.dump and apart else None


def _counted(found: Sequence[Planned]) -> list[Planned]:
    """Dumps of one prefix, where those without a step are counted on, folder by folder.

    Those of one folder are shards, or one state in several forms.
    """
    last = max((entry.step for entry in found if entry.step is not None), default=-1)
    unknown = {entry.source.folder for entry in found if entry.step is None}
    places = {name: place for place, name in enumerate(sorted(unknown, key=natural), last + 1)}
    counted = []
    for entry in found:
        if entry.step is None:
            step = places[entry.source.folder]
            why = f"{step}, {'by the order of the names' if step else 'as nothing says one'}"
            counted.append(replace(entry, step=step, roles=replace(entry.roles, why={"step": why})))
        else:
            counted.append(entry)
    return counted


def natural(name: str) -> list[tuple[int, str]]:
    """So that `part10` comes after `part9`."""
    parts = _DIGITS.split(name)
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]
