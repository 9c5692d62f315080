"""CatBoost's `catboost_info`, where three files tell of one training.

catboost_info/catboost_training.json
catboost_info/learn_error.tsv
catboost_info/test_error.tsv
catboost_info/time_left.tsv

The JSON document says it all, and when; of the tables only what it lacks is new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.model.contracts import Member, Store

if TYPE_CHECKING:
    from tbingest.model.contracts import Listing

_TRAINING = "catboost_training.json"
_TABLES = ("learn_error.tsv", "test_error.tsv")


def claim(listing: Listing) -> dict[str, Member | str]:
    """The files beside a catboost_training.json."""
    names = set(listing.names)
    found: dict[str, Member | str] = {}
    for name in listing.names:
        above, slash, base = name.rpartition("/")
        if base != _TRAINING or '"learn_metrics"' not in listing.text(name):
            continue
        found[name] = Member("catboost-json", above)
        for turn, table in enumerate(_TABLES, 1):
            if f"{above}{slash}{table}" in names:
                found[f"{above}{slash}{table}"] = Member("catboost-tsv", above, turn=turn)
        if f"{above}{slash}time_left.tsv" in names:
            found[f"{above}{slash}time_left.tsv"] = f"its times stand in {_TRAINING}"
    return found


STORE = Store(
    name="catboost",
    about="CatBoost's catboost_info: the JSON document and the tables tell of one training",
    layout="catboost_training.json\nlearn_error.tsv\ntest_error.tsv\ntime_left.tsv",
    claim=claim,
)
