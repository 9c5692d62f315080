"""MLflow's file store: a folder for each run.

mlruns/0/<run>/meta.yaml
mlruns/0/<run>/metrics/train/loss
mlruns/0/<run>/params/lr
mlruns/0/<run>/tags/mlflow.runName

The run is that folder, called as its `run_name` says; params are its hyperparameters, its name,
note, commit, script and the user's own tags are shown as text. Users and the record of logged
models are left out; runs in `.trash` were deleted.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tbingest.formats.mlflow.run import called_by
from tbingest.model.contracts import Member, Store
from tbingest.model.rows import BOOK_KEEPING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tbingest.model.contracts import Listing

_NAME = re.compile(
    r"^run_name:[ \t]+(?:'([^'\n]+)'|\"([^\"\n]+)\"|([^'\"\s][^\n]*))[ \t]*$", re.MULTILINE
)
_SHOWN = frozenset({"mlflow.runName", "mlflow.note.content"})
_ORIGIN = frozenset({"mlflow.source.git.commit", "mlflow.source.name"})
_OWN = f"MLflow's {BOOK_KEEPING}"


def claim(listing: Listing) -> dict[str, Member | str]:
    """The metrics, params and tags of every run folder."""
    runs: dict[str, str] = {}
    claims: dict[str, Member | str] = {}
    for name in listing.names:
        folder, _, base = name.rpartition("/")
        if base == "meta.yaml":
            text = listing.text(name)
            if "run_id:" in text or "run_uuid:" in text:
                runs[folder] = _name_in(text) or listing.text(f"{folder}/tags/mlflow.runName")
                claims[name] = Member("mlflow-run", folder)
            elif "experiment_id:" in text:
                claims[name] = _OWN
    for name in listing.names if runs else ():
        run, kind, rest = _place(name, runs)
        if "/.trash/" in f"/{name}" and run is not None:
            claims[name] = "a run that was deleted in MLflow"
        elif run is not None:
            said = _member(run, kind, rest)
            if said:
                claims[name] = said
    called = {run: called_by(name, run.rpartition("/")[2]) for run, name in runs.items()}
    return {
        name: replace(claim, called=called[claim.run]) if isinstance(claim, Member) else claim
        for name, claim in claims.items()
    }


def _name_in(text: str) -> str:
    found = _NAME.search(text)
    return (found[1] or found[2] or found[3] or "").strip() if found else ""


def _place(name: str, runs: Mapping[str, str]) -> tuple[str | None, str, str]:
    """(run folder, `metrics`, `params` or `tags`, the path below it)."""
    parts = name.split("/")
    for at, part in enumerate(parts[:-1]):
        if part in {"metrics", "params", "tags"} and "/".join(parts[:at]) in runs:
            return "/".join(parts[:at]), part, "/".join(parts[at + 1 :])
    return None, "", ""


def _member(run: str, kind: str, rest: str) -> Member | str:
    if kind == "metrics":
        return Member("mlflow-metric", run)
    if kind == "params":
        return Member("mlflow-param", run)
    if rest in _ORIGIN:
        return Member("origin", run, tag="source", step=0)
    if rest in _SHOWN or not rest.startswith("mlflow."):
        return Member("notes", run, tag=f"tags/{rest}", step=0)
    return _OWN


STORE = Store(
    name="mlflow",
    about="MLflow's file store: a run for each run folder",
    layout="mlruns/0/<run>/metrics/loss\nmlruns/0/<run>/params/lr",
    claim=claim,
)
