"""Sample logs of optuna: the curves are those of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training import Config, Training
from writing import HPARAMS, database, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from expectation import Expected


SCHEMA: list[tuple[str, object]] = [
    (f"CREATE TABLE {table}", ())
    for table in (
        "studies (study_id INTEGER PRIMARY KEY, study_name TEXT)",
        (
            "trials (trial_id INTEGER PRIMARY KEY, number INTEGER, study_id INTEGER, state TEXT,"
            " datetime_start DATETIME, datetime_complete DATETIME)"
        ),
        (
            "trial_params (param_id INTEGER PRIMARY KEY, trial_id INTEGER, param_name TEXT,"
            " param_value FLOAT, distribution_json TEXT)"
        ),
        (
            "trial_values (trial_value_id INTEGER PRIMARY KEY, trial_id INTEGER, objective INTEGER,"
            " value FLOAT, value_type TEXT)"
        ),
        (
            "trial_intermediate_values (trial_intermediate_value_id INTEGER PRIMARY KEY,"
            " trial_id INTEGER, step INTEGER, intermediate_value FLOAT,"
            " intermediate_value_type TEXT)"
        ),
    )
]
"""Optuna's tables, as far as they are read."""


def optuna(root: Path, expected: Expected) -> None:
    """Three trials as a database, and as CSV."""
    losses = [Training(Config(seed=25 + n, steps=30)).records[-1].loss for n in range(3)]
    states = ("COMPLETE", "COMPLETE", "PRUNED")
    stamps = [f"2026-05-01 08:00:0{n}.250000" for n in range(3)]
    lines = ["number,value,datetime_start,datetime_complete,duration,params_lr,params_opt,state"]
    for number, (loss, state, stamp) in enumerate(zip(losses, states, stamps, strict=True)):
        options = (0.5 / (number + 1), "adam" if number else "sgd")
        lines.append(
            f"{number},{loss},{stamp},{stamp},0 days 00:00:00.25,{options[0]},{options[1]},{state}"
        )
        tag = "value" if state == "COMPLETE" else "pruned_value"
        for form in ("optuna/csv", "optuna/db"):
            run = f"formats/{form}/trial-{number}"
            expected.scalar(run, tag, number, loss)
            known = {"lr": options[0], "opt": options[1]}
            expected.point(run, HPARAMS, "hparams", 0, known)
        expected.scalar(f"formats/optuna/db/trial-{number}", "intermediate_value", 0, loss + 1)
    table = root / "formats" / "optuna/csv" / "trials.csv"
    write(table, "\n".join(lines) + "\n")
    expected.file(table, 6)
    path = root / "formats" / "optuna/db" / "study.db"
    database(path, [*SCHEMA, *_study(losses, states, stamps)])
    expected.file(path, 9)


def _study(
    losses: Sequence[float], states: Sequence[str], stamps: Sequence[str]
) -> list[tuple[str, object]]:
    """The statements that fill the tables of one study, a trial for each loss."""
    choices = '{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}'
    spread = '{"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0}}'
    trials = range(len(losses))
    params = [(n + 1, "lr", 0.5 / (n + 1), spread) for n in trials]
    params += [(n + 1, "opt", 0.0 if n else 1.0, choices) for n in trials]
    return [
        ("INSERT INTO studies VALUES (?, ?)", [(1, "spirals")]),
        (
            "INSERT INTO trials VALUES (?, ?, ?, ?, ?, ?)",
            [(n + 1, n, 1, states[n], stamps[n], stamps[n]) for n in trials],
        ),
        (
            (
                "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json)"
                " VALUES (?, ?, ?, ?)"
            ),
            params,
        ),
        (
            "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?, ?, ?, ?)",
            [(n + 1, 0, losses[n], "FINITE") for n in trials],
        ),
        (
            (
                "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value,"
                " intermediate_value_type) VALUES (?, ?, ?, ?)"
            ),
            [(n + 1, 0, losses[n] + 1, "FINITE") for n in trials],
        ),
    ]


MAKERS = (optuna,)
